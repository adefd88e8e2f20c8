# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is looked at on first contact, and what mends it (private to this collection).

The steps that the facts mark unproven on NT 6.0 (WMI over WS-Man, StdRegProv's namespace, standard input in a remote
shell, certutil's digests, the numbering of CurrentState) try the assumption, then the fallback, and say which held.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from .._console import builtin, registry, whoami, wmic
from .._console.command import quote
from .._host.typed import moment
from .._target import contact
from .._target.session import CIMV2, Identity, ProtocolFault, Session, TargetError, WmiRow
from .._target.settings import UTF8_CODEPAGE, Settings
from .examination import Outcome, Step, failed, ok, skipped, warning

OS_QUERY = "SELECT Caption,Version,ProductType,LocalDateTime,SystemDrive,WindowsDirectory FROM Win32_OperatingSystem"
CBS = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing"
CURRENT_VERSION = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
HKEY_LOCAL_MACHINE = 2147483650
NEEDED = ("certutil", "cscript", "expand", "findstr", "icacls", "pkgmgr", "reg", "schtasks", "shutdown", "whoami")
ONE_STANDARD_INPUT_LINE = b"sunset.ws2008 asks whether standard input arrives\r\n"
CLOCK_WARNING, CLOCK_FAILED = 5 * 60, 24 * 60 * 60  # seconds: Kerberos' limit; beyond a day, signatures look wrong
DISK_FAILED, DISK_WARNING = 2 * 1024**3, 5 * 1024**3  # a rollup expands to well over a gigabyte before it is applied

# Shells, operations and connections of one user on each stack (MS-WSMV product behaviour <19><20><34>).
QUOTAS = {
    "1.1": "2 shells, 15 operations, 5 connections for one user",
    "2.0": "5 shells, 15 operations, 25 connections for one user",
    "3.0": "30 shells and 1024 MB a shell by the later documents",
}


@dataclass
class Patient:
    """What the steps look at. `settings` is None where there is no network between; `open_session` may raise."""

    open_session: Callable[[], Session]
    settings: Settings | None
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    unauthenticated: Callable[[Settings], Identity] | None = None

    @cached_property
    def session(self) -> Session:
        """The conversation, opened by the first step that needs one."""
        return self.open_session()

    @cached_property
    def system(self) -> WmiRow:
        """The row of Win32_OperatingSystem, over WS-Man or else by wmic."""
        rows = self.session.query(OS_QUERY)
        return rows[0] if rows else {}

    def text(self, line: str) -> str:
        """Run one line that has to succeed, and return what it printed."""
        result = self.session.run(line)
        if result.rc != 0:
            said = " ".join((result.stderr or result.stdout).split())[:160]
            raise TargetError(f"`{line}` ended with {result.rc}: {said or 'nothing was printed'}")
        return result.stdout


def name(patient: Patient) -> Outcome:
    """Look the name up on the control node."""
    if patient.settings is None:
        return skipped("this door does not use the network")
    return ok(f"{patient.settings.host} is {', '.join(contact.addresses(patient.settings.host))}")


def port(patient: Patient) -> Outcome:
    """Knock at the ports of WinRM, the modern one first."""
    settings = patient.settings
    if settings is None:
        return skipped("this door does not use the network")
    refused = []
    for number in settings.ports:
        try:
            contact.port_answers(settings.host, number)
        except TargetError as error:
            refused.append(str(error))
            continue
        who = _who_answers(patient, settings)
        return ok(f"port {number} answers", *([who] if who else []))
    return failed(
        *refused,
        mend="switch WinRM on at the console of the machine, in a command window run as administrator, and check "
        "what is in between",
        type_this="winrm quickconfig",
    )


def _who_answers(patient: Patient, settings: Settings) -> str | None:
    if patient.unauthenticated is None:
        return None
    return f"without a login it calls itself {patient.unauthenticated(settings).product_version!r}"


def tls(patient: Patient) -> Outcome:
    """Offer each TLS version alone to an https listener."""
    settings = patient.settings
    if settings is None or settings.scheme != "https":
        return skipped("not in use: messages over http are encrypted by NTLM or Kerberos")
    offers = contact.handshakes(settings.host, settings.ports[0])
    contact.require_any(offers, settings.host, settings.ports[0])
    said = contact.describe(offers)
    if offers[0].cipher is None:
        return warning(
            said,
            mend="it knows no TLS 1.2 yet (KB4019276 or any rollup of 2019-04 or later brings it); use http with "
            'its message encryption until then, or set ansible_winrs_tls_minimum: "1.0" and '
            "ansible_winrs_legacy_ciphers: true",
        )
    return ok(said)


def login(patient: Patient) -> Outcome:
    """Log in, with the question that costs the machine least."""
    identity = patient.session.identify()
    return ok(f"logged in; {identity.vendor} answers as {identity.product_version!r}")


def rights(patient: Patient) -> Outcome:
    """Read the token that the login got."""
    token = whoami.parse_groups(patient.text(whoami.GROUPS))
    seen = f"Administrators (S-1-5-32-544) {'enabled' if token.administrator else 'not enabled'}"
    if token.administrator:
        return ok(seen)
    return failed(
        seen,
        mend="the account is no administrator, or a local one whose token is filtered over the network; then type:",
        type_this=r"reg add HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System "
        "/v LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f",
    )


def identify(patient: Patient) -> Outcome:
    """Take the answer to an authenticated Identify apart."""
    identity = patient.session.identify()
    if identity.os is None:
        return warning(f"{identity.product_version!r} hides the version of the system; WMI is asked for it instead")
    return ok(f"system {identity.os}, WinRM {identity.stack}")


def family(patient: Patient) -> Outcome:
    """Make sure that this is the system the collection is made for."""
    version = str(patient.system.get("Version") or "unknown")
    product = str(patient.system.get("ProductType") or "")
    seen = f"{patient.system.get('Caption') or 'no caption'}, version {version}, product type {product or 'unknown'}"
    if re.fullmatch(r"6\.0\.600[123]", version) and product in ("2", "3"):
        return ok(seen)
    return failed(
        seen, mend="this is not a Windows Server 2008 (6.0.6001 to 6.0.6003); it can be judged, and is never changed"
    )


def quotas(patient: Patient) -> Outcome:
    """Say what the WinRM stack allows; the configuration itself cannot be read remotely on 2008."""
    stack = patient.session.identify().stack
    known = QUOTAS.get(stack)
    if known is None:
        return warning(f"WinRM {stack} is not in the table of quotas")
    if stack == "1.1":
        return warning(
            f"WinRM 1.1: {known}",
            mend="do not run two playbooks against this machine at once: two lost shells lock the account out",
        )
    return ok(f"WinRM {stack}: {known}")


def codepage(patient: Patient) -> Outcome:
    """Read which code page the console answers in."""
    page = _registry_value(patient, r"HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage", "OEMCP")
    if page == str(UTF8_CODEPAGE):
        return failed(
            f"OEMCP is {page}",
            mend="cmd.exe of this system runs nothing under 65001; set the OEM code page of its language",
        )
    return ok(f"OEMCP is {page}")


def wmi(patient: Patient) -> Outcome:
    """Ask WMI over WS-Man; where that fails, see whether wmic answers."""
    try:
        return ok(f"Win32_OperatingSystem answers over WS-Man: {patient.system.get('Version')}")
    except TargetError as error:
        rows = wmic.parse_values(patient.text(wmic.get("Win32_OperatingSystem", ["Version"])))
        patient.system = dict(rows[0]) if rows else {}
        return warning(str(error), f"wmic answers instead: {patient.system.get('Version')}")


def registry_provider(patient: Patient) -> Outcome:
    """Find the namespace in which StdRegProv answers; reg.exe is the fallback."""
    seen: list[str] = []
    for namespace in (CIMV2, "root/default"):
        try:
            answer = patient.session.invoke(
                "StdRegProv",
                "GetStringValue",
                {"hDefKey": HKEY_LOCAL_MACHINE, "sSubKeyName": CURRENT_VERSION, "sValueName": "CurrentBuildNumber"},
                namespace=namespace,
            )
        except TargetError as error:
            seen.append(f"{namespace}: {error}")
            continue
        return ok(*seen, f"StdRegProv answers in {namespace}: build {answer.get('sValue')}")
    value = _registry_value(patient, "HKLM\\" + CURRENT_VERSION, "CurrentBuildNumber")
    return warning(*seen, f"reg.exe answers instead: build {value}")


def shell(patient: Patient) -> Outcome:
    """Run cmd.exe, and see that the way questions are packed works there."""
    banner = " ".join(patient.text("ver").split())
    delayed = patient.text('cmd /v:on /c "set sunset=works& echo !sunset!"').strip()
    if delayed != "works":
        return failed(
            f"{banner}; delayed expansion gave {delayed!r}", mend="questions cannot be packed; report this machine"
        )
    return ok(banner, "delayed expansion works")


def standard_input(patient: Patient) -> Outcome:
    """Send one line and see whether it comes back: uploads depend on it."""
    result = patient.session.run('findstr "^"', stdin=ONE_STANDARD_INPUT_LINE)
    if result.stdout.strip() == ONE_STANDARD_INPUT_LINE.decode().strip():
        return ok("findstr got the line and gave it back")
    return failed(
        f"findstr gave back {result.stdout[:80]!r} (exit code {result.rc})",
        mend="files cannot be sent to this machine over WinRM; place media on a share and use source: unc",
    )


def certutil(patient: Patient) -> Outcome:
    """Find out which digests certutil computes here; the answer is compared with our own digest of the same file."""
    path = _windows(patient) + r"\System32\drivers\etc\hosts"
    content = patient.text(f"type {quote(path)}")
    seen: list[str] = []
    for algorithm in ("SHA256", "SHA1"):
        result = patient.session.run(f"certutil -hashfile {quote(path)} {algorithm}")
        printed = re.sub(r"(?<=[0-9a-f]{2}) (?=[0-9a-f]{2})", "", result.stdout.lower())
        if result.rc == 0 and not content.isascii():
            # What a console shows of other text cannot be turned back into the bytes of the file with certainty.
            return warning(*seen, f"{algorithm} of {path} was computed, and could not be compared: it is no plain text")
        if result.rc == 0 and hashlib.new(algorithm.lower(), content.encode("ascii")).hexdigest() in printed:
            return ok(*seen, f"{algorithm} of {path} agrees with ours")
        seen.append(f"{algorithm}: exit code {result.rc}")
    return warning(*seen, mend="uploads are checked by size alone on this machine")


def temporary_folder(patient: Patient) -> Outcome:
    """See that the folders exist in which work is done."""
    missing = [
        place
        for place in ("%TEMP%", "%ProgramData%")
        if not builtin.parse_yes_no(patient.text(f'if exist "{place}\\." (echo yes) else (echo no)'))
    ]
    if missing:
        return failed(
            f"{' and '.join(missing)} not there", mend="make the folder, or log the account on once at the console"
        )
    return ok("%TEMP% and %ProgramData% are there")


def scheduler(patient: Patient) -> Outcome:
    """Packages are installed by a one-shot task; see that the task scheduler runs."""
    state = _service(patient, "Schedule")
    if state.get("State") == "Running":
        return ok("the Task Scheduler service runs")
    return failed(
        f"the Task Scheduler service is {state.get('State') or 'missing'}, "
        f"its start mode {state.get('StartMode') or 'unknown'}",
        mend="packages are installed by a task of SYSTEM; start the service",
        type_this="sc config Schedule start= auto & net start Schedule",
    )


def component_store(patient: Patient) -> Outcome:
    """See that servicing can work, and in which numbering the store writes its states."""
    installer = _service(patient, "TrustedInstaller")
    if not installer:
        return failed(
            "there is no TrustedInstaller service", mend="the component store of this machine cannot be serviced"
        )
    if installer.get("StartMode") == "Disabled":
        return failed(
            "the TrustedInstaller service is disabled",
            mend="nothing can be installed before it may start",
            type_this="sc config TrustedInstaller start= demand",
        )
    line = registry.query(CBS + r"\Packages", subtree=True).removesuffix(" 2>&1") + ' /v CurrentState | findstr /c:"0x"'
    states = sorted(set(re.findall(r"0x[0-9a-f]+", patient.text(line).lower())), key=lambda text: int(text, 16))
    numbering = "the old numbering" if all(int(state, 16) <= 8 for state in states) else "the new numbering"
    return ok(f"CurrentState shows {', '.join(states) or 'nothing'}: {numbering}")


def console_tools(patient: Patient) -> Outcome:
    """See that the programs are there without which nothing can be sent, installed or protected."""
    found = patient.text(
        "for %i in (" + " ".join(NEEDED) + r') do @if exist "%windir%\System32\%i.exe" echo %i'
    ).split()
    missing = [tool for tool in NEEDED if tool not in (name.lower() for name in found)]
    if missing:
        return failed(
            f"missing in System32: {', '.join(missing)}",
            mend="they belong to Windows; copy them from a machine of the same edition, or repair the installation",
        )
    return ok(f"{', '.join(NEEDED)} are there")


def access_entries(patient: Patient) -> Outcome:
    """See that icacls shows access entries: the folders for journals and jobs are closed to others with it."""
    shown = patient.text(r'icacls "%windir%\System32\drivers\etc\hosts"')
    if ":(" not in shown:
        return warning(
            f"icacls shows {' '.join(shown.split())[:120]!r}", mend="folders of a run cannot be protected there"
        )
    return ok("icacls shows access entries")


def processes(patient: Patient) -> Outcome:
    """See whether the command lines of other accounts are told: by them a running installation is recognised."""
    rows = patient.session.query("SELECT Name,CommandLine FROM Win32_Process WHERE Name='svchost.exe'")
    told = sum(bool(row.get("CommandLine")) for row in rows)
    if rows and not told:
        return warning(
            f"{len(rows)} svchost.exe, and no command line is told",
            mend="an installation that another controller left running is recognised by its state file alone",
        )
    return ok(f"{told} of {len(rows)} command lines of services are told")


def remote_shells(patient: Patient) -> Outcome:
    """See what the machine says about open shells: those that a killed run left behind are found by that."""
    listing = getattr(patient.session, "shells", None)
    if listing is None:
        return skipped("this door has no remote shells")
    try:
        shells = listing()
    except ProtocolFault as fault:
        return warning(
            str(fault),
            mend="shells that a killed run leaves behind cannot be found; restart WinRM when the quota is used up",
            type_this="net stop winrm & net start winrm",
        )
    told = any(shell.owner and shell.idle is not None for shell in shells)
    about = "owner and idle time are told" if told else "neither owner nor idle time is told"
    return ok(f"{len(shells)} open, our own among them; {about}")


def build_numbers(patient: Patient) -> Outcome:
    """Lay the build numbers side by side, and see that UBR is absent, as everybody says of NT 6.0."""
    key = "HKLM\\" + CURRENT_VERSION
    registered = _registry_value(patient, key, "CurrentBuildNumber")
    revision = patient.session.run(registry.query(key, "UBR"))
    kernel = _windows(patient).replace("\\", "\\\\") + r"\\system32\\ntoskrnl.exe"
    rows = patient.session.query(f"SELECT Version FROM CIM_DataFile WHERE Name='{kernel}'")
    on_disk = rows[0].get("Version") if rows else None
    seen = f"running {patient.system.get('Version')}, registered {registered}, kernel on disk {on_disk or 'unknown'}"
    if revision.rc == 0:
        return warning(seen, "there is a value UBR, which NT 6.0 is said not to have; report this machine")
    return ok(seen, "no value UBR")


def clock(patient: Patient) -> Outcome:
    """Compare the clock of the machine with that of the control node."""
    there = moment(patient.system, "LocalDateTime")
    if there is None:
        return warning("the machine did not say what time it is")
    off = abs((datetime.fromisoformat(there.replace("Z", "+00:00")) - patient.now()).total_seconds())
    seen = f"it says {there}, {off:.0f} s from the control node"
    if off > CLOCK_FAILED:
        return failed(
            seen, mend="signatures of packages look expired or not yet valid; set the clock", type_this="w32tm /resync"
        )
    if off > CLOCK_WARNING:
        return warning(seen, mend="Kerberos refuses more than five minutes; set the clock", type_this="w32tm /resync")
    return ok(seen)


def disk(patient: Patient) -> Outcome:
    """See whether a rollup would find room."""
    drive = str(patient.system.get("SystemDrive") or "C:")
    rows = patient.session.query(f"SELECT FreeSpace FROM Win32_LogicalDisk WHERE DeviceID='{drive}'")
    free = int(str(rows[0]["FreeSpace"])) if rows and rows[0].get("FreeSpace") else None
    if free is None:
        return warning(f"the free space of {drive} could not be read")
    seen = f"{free / 1024**3:.1f} GB free on {drive}"
    if free < DISK_FAILED:
        return failed(seen, mend="a rollup needs several gigabytes while it is applied; make room")
    return warning(seen, mend="little room for a rollup; make more if you can") if free < DISK_WARNING else ok(seen)


def _service(patient: Patient, service: str) -> WmiRow:
    rows = patient.session.query(f"SELECT Name,State,StartMode FROM Win32_Service WHERE Name='{service}'")
    return rows[0] if rows else {}


def _registry_value(patient: Patient, key: str, value: str) -> str:
    found = registry.parse(patient.text(registry.query(key, value)))
    for values in found.values():
        for each in values.values():
            return str(each.data)
    raise ProtocolFault(f"reg.exe showed no value {value} of {key}")


def _windows(patient: Patient) -> str:
    return str(patient.system.get("WindowsDirectory") or r"C:\Windows")


STEPS: tuple[Step[Patient], ...] = (
    Step("name", "Name", name),
    Step("port", "Port", port, ("name",)),
    Step("tls", "TLS", tls, ("port",)),
    Step("login", "Login", login, ("port", "tls")),
    Step("rights", "Administrator's rights", rights, ("login",)),
    Step("identify", "Identify", identify, ("login",)),
    Step("wmi", "WMI over WS-Man", wmi, ("login",)),
    Step("family", "Operating system", family, ("wmi",)),
    Step("quotas", "Quotas of WinRM", quotas, ("login",)),
    Step("shell", "Remote shell", shell, ("login",), "install WMF 2.0 (KB968930), which brings WinRM 2.0"),
    Step("codepage", "Code page", codepage, ("shell",)),
    Step("registry", "Registry provider", registry_provider, ("login",)),
    Step("stdin", "Standard input", standard_input, ("shell",)),
    Step("certutil", "Digests by certutil", certutil, ("stdin",)),
    Step("folders", "Working folders", temporary_folder, ("shell",)),
    Step("scheduler", "Task Scheduler", scheduler, ("wmi",)),
    Step("store", "Component store", component_store, ("wmi", "shell")),
    Step("tools", "Console tools", console_tools, ("shell",)),
    Step("access", "Access entries", access_entries, ("shell",)),
    Step("processes", "Running programs", processes, ("wmi",)),
    Step("shells", "Open shells", remote_shells, ("shell",)),
    Step("numbers", "Build numbers", build_numbers, ("wmi", "shell")),
    Step("clock", "Clock", clock, ("wmi",)),
    Step("disk", "Disk", disk, ("wmi",)),
)
