# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The closed vocabulary of conditions that a control record can name (private to this collection).

Each condition is one pure function over a `Scene`: it says whether it holds, what it saw, and what would lift it. What
the snapshot does not know does not hold: an unproved condition stops a change like a refuted one. Sources are the
hardening facts (section 1a for the guards, 2 for TLS), and each function names its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._change.values import Value
from .answers import Answers, Unknown
from .findings import Status
from .records import Control, Requirement
from .surroundings import Surroundings, version

_TERMINAL_SERVER = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server"
_TERMINAL_POLICY = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services"
_RDP_TCP = _TERMINAL_SERVER + "\\WinStations\\RDP-Tcp"
_TLS10_SERVER = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.0\\Server"
_RDP_PORT = 3389

# The first schannel.dll of NT 6.0 with TLS 1.1 and 1.2 (KB4019276); every 6.0.6003 is later (facts 2.1, medium).
SCHANNEL_TLS12 = (6, 0, 6002, 24129)


@dataclass(frozen=True)
class Scene:
    """Everything that a condition may look at. `status_of` judges another control on the same snapshot."""

    answers: Answers
    surroundings: Surroundings
    status_of: Callable[[str], tuple[Status, str]]


@dataclass(frozen=True)
class Outcome:
    """`holds` is None where it is not known. `saw` and `lift` are half sentences for the operator."""

    holds: bool | None
    saw: str
    lift: str

    def sentence(self) -> str:
        """Return why a control waits."""
        return f"{self.saw}; {self.lift}"


@dataclass(frozen=True)
class Condition:
    """A named function, which registry keys it reads for a given argument, and which of `_host.settings` besides."""

    judge: Callable[[Scene, Any], Outcome]
    keys: Callable[[Any], tuple[str, ...]] = lambda _argument: ()
    settings: tuple[str, ...] = ()


def judge(requirement: Requirement, scene: Scene) -> Outcome:
    """Judge one condition of a record."""
    try:
        return CONDITIONS[requirement.condition].judge(scene, requirement.argument)
    except Unknown as error:
        return Outcome(None, str(error), "assess the machine again over a connection that can answer this")


def keys_of(requirement: Requirement) -> tuple[str, ...]:
    """Return the registry keys that a snapshot must hold to judge the condition."""
    return CONDITIONS[requirement.condition].keys(requirement.argument)


def settings_of(requirement: Requirement) -> tuple[str, ...]:
    """Return the ids of `_host.settings` that a snapshot must hold to judge the condition."""
    return CONDITIONS[requirement.condition].settings


def _schannel_has_tls12(scene: Scene, _argument: Any) -> Outcome:
    """By file version: later rollups contain KB4019276, so a hotfix id proves nothing either way (facts 2.1)."""
    found = scene.answers.file_version("schannel.dll")
    return Outcome(
        found is not None and version(found) >= SCHANNEL_TLS12,
        f"schannel.dll is {found or 'not there'}",
        "TLS 1.2 needs 6.0.6002.24129 or later: install KB4019276 or any later rollup first, and restart",
    )


def _control_passes(scene: Scene, other: str) -> Outcome:
    """A control that means nothing on this machine is no obstacle."""
    status, observed = scene.status_of(other)
    unknown = status in (Status.NOTCHECKED, Status.ERROR)
    return Outcome(
        None if unknown else status in (Status.PASS, Status.NOTAPPLICABLE),
        f"{other} is {status.value} ({observed})",
        f"it has to pass first: {other}",
    )


def _rdp_off_or_tls12_capable(scene: Scene, _argument: Any) -> Outcome:
    """RDP stays at TLS 1.0 without KB4074621, whatever Schannel can do (facts 2.2, medium). The policy value wins."""
    policy = scene.answers.value(_TERMINAL_POLICY, "fDenyTSConnections")
    local = scene.answers.value(_TERMINAL_SERVER, "fDenyTSConnections")
    if (policy or local) == Value("REG_DWORD", 1):
        return Outcome(True, "Remote Desktop is off (fDenyTSConnections = 1)", "")
    return Outcome(
        scene.answers.has_update("KB4074621"),
        "Remote Desktop is on and KB4074621 is " + ("in" if scene.answers.has_update("KB4074621") else "not installed"),
        "without it RDP speaks no TLS above 1.0: install KB4074621, or switch Remote Desktop off",
    )


def _tls_listeners_proved(scene: Scene, ports: list[int]) -> Outcome:
    """Every listener that speaks TLS must have shaken hands with TLS 1.2 (facts 1a, row 5)."""
    listening = tls_ports(scene.answers, ports)
    missing = sorted(listening - scene.surroundings.proved_ports())
    seen = f"listening on TLS ports: {_numbers(sorted(listening)) or 'none'}"
    tried = [scene.surroundings.handshakes[port] for port in missing if port in scene.surroundings.handshakes]
    seen += f" ({'; '.join(tried)})" if tried else ""
    return Outcome(
        not missing,
        seen,
        f"proof is missing of a live TLS 1.2 handshake on port {_numbers(missing)}",
    )


def tls_ports(answers: Answers, usual: Iterable[int]) -> frozenset[int]:
    """Return the ports that something listens on and that usually speak TLS, or have a certificate.

    Remote Desktop's own is among them, and so is every port that HTTP.SYS holds a certificate for, usual or not.
    """
    bound = {int(one.rpartition(":")[2]) for one in answers.probe("tls_bindings")}
    return answers.listening_ports() & {*usual, *bound, remote_desktop_port(answers)}


def remote_desktop_port(answers: Answers) -> int:
    """Return the port of Remote Desktop; an administrator may have moved it."""
    port = answers.value(_RDP_TCP, "PortNumber")
    return port.data if port and isinstance(port.data, int) else _RDP_PORT


def handshakes_wanted(controls: Iterable[Control], answers: Answers) -> frozenset[int]:
    """Return the ports whose handshake decides about one of these controls; none where the snapshot does not tell."""
    asked = [one for control in controls for one in control.requirements() if one.condition == "tls_listeners_proved"]
    try:
        return frozenset(port for one in asked for port in tls_ports(answers, one.argument))
    except Unknown:
        return frozenset()


def _product_absent(scene: Scene, argument: Mapping[str, Any]) -> Outcome:
    """For products whose readiness cannot be read from a snapshot; some listen on ports that nobody can guess."""
    for key in argument["keys"]:
        found = scene.answers.value(key, argument["name"])
        if found is not None and found.data:
            return Outcome(False, f"{argument['product']} is installed ({found})", str(argument["proof"]))
    return Outcome(True, f"{argument['product']} is not installed", "")


def _transport_not_in_use(scene: Scene, argument: Mapping[str, Any]) -> Outcome:
    """The controller must not cut the branch it sits on, which the argument describes (facts 1a, rows 5, 11)."""
    used = scene.surroundings
    here = f"this connection uses {used.scheme or 'an unknown scheme'} with {used.transport or 'an unknown login'}"
    lift = "connect in another way, then run it again"
    if argument.get("scheme") not in (None, used.scheme) or used.scheme is None:
        return Outcome(used.scheme is not None, here, lift)
    if "auth" in argument and used.transport not in argument["auth"]:
        return Outcome(True, here, lift)
    if "tls_below" in argument:
        if used.tls is None:
            return Outcome(None, f"{here}, and its TLS version is not known", lift)
        safe = version(used.tls) >= version(str(argument["tls_below"]))
        return Outcome(safe, f"{here} over TLS {used.tls} or later", lift)
    return Outcome(False, here, lift)


def _registry_value(scene: Scene, argument: Mapping[str, Any]) -> Outcome:
    """A value is one of those listed; used for what must be installed before a control means anything."""
    found = scene.answers.value(argument["key"], argument["name"])
    return Outcome(
        found is not None and found.data in argument["one_of"],
        f"{argument['key']} {argument['name']} is {found or 'absent'}",
        str(argument["meaning"]),
    )


def _update_installed(scene: Scene, argument: str) -> Outcome:
    """Only for updates that no rollup replaces; all others are judged by what they changed."""
    there = scene.answers.has_update(argument)
    return Outcome(there, f"{argument} is {'installed' if there else 'not installed'}", f"install {argument} first")


def _update_or_later(scene: Scene, kbs: list[str]) -> Outcome:
    """For an update that later ones replace: its number proves that it is there, and its absence proves nothing."""
    found = [one for one in kbs if scene.answers.has_update(one)]
    if found:
        return Outcome(True, f"{found[0]} is installed", "")
    wanted = " or ".join(kbs)
    saw = f"{wanted} is not in the lists of installed updates, and a later one may hold it"
    return Outcome(None, saw, f"install {wanted}, or see to it that a later update of the same files is in")


def _service_present(scene: Scene, names: list[str]) -> Outcome:
    """A role or feature, by the services that come with it: their names are the same in every language."""
    there = {str(one).casefold() for one in scene.answers.probe("services")}
    found = [name for name in names if name.casefold() in there]
    saw = f"the service {found[0]} is there" if found else f"{' and '.join(names)} {_are(names)} not installed"
    return Outcome(bool(found), saw, "it is about machines with that role only")


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _winrm_at_least(scene: Scene, argument: str) -> Outcome:
    stack = str((scene.answers.snapshot.get("identity") or {}).get("stack") or "")
    if not stack:
        raise Unknown("the version of WinRM is not known: the machine was not asked over WS-Management")
    holds = version(stack) >= version(argument)
    return Outcome(
        holds, f"WinRM is {stack}", f"it needs WinRM {argument}, which comes with a newer Management Framework"
    )


def _file_at_least(scene: Scene, argument: Mapping[str, Any]) -> Outcome:
    found = scene.answers.file_version(argument["file"])
    holds = found is not None and version(found) >= version(argument["version"])
    return Outcome(
        holds, f"{argument['file']} is {found or 'not there'}", f"{argument['meaning']}: {argument['version']}"
    )


def _account_in(scene: Scene, sids: list[str]) -> Outcome:
    """The account of the connection must keep its way in (facts 1a, rows 12 and 14)."""
    held = set(scene.answers.probe("account").get("sids") or ()) & set(sids)
    saw = "the account of this connection carries " + (", ".join(sorted(held)) or "none of " + ", ".join(sids))
    return Outcome(bool(held), saw, "connect with an account that keeps its access, then run it again")


def _account_not_in(scene: Scene, sids: list[str]) -> Outcome:
    outcome = _account_in(scene, sids)
    return Outcome(not outcome.holds, outcome.saw, outcome.lift)


def _tls10_on_or_rdp_tls12_capable(scene: Scene, argument: Any) -> Outcome:
    """With TLS 1.0 off and no KB4074621, Remote Desktop that insists on TLS has no protocol left (facts 1a, row 6)."""
    off = scene.answers.value(_TLS10_SERVER, "Enabled") == Value("REG_DWORD", 0)
    if not off:
        return Outcome(True, "TLS 1.0 is still allowed", "")
    return _rdp_off_or_tls12_capable(scene, argument)


CONDITIONS: dict[str, Condition] = {
    "schannel_has_tls12": Condition(_schannel_has_tls12),
    "control_passes": Condition(_control_passes),
    "rdp_off_or_tls12_capable": Condition(
        _rdp_off_or_tls12_capable, lambda _argument: (_TERMINAL_POLICY, _TERMINAL_SERVER)
    ),
    "tls_listeners_proved": Condition(_tls_listeners_proved, lambda _argument: (_RDP_TCP,), ("tls_bindings",)),
    "product_absent": Condition(_product_absent, lambda argument: tuple(argument["keys"])),
    "transport_not_in_use": Condition(_transport_not_in_use),
    "registry_value": Condition(_registry_value, lambda argument: (argument["key"],)),
    "update_installed": Condition(_update_installed),
    "update_or_later": Condition(_update_or_later),
    "service_present": Condition(_service_present),
    "winrm_at_least": Condition(_winrm_at_least),
    "file_at_least": Condition(_file_at_least),
    "account_in": Condition(_account_in),
    "account_not_in": Condition(_account_not_in),
    "tls10_on_or_rdp_tls12_capable": Condition(
        _tls10_on_or_rdp_tls12_capable, lambda _argument: (_TERMINAL_POLICY, _TERMINAL_SERVER, _TLS10_SERVER)
    ),
}


def _numbers(ports: list[int]) -> str:
    return ", ".join(str(port) for port in ports)
