# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's cscript.exe of NT 6.0 (private to this collection): runs slmgr.vbs, winrm.vbs, and scripts about groups.

Lines are broken at 80 characters in mid-word even when redirected, as a published capture of a 2008
shows. slmgr asks WMI like the real one, so what a key or an activation does is the machine's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from .. import wmi
from ..process import Tool
from ..winpath import split
from ..wmi_errors import ACCESS_DENIED, WmiError
from .common import best_fit, elevated, resolve, signed
from .texts import Text
from .vbscript import Script
from .winrm import winrm

if TYPE_CHECKING:
    from ..process import Process

WIDTH = 80
BANNER = Text(
    "Microsoft (R) Windows Script Host Version 5.7\nCopyright (C) Microsoft Corporation. All rights reserved.\n",
    "Microsoft (R) Windows Script Host, Version 5.7\nCopyright (C) Microsoft Corporation. Alle Rechte vorbehalten.\n",
    "Сервер сценариев Windows (Microsoft R) версия 5.7\n"
    "c Корпорация Майкрософт (Microsoft Corp.). Все права защищены.\n",
)
NO_SCRIPT = Text(
    'Input Error: Can not find script file "{0}".',
    'Eingabefehler: Skriptdatei "{0}" wurde nicht gefunden.',
    'Ошибка ввода: Не удается найти файл сценария "{0}".',
)
NO_ENGINE = Text(
    'Input Error: There is no script engine for file extension "{0}".',
    'Eingabefehler: Es gibt kein Skriptmodul für die Dateierweiterung "{0}".',
    'Ошибка ввода: Отсутствует модуль сценариев для расширения имени файла "{0}".',
)
LABELS = {
    "name": Text("Name: {0}", "Name: {0}", "Имя: {0}"),
    "description": Text("Description: {0}", "Beschreibung: {0}", "Описание: {0}"),
    "activation": Text("Activation ID: {0}", "Aktivierungs-ID: {0}", "Идентификатор активации: {0}"),
    "application": Text("Application ID: {0}", "Anwendungs-ID: {0}", "Идентификатор приложения: {0}"),
    "pid": Text("Extended PID: {0}", "Erweiterte PID: {0}", "Расширенный PID: {0}"),
    "partial": Text("Partial Product Key: {0}", "Teil-Product Key: {0}", "Частичный ключ продукта: {0}"),
    "no_key": Text(
        "This license is not in use.", "Diese Lizenz wird nicht verwendet.", "Эта лицензия не используется."
    ),
    "status": Text("License Status: {0}", "Lizenzstatus: {0}", "Состояние лицензии: {0}"),
    "version": Text(
        "Software licensing service version: {0}",
        "Version des Softwarelizenzierungsdiensts: {0}",
        "Версия службы лицензирования программного обеспечения: {0}",
    ),
    "rearm": Text(
        "Remaining Windows rearm count: {0}",
        "Verbleibende Windows-Rearm-Anzahl: {0}",
        "Оставшееся число возможных сбросов Windows: {0}",
    ),
}
STATUSES = (
    Text("Unlicensed", "Nicht lizenziert", "не имеет лицензии"),
    Text("Licensed", "Lizenziert", "имеет лицензию"),
    Text("Initial grace period", "Erster Testzeitraum", "начальный льготный период"),
    Text("Additional grace period", "Zusätzlicher Testzeitraum", "дополнительный льготный период"),
    Text("Non-genuine grace period", "Testzeitraum für nicht echte Software", "льготный период для неподлинной копии"),
    Text("Notification", "Benachrichtigung", "уведомление"),
)
INSTALLED = Text(
    "Installed product key {0} successfully.",
    "Der Product Key {0} wurde erfolgreich installiert.",
    "Ключ продукта {0} успешно установлен.",
)
ACTIVATING = Text("Activating {0} ({1}) ...", "{0} ({1}) wird aktiviert...", "Активация {0} ({1}) ...")
ACTIVATED = Text(
    "Product activated successfully.", "Das Produkt wurde erfolgreich aktiviert.", "Активация выполнена успешно."
)
PERMANENT = Text(
    "The machine is permanently activated.",
    "Der Computer wurde dauerhaft aktiviert.",
    "Постоянная активация прошла успешно.",
)
NOT_ACTIVATED = Text(
    "Windows is in Notification mode", "Windows befindet sich im Benachrichtigungsmodus", "Режим уведомления Windows"
)
NOT_FOUND = Text("Error: product not found.", "Fehler: Das Produkt wurde nicht gefunden.", "Ошибка: продукт не найден.")
DENIED = Text(
    "Access denied: the requested action requires elevated privileges.",
    "Zugriff verweigert: Die angeforderte Aktion erfordert erhöhte Rechte.",
    "Отказано в доступе: требуется повышение прав.",
)
BAD_KEY = Text(
    "The Software Licensing Service reported that the product key is invalid.",
    "Der Softwarelizenzierungsdienst hat festgestellt, dass der Product Key ungültig ist.",
    "Служба лицензирования программного обеспечения сообщила о недействительности ключа продукта.",
)
KEY_MISSING = Text(
    "The Software Licensing Service reported that the product key is not available.",
    "Der Softwarelizenzierungsdienst hat festgestellt, dass der Product Key nicht verfügbar ist.",
    "Служба лицензирования программного обеспечения сообщила о недоступности ключа продукта.",
)
KEY_BLOCKED = Text(
    "The activation server determined the specified product key is blocked.",
    "Der Aktivierungsserver hat festgestellt, dass der angegebene Product Key blockiert wurde.",
    "Сервер активации обнаружил, что указанный ключ продукта заблокирован.",
)
SL_TEXTS = {0xC004F050: BAD_KEY, 0xC004F014: KEY_MISSING, 0xC004C003: KEY_BLOCKED}
ERROR = Text("Error: 0x{0:08X} {1}", "Fehler: 0x{0:08X} {1}", "Ошибка: 0x{0:08X} {1}")
KEY_REMOVED = Text(
    "Uninstalled product key successfully.",
    "Der Product Key wurde erfolgreich deinstalliert.",
    "Ключ продукта успешно удален.",
)
INSTALLATION_ID = Text("Installation ID: {0}", "Installations-ID: {0}", "Код установки: {0}")
CONFIRMED = Text(
    "Confirmation ID for product {0} deposited successfully.",
    "Die Bestätigungs-ID für das Produkt {0} wurde erfolgreich hinterlegt.",
    "Код подтверждения для продукта {0} успешно внесен.",
)
USAGE = (
    "Windows Software Licensing Management Tool",
    "Usage: slmgr.vbs [MachineName [User Password]] [<Option>]",
    "           MachineName: Name of remote machine (default is local machine)",
    "",
    "Global Options:",
    "-ipk <Product Key>",
    "    Install product key (replaces existing key)",
    "-ato",
    "    Activate Windows",
    "-dli [Activation ID | All]",
    "    Display license information (default: current license)",
    "-dlv [Activation ID | All]",
    "    Display detailed license information (default: current license)",
    "-xpr",
    "    Expiration date for current license state",
)
Row = Mapping[str, object]


def echo(process: Process, text: str) -> None:
    """WScript.Echo: one text, broken every 80 characters."""
    for line in text.replace("\r\n", "\n").split("\n"):
        fitted = best_fit(process, line)
        for start in range(0, max(1, len(fitted)), WIDTH):
            process.say(fitted[start : start + WIDTH])


def _products(process: Process, wanted: str) -> list[Row]:
    rows = wmi.query(process.machine, "root/cimv2", "select * from SoftwareLicensingProduct").rows
    if wanted == "all":
        return list(rows)
    if wanted:
        return [row for row in rows if str(row["ID"]).casefold() == wanted.strip("{}")]
    return [row for row in rows if row["PartialProductKey"] and not row["LicenseIsAddon"]]


def _say_product(process: Process, row: Row, detailed: bool) -> None:
    label = LABELS
    echo(process, "")
    echo(process, label["name"](process, row["Name"]))
    echo(process, label["description"](process, row["Description"]))
    if detailed:
        echo(process, label["activation"](process, row["ID"]))
        echo(process, label["application"](process, row["ApplicationID"]))
        echo(process, label["pid"](process, row["ProductKeyID"] or ""))
    if not row["PartialProductKey"]:
        echo(process, label["no_key"](process))
        return
    echo(process, label["partial"](process, row["PartialProductKey"]))
    status = STATUSES[int(str(row["LicenseStatus"] or 0)) % len(STATUSES)]
    echo(process, label["status"](process, status(process)))


def display(process: Process, arguments: Sequence[str], detailed: bool = False) -> int:
    """``/dli`` and ``/dlv``: the current licence, one activation id, or all."""
    rows = _products(process, arguments[0].casefold() if arguments else "")
    if not rows:
        echo(process, NOT_FOUND(process))
        return 1
    if detailed:
        service = wmi.query(process.machine, "root/cimv2", "select * from SoftwareLicensingService").rows[0]
        echo(process, LABELS["version"](process, service["Version"]))
    for row in rows:
        _say_product(process, row, detailed)
    if detailed:
        echo(process, LABELS["rearm"](process, service["RemainingWindowsReArmCount"]))
    return 0


def details(process: Process, arguments: Sequence[str]) -> int:
    """``/dlv``."""
    return display(process, arguments, detailed=True)


def _need_rights(process: Process) -> None:
    if not elevated(process):
        raise WmiError(ACCESS_DENIED, "Access denied")


def install_key(process: Process, arguments: Sequence[str]) -> int:
    """``/ipk key``: an ESU key is refused before the licensing preparation package is in."""
    if not arguments:
        return _usage(process)
    _need_rights(process)
    service = wmi.query(process.machine, "root/cimv2", "select Version from SoftwareLicensingService").rows[0]
    wmi.invoke(
        process.machine,
        process.account,
        "root/cimv2",
        "SoftwareLicensingService",
        "InstallProductKey",
        {"ProductKey": arguments[0]},
        {"Version": str(service["Version"])},
    )
    echo(process, INSTALLED(process, arguments[0]))
    return 0


def _call_product(process: Process, row: Row, method: str, arguments: Mapping[str, str]) -> None:
    selectors = {"ID": str(row["ID"])}
    product = "SoftwareLicensingProduct"
    wmi.invoke(process.machine, process.account, "root/cimv2", product, method, arguments, selectors)


def activate(process: Process, arguments: Sequence[str]) -> int:
    """``/ato [activation id]``."""
    _need_rights(process)
    rows = _products(process, arguments[0].casefold() if arguments else "")
    if not rows:
        echo(process, NOT_FOUND(process))
        return 1
    for row in rows:
        echo(process, ACTIVATING(process, row["Name"], row["ID"]))
        _call_product(process, row, "Activate", {})
        echo(process, ACTIVATED(process))
    return 0


def expiry(process: Process, arguments: Sequence[str]) -> int:
    """``/xpr``."""
    rows = _products(process, "")
    licensed = bool(rows) and rows[0]["LicenseStatus"] == 1
    echo(process, (PERMANENT if licensed else NOT_ACTIVATED)(process))
    return 0


def remove_key(process: Process, arguments: Sequence[str]) -> int:
    """``/upk [activation id]``: takes an add-on's key out; the main licence of the twin stays."""
    _need_rights(process)
    rows = [row for row in _products(process, arguments[0].casefold() if arguments else "") if row["LicenseIsAddon"]]
    if not rows:
        echo(process, NOT_FOUND(process))
        return 1
    _call_product(process, rows[0], "UninstallProductKey", {})
    echo(process, KEY_REMOVED(process))
    return 0


def telephone(process: Process, arguments: Sequence[str]) -> int:
    """``/dti [activation id]``: the digits to read out."""
    rows = _products(process, arguments[0].casefold() if arguments else "")
    if not rows:
        echo(process, NOT_FOUND(process))
        return 1
    echo(process, INSTALLATION_ID(process, rows[0]["OfflineInstallationId"] or ""))
    return 0


def confirm(process: Process, arguments: Sequence[str]) -> int:
    """``/atp <confirmation id> [activation id]``: the digits that the telephone said."""
    if not arguments:
        return _usage(process)
    _need_rights(process)
    rows = _products(process, arguments[1].casefold() if len(arguments) > 1 else "")
    if not rows:
        echo(process, NOT_FOUND(process))
        return 1
    digits = {"InstallationId": str(rows[0]["OfflineInstallationId"] or ""), "ConfirmationId": arguments[0]}
    _call_product(process, rows[0], "DepositOfflineConfirmationId", digits)
    echo(process, CONFIRMED(process, rows[0]["ID"]))
    return 0


def _usage(process: Process) -> int:
    for line in USAGE:
        echo(process, line)
    return 1


OPTIONS: dict[str, Callable[[Process, Sequence[str]], int]] = {
    "dli": display,
    "dlv": details,
    "ipk": install_key,
    "ato": activate,
    "xpr": expiry,
    "upk": remove_key,
    "dti": telephone,
    "atp": confirm,
}


def slmgr(process: Process, arguments: Sequence[str]) -> int:
    """Run slmgr.vbs; errors are echoed to stdout like everything a script says."""
    option = OPTIONS.get(arguments[0][1:].casefold()) if arguments and arguments[0][:1] in "/-" else None
    if option is None:
        return _usage(process)
    try:
        return option(process, arguments[1:])
    except WmiError as error:
        if error.code == ACCESS_DENIED:
            echo(process, DENIED(process))
        else:
            known = SL_TEXTS.get(error.code)
            echo(process, ERROR(process, error.code, known(process) if known else error.text))
        return signed(error.code)


SCRIPTS: dict[str, Callable[[Process, Sequence[str]], int]] = {"slmgr.vbs": slmgr, "winrm.vbs": winrm}


def cscript(process: Process) -> int:
    """Run cscript.exe: host switches begin with two slashes, the script's own with one."""
    switches = [word.casefold() for word in process.arguments if word.startswith("//")]
    words = [word for word in process.arguments if not word.startswith("//")]
    if "//nologo" not in switches:
        process.say(BANNER(process))
    if not words:
        return 0
    path = resolve(process, words[0])
    if not process.machine.files.exists(path):  # the host does not look along PATH
        process.say(NO_SCRIPT(process, path))
        return 1
    name = split(path)[1].casefold()
    script = SCRIPTS.get(name)
    if script is None and name.endswith(".vbs"):
        return Script(process, words[1:]).run(process.machine.files.read(path).decode("cp1252", "replace"))
    if script is None:
        process.say(NO_ENGINE(process, "." + name.rpartition(".")[2]))
        return 1
    return script(process, words[1:])


TOOLS: dict[str, Tool] = {"cscript": cscript}
