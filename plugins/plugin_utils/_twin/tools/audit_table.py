# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The audit categories and subcategories of NT 6.0 with their names (private to this collection).

GUIDs end in ``-69AE-11D9-BED3-505054503030`` (subcategory) or ``-797A-...`` (category); the ones above
0CCE9243 came with a later Windows. Order is that of ``auditpol /get``. German and Russian names are a
reconstruction from memory: only the GUIDs may be relied on.
"""

from __future__ import annotations

from dataclasses import dataclass

from .texts import Text


@dataclass(frozen=True)
class Subcategory:
    """One line of the audit policy."""

    guid: str
    name: Text


@dataclass(frozen=True)
class Category:
    """A group of subcategories; `inf` is its name in the [Event Audit] section of a security template."""

    guid: str
    name: Text
    inf: str
    members: tuple[Subcategory, ...]


def _sub(number: str, en: str, de: str, ru: str) -> Subcategory:
    return Subcategory(f"{{0CCE{number}-69AE-11D9-BED3-505054503030}}", Text(en, de, ru))


def _category(number: str, inf: str, names: tuple[str, str, str], *members: Subcategory) -> Category:
    return Category(f"{{699798{number}-797A-11D9-BED3-505054503030}}", Text(*names), inf, members)


CATEGORIES: tuple[Category, ...] = (
    _category(
        "48",
        "AuditSystemEvents",
        ("System", "System", "Система"),
        _sub("9211", "Security System Extension", "Sicherheitssystemerweiterung", "Расширение системы безопасности"),
        _sub("9212", "System Integrity", "Systemintegrität", "Целостность системы"),
        _sub("9213", "IPsec Driver", "IPsec-Treiber", "Драйвер IPSEC"),
        _sub("9214", "Other System Events", "Andere Systemereignisse", "Другие системные события"),
        _sub("9210", "Security State Change", "Sicherheitsstatusänderung", "Изменение состояния безопасности"),
    ),
    _category(
        "49",
        "AuditLogonEvents",
        ("Logon/Logoff", "An-/Abmeldung", "Вход/выход"),
        _sub("9215", "Logon", "Anmelden", "Вход в систему"),
        _sub("9216", "Logoff", "Abmelden", "Выход из системы"),
        _sub("9217", "Account Lockout", "Kontosperrung", "Блокировка учетной записи"),
        _sub("9218", "IPsec Main Mode", "IPsec-Hauptmodus", "Основной режим IPsec"),
        _sub("9219", "IPsec Quick Mode", "IPsec-Schnellmodus", "Быстрый режим IPsec"),
        _sub("921A", "IPsec Extended Mode", "IPsec-Erweiterungsmodus", "Расширенный режим IPsec"),
        _sub("921B", "Special Logon", "Spezielle Anmeldung", "Специальный вход"),
        _sub("921C", "Other Logon/Logoff Events", "Andere Anmelde-/Abmeldeereignisse", "Другие события входа и выхода"),
        _sub("9243", "Network Policy Server", "Netzwerkrichtlinienserver", "Сервер политики сети"),
    ),
    _category(
        "4A",
        "AuditObjectAccess",
        ("Object Access", "Objektzugriff", "Доступ к объектам"),
        _sub("921D", "File System", "Dateisystem", "Файловая система"),
        _sub("921E", "Registry", "Registrierung", "Реестр"),
        _sub("921F", "Kernel Object", "Kernelobjekt", "Объект ядра"),
        _sub("9220", "SAM", "SAM", "SAM"),
        _sub("9221", "Certification Services", "Zertifizierungsdienste", "Службы сертификации"),
        _sub("9222", "Application Generated", "Anwendung wurde generiert", "Создано приложением"),
        _sub("9223", "Handle Manipulation", "Handleänderung", "Работа с дескриптором"),
        _sub("9224", "File Share", "Dateifreigabe", "Общий файловый ресурс"),
        _sub(
            "9225",
            "Filtering Platform Packet Drop",
            "Filterplattform: Verworfene Pakete",
            "Отбрасывание пакета платформой фильтрации",
        ),
        _sub("9226", "Filtering Platform Connection", "Filterplattformverbindung", "Подключение платформы фильтрации"),
        _sub(
            "9227",
            "Other Object Access Events",
            "Andere Objektzugriffsereignisse",
            "Другие события доступа к объектам",
        ),
    ),
    _category(
        "4B",
        "AuditPrivilegeUse",
        ("Privilege Use", "Rechteverwendung", "Использование прав"),
        _sub(
            "9228",
            "Sensitive Privilege Use",
            "Sensible Verwendung von Rechten",
            "Использование прав, затрагивающее конфиденциальные данные",
        ),
        _sub(
            "9229",
            "Non Sensitive Privilege Use",
            "Nicht sensible Verwendung von Rechten",
            "Использование прав, не затрагивающее конфиденциальные данные",
        ),
        _sub(
            "922A",
            "Other Privilege Use Events",
            "Andere Rechteverwendungsereignisse",
            "Другие события использования прав",
        ),
    ),
    _category(
        "4C",
        "AuditProcessTracking",
        ("Detailed Tracking", "Detaillierte Nachverfolgung", "Подробное отслеживание"),
        _sub("922C", "Process Termination", "Prozessbeendigung", "Завершение процесса"),
        _sub("922D", "DPAPI Activity", "DPAPI-Aktivität", "Активность DPAPI"),
        _sub("922E", "RPC Events", "RPC-Ereignisse", "События RPC"),
        _sub("922B", "Process Creation", "Prozesserstellung", "Создание процесса"),
    ),
    _category(
        "4D",
        "AuditPolicyChange",
        ("Policy Change", "Richtlinienänderung", "Изменение политики"),
        _sub("922F", "Audit Policy Change", "Richtlinienänderungen überwachen", "Аудит изменения политики"),
        _sub(
            "9230",
            "Authentication Policy Change",
            "Authentifizierungsrichtlinienänderung",
            "Изменение политики проверки подлинности",
        ),
        _sub(
            "9231",
            "Authorization Policy Change",
            "Autorisierungsrichtlinienänderung",
            "Изменение политики авторизации",
        ),
        _sub(
            "9232",
            "MPSSVC Rule-Level Policy Change",
            "MPSSVC-Richtlinienänderung auf Regelebene",
            "Изменение политики на уровне правил MPSSVC",
        ),
        _sub(
            "9233",
            "Filtering Platform Policy Change",
            "Filterplattform-Richtlinienänderung",
            "Изменение политики платформы фильтрации",
        ),
        _sub(
            "9234",
            "Other Policy Change Events",
            "Andere Richtlinienänderungsereignisse",
            "Другие события изменения политики",
        ),
    ),
    _category(
        "4E",
        "AuditAccountManage",
        ("Account Management", "Kontenverwaltung", "Управление учетными записями"),
        _sub("9235", "User Account Management", "Benutzerkontenverwaltung", "Управление учетными записями"),
        _sub(
            "9236",
            "Computer Account Management",
            "Computerkontoverwaltung",
            "Управление учетной записью компьютера",
        ),
        _sub("9237", "Security Group Management", "Sicherheitsgruppenverwaltung", "Управление группами безопасности"),
        _sub(
            "9238",
            "Distribution Group Management",
            "Verteilergruppenverwaltung",
            "Управление группами распространения",
        ),
        _sub("9239", "Application Group Management", "Anwendungsgruppenverwaltung", "Управление группами приложений"),
        _sub(
            "923A",
            "Other Account Management Events",
            "Andere Kontoverwaltungsereignisse",
            "Другие события управления учетными записями",
        ),
    ),
    _category(
        "4F",
        "AuditDSAccess",
        ("DS Access", "DS-Zugriff", "Доступ к службе каталогов (DS)"),
        _sub("923C", "Directory Service Changes", "Verzeichnisdienständerungen", "Изменения службы каталогов"),
        _sub("923D", "Directory Service Replication", "Verzeichnisdienstreplikation", "Репликация службы каталогов"),
        _sub(
            "923E",
            "Detailed Directory Service Replication",
            "Detaillierte Verzeichnisdienstreplikation",
            "Подробная репликация службы каталогов",
        ),
        _sub("923B", "Directory Service Access", "Verzeichnisdienstzugriff", "Доступ к службе каталогов"),
    ),
    _category(
        "50",
        "AuditAccountLogon",
        ("Account Logon", "Kontoanmeldung", "Вход учетной записи"),
        _sub(
            "9240",
            "Kerberos Service Ticket Operations",
            "Ticketvorgänge des Kerberos-Diensts",
            "Операции с билетами службы Kerberos",
        ),
        _sub(
            "9241",
            "Other Account Logon Events",
            "Andere Kontoanmeldungsereignisse",
            "Другие события входа учетных записей",
        ),
        _sub(
            "9242",
            "Kerberos Authentication Service",
            "Kerberos-Authentifizierungsdienst",
            "Служба проверки подлинности Kerberos",
        ),
        _sub("923F", "Credential Validation", "Überprüfung der Anmeldeinformationen", "Проверка учетных данных"),
    ),
)
SUBCATEGORIES: dict[str, Subcategory] = {sub.guid: sub for category in CATEGORIES for sub in category.members}
# What a stand-alone Server 2008 audits before anybody changed it (memory of the vendor's recommendations table).
DEFAULTS: dict[str, int] = {
    f"{{0CCE{number}-69AE-11D9-BED3-505054503030}}": value
    for number, value in (
        ("9210", 1),
        ("9212", 3),
        ("9214", 3),
        ("9215", 3),
        ("9216", 1),
        ("9217", 1),
        ("921B", 1),
        ("9243", 3),
        ("922F", 1),
        ("9230", 1),
        ("9235", 1),
        ("9236", 1),
        ("9237", 1),
    )
}
