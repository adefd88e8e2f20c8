# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to send to a machine so that settings become what they should be; pure (private to this collection).

One function for both directions: setting what a control wants and putting back what was there are the same orders with
other values, so that whatever can be done can be undone. An order is a line of cmd.exe with the files that it reads;
``{here}`` in a line stands for their folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .._console import auditpol, bcdedit, firewall, localgroup, netbios, secedit, winrm
from .._console.command import quote
from .._console.text import ConsoleError
from .regfile import Edit, render
from .values import BadValue, Change, Kind, Value

HERE = "{here}"
# secedit ends with 3 when it warned; what counts is the next export (facts: hardening.md 9, unconfirmed).
_SECEDIT_ENDS = (0, 3)
_WAYS = {True: "in", False: "out"}
_HIVE, _MACHINE = "HKU\\", "HKLM\\"
_SERVICES = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
# The words of Win32_Service, and those of sc.exe.
STARTS = {
    "boot": "boot",
    "system": "system",
    "auto": "auto",
    "delayed": "delayed-auto",
    "manual": "demand",
    "disabled": "disabled",
}


@dataclass(frozen=True)
class Order:
    """One line; `ends` are the exit codes that mean nothing bad."""

    line: str
    ends: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Orders:
    """Lines in their order, and the files they read, by name."""

    lines: tuple[Order, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)

    def at(self, folder: str) -> tuple[Order, ...]:
        """Return the lines with the files in a folder; `folder` ends in a backslash, or is ``%~dp0``."""
        return tuple(Order(one.line.replace(HERE, folder), one.ends) for one in self.lines)


def assign(kind: Kind, changes: Sequence[Change], label: str, back: bool = False) -> Orders:
    """Return the orders that make every setting of one kind what it is after its change, or `back` what it was before.

    `label` begins the names of the files. `BadValue` for what cannot be said.
    """
    try:
        return _WRITERS[kind]([(one, one.before if back else one.after) for one in changes], label)
    except ConsoleError as error:
        raise BadValue(str(error)) from error


def runs(changes: Iterable[Change]) -> list[tuple[Kind, list[Change]]]:
    """Return changes in their order, neighbours of one kind together."""
    found: list[tuple[Kind, list[Change]]] = []
    for change in changes:
        if not found or found[-1][0] is not change.kind:
            found.append((change.kind, []))
        found[-1][1].append(change)
    return found


_Goals = Sequence[tuple[Change, Value | None]]


def _registry(goals: _Goals, label: str) -> Orders:
    """One registration file, and one more for every user whose hive may have to be loaded."""
    machine = [Edit(one.key, one.name, value) for one, value in goals if not one.profile]
    lines: list[Order] = []
    files: dict[str, bytes] = {}
    if machine:
        files[f"{label}.reg"] = render(machine)
        lines.append(Order(f'reg import "{HERE}{label}.reg"'))
    users: dict[tuple[str, str], list[tuple[Change, Value | None]]] = {}
    for one, value in goals:
        if one.profile:
            users.setdefault((_sid(one.key), one.profile), []).append((one, value))
    for (sid, folder), wanted in users.items():
        loaded, mounted = f"{label}.{sid}.reg", f"{label}.{sid}.unloaded.reg"
        files[loaded] = render(Edit(one.key, one.name, value) for one, value in wanted)
        ours = f"{_HIVE}sunset.{sid}"
        files[mounted] = render(Edit(_moved(one.key, sid), one.name, value) for one, value in wanted)
        # Whoever is logged on by now has a loaded hive; loading it a second time is refused by Windows.
        lines.append(
            Order(
                f'(reg query "{_HIVE}{sid}" >nul 2>&1 && reg import "{HERE}{loaded}") || '
                f'(reg load "{ours}" {hive_file(folder)} && (reg import "{HERE}{mounted}" & reg unload "{ours}"))'
            )
        )
    return Orders(tuple(lines), files)


def _sid(key: str) -> str:
    return key.split("\\")[1]


def _moved(key: str, sid: str) -> str:
    return f"{_HIVE}sunset.{sid}" + key[len(_HIVE) + len(sid) :]


def hive_file(folder: str) -> str:
    """Return the hive in a profile folder, quoted; a variable that every machine has may begin the folder."""
    for variable in ("%SystemDrive%", "%SystemRoot%"):
        if folder.casefold().startswith(variable.casefold()):
            return f'"{variable}' + quote(folder[len(variable) :].rstrip("\\") + "\\NTUSER.DAT").strip('"') + '"'
    return '"' + quote(folder.rstrip("\\") + "\\NTUSER.DAT").strip('"') + '"'


def _service(goals: _Goals, _label: str) -> Orders:
    """sc.exe tells the service manager, which reads the registry only at its own start."""
    lines = []
    for one, value in goals:
        if value is None or value.data not in STARTS:
            raise BadValue(f"{one.key}: a service cannot start {value and value.data!r}")
        lines.append(Order(f"sc config {quote(one.key.removeprefix(_SERVICES))} start= {STARTS[str(value.data)]}"))
    return Orders(tuple(lines))


def _state(goals: _Goals, _label: str) -> Orders:
    """net.exe waits until it is done; before it stops others as well it asks, gets no answer, and stops none."""
    lines = []
    for one, value in goals:
        name = quote(one.key.removeprefix(_SERVICES))
        running = value is not None and value.data == "running"
        lines.append(Order(_started(name, one.key) if running else f"net stop {name} <nul"))
    return Orders(tuple(lines))


def _started(name: str, key: str) -> str:
    """A service may have run although its start type was disabled: it was, and nobody had stopped it yet.

    Windows starts no such service, so it may be started for the moment that this takes. 0x4 is "disabled".
    """
    disabled = f'reg query {quote(key)} /v Start | find "0x4" >nul'
    return (
        f"net start {name} <nul || ({disabled} && "
        f"(sc config {name} start= demand & net start {name} <nul & sc config {name} start= disabled))"
    )


def _security(goals: _Goals, label: str) -> Orders:
    """A template with these lines only, and a database of its own: an old one would apply all it ever held."""
    sections: dict[str, list[str]] = {}
    for one, value in goals:
        if one.key == secedit.RIGHTS:
            sections.setdefault(one.key, []).append(f"{one.name} = {_accounts(value)}")
        elif value is not None:
            sections.setdefault(one.key, []).append(f"{one.name} = {_policy(value)}")
        # What an export leaves out is switched off by another value, and goes with that one.
    return _template(sections, label, "SECURITYPOLICY USER_RIGHTS")


def _file_acl(goals: _Goals, label: str) -> Orders:
    return _template({secedit.FILES: _lists(goals)}, label, "FILESTORE")


def _key_acl(goals: _Goals, label: str) -> Orders:
    """The same for registry keys, which a template names by their root ([MS-GPSB] 2.2.7)."""
    return _template({secedit.KEYS: _lists(goals)}, label, "REGKEYS")


def _lists(goals: _Goals) -> list[str]:
    """Mode 0: set the list and let Windows pass on what is inheritable, without touching other lists below.

    What a list inherits is worked out by Windows from what is above it, so that going back needs no more than the text.
    """
    lines = []
    for one, value in goals:
        if value is None:
            raise BadValue(f"{one.key}: an access list cannot be taken away")
        lines.append(secedit.access(_in_template(one), str(value.data)))
    return lines


def _in_template(change: Change) -> str:
    if change.kind is not Kind.KEY_ACL:
        return change.key
    if not change.key.upper().startswith(_MACHINE):
        raise BadValue(f"{change.key}: a security template is not used for keys outside of HKLM")
    return "MACHINE\\" + change.key[len(_MACHINE) :]


def _template(sections: Mapping[str, Sequence[str]], label: str, areas: str) -> Orders:
    base = f"{HERE}{label}"
    line = (
        f'(if exist "{base}.sdb" del "{base}.sdb") & secedit /configure /db "{base}.sdb" /cfg "{base}.inf" '
        f'/areas {areas} /log "{base}.log" /quiet'
    )
    return Orders((Order(line, _SECEDIT_ENDS),), {f"{label}.inf": secedit.render(sections)})


def _accounts(value: Value | None) -> str:
    held = value.data if value is not None and isinstance(value.data, tuple) else ()
    return ",".join(secedit.account(one) for one in held)


def _policy(value: Value) -> str:
    if isinstance(value.data, int):
        return str(value.data)
    if '"' in str(value.data) or not str(value.data).isprintable():
        raise BadValue(f"a security template cannot hold the text {value.data!r}")
    return f'"{value.data}"'


def _audit(goals: _Goals, _label: str) -> Orders:
    lines = []
    for one, value in goals:
        number = value.data if value is not None and isinstance(value.data, int) else auditpol.NONE
        lines.append(Order(auditpol.assign(one.name, number)))
    return Orders(tuple(lines))


def _winrm(goals: _Goals, _label: str) -> Orders:
    return Orders(
        tuple(Order(winrm.assign(one.key, one.name, str(value.data))) for one, value in goals if value is not None)
    )


def _firewall(goals: _Goals, _label: str) -> Orders:
    """`name` is the rule's name, the value what it says in the words of netsh; the old one of that name goes first."""
    lines = []
    for one, value in goals:
        known = f"netsh advfirewall firewall delete rule name={quote(one.name)}"
        lines.append(Order(known, (0, 1)))  # 1: there is none
        if value is not None:
            lines.append(Order(f"netsh advfirewall firewall add rule name={quote(one.name)} {value.data}"))
    return Orders(tuple(lines))


def _boot(goals: _Goals, _label: str) -> Orders:
    """1 of /deletevalue: there is no such option any more."""
    return Orders(
        tuple(
            Order(bcdedit.assign(one.name, None), (0, 1))
            if value is None
            else Order(bcdedit.assign(one.name, str(value.data)))
            for one, value in goals
        )
    )


def _netbios(goals: _Goals, _label: str) -> Orders:
    return Orders(tuple(Order(netbios.assign(one.key, value and value.data)) for one, value in goals))


def _rule_state(goals: _Goals, _label: str) -> Orders:
    lines = []
    for one, value in goals:
        if value is None:
            raise BadValue(f"{one.name}: a firewall rule that is not there cannot be switched")
        lines.append(Order(firewall.switch(one.name, str(value.data))))
    return Orders(tuple(lines))


def _member(goals: _Goals, label: str) -> Orders:
    """One script for those who come in and one for those who go; who is where he should be is no failure."""
    ways = {value is not None for _change, value in goals}
    files = {f"{label}.{_WAYS[inward]}.vbs": localgroup.script(inward) for inward in ways}
    return Orders(
        tuple(
            Order(localgroup.put(one.key, one.name, f"{HERE}{label}.{_WAYS[value is not None]}.vbs"))
            for one, value in goals
        ),
        files,
    )


def _listener(goals: _Goals, label: str) -> Orders:
    return Orders(
        tuple(
            Order(winrm.remove_listener(one.key, f"{HERE}{label}.winrm.txt"))
            if value is None
            else Order(winrm.make_listener(one.key, str(value.data)))
            for one, value in goals
        )
    )


_WRITERS: Mapping[Kind, Callable[[_Goals, str], Orders]] = {
    Kind.REGISTRY: _registry,
    Kind.SERVICE: _service,
    Kind.STATE: _state,
    Kind.SECURITY: _security,
    Kind.AUDIT: _audit,
    Kind.WINRM: _winrm,
    Kind.FIREWALL: _firewall,
    Kind.FILE_ACL: _file_acl,
    Kind.KEY_ACL: _key_acl,
    Kind.BOOT: _boot,
    Kind.NETBIOS: _netbios,
    Kind.LISTENER: _listener,
    Kind.MEMBER: _member,
    Kind.RULE_STATE: _rule_state,
}
