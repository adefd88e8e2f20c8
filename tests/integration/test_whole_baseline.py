# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every control of the collection at once, on machines that break whatever a record lets one break.

What is broken fails, is fixed or held with a reason of its record, stays fixed, and goes back to what was there; and
nothing changes on the machine that no control names: neither in its model, nor in a snapshot of it. Each language, each
architecture, each role.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.connection.twin import TwinSession, Wire
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline import lockouts
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import Enforcement, Outcome
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import evaluate, reads_of, required
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.findings import Finding, Status
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import shipped
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.records import LEVELS, Control
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import look
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import Selection, select
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import Surroundings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import Fate, roll_back
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import Change, Kind
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.twin import build
from support.baseline_breaks import break_on
from support.baseline_cases import machine as patched
from support.baseline_cases import merged
from support.baseline_worlds import BY_HAND, SITE, equip

NOW = dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC)
AROUND = Surroundings(transport="ntlm", scheme="http", port=80, tls12_proved=frozenset({443, 3389, 5986}))
# Small updates that no rollup replaces, and that some records wait for.
UPDATES = [
    "KB2264107",
    "KB2345886",
    "KB2661254",
    "KB2893294",
    "KB3000483",
    "KB3004361",
    "KB3154517",
    "KB4025409",
    "KB4056564",
    "KB4074621",
    "KB5004955",
    "KB968389",
    "KB980436",
]
ROLES = {"standalone": 2, "member": 3, "dc": 5}


@dataclass
class Broken:
    """A twin on which the controls of `ids` are broken."""

    machine: Any
    session: Any
    role: str
    ids: list[str]
    selection: Selection

    def snapshot(self) -> dict[str, Any]:
        """Take it, with the files and updates of a patched machine: what a record waits for is there."""
        reads = required(self.selection.every())
        taken = take(self.session, reads.keys, reads.questions())
        assert taken["unknown"] == {}
        over = {
            "os": {"version": "6.0.6003", "build": 6003},
            "computer": {"domain_role": ROLES[self.role]},
            "files": patched()["answers"]["files"],
            "hotfixes": UPDATES,
        }
        return merged(taken, {"answers": over})

    def enforce(self, folder: Path, force: Collection[str] = ()) -> Outcome:
        run = Enforcement(self.session, self.selection, AROUND, folder, "broken", NOW, fresh=lambda: self.session)
        run.force = force
        return run.run(self.snapshot())

    def findings(self) -> dict[str, Finding]:
        return {one.id: one for one in evaluate(self.snapshot(), self.selection, NOW.date())}

    def state(self) -> dict[str, Any]:
        """The whole machine by the twin's own model; what is not there is as good as nothing."""
        state: dict[str, Any] = json.loads(json.dumps(self.machine.to_state(), default=str))
        for name in BY_ITSELF:
            state.pop(name, None)
        knobs = state["knobs"]
        knobs["winrm_config"] = knobs.get("winrm_config") or {}
        assert not knobs.pop("hives", {}), "no hive is left loaded"
        state["services"] = {name: held for name, held in state["services"].items() if held[0]}
        rights = state["policy"]["rights"]
        state["policy"]["rights"] = {name: sorted(held) for name, held in rights.items() if held}
        access = state["policy"]["system_access"]
        if not access.get("LockoutBadCount"):
            for unused in ("LockoutDuration", "ResetLockoutCount"):
                access.pop(unused, None)  # without a lockout they mean nothing, and no export tells them
        return state


# What every machine changes by itself, or by being talked to: the time, counters, and our own folder and log.
BY_ITSELF = ("clock", "now", "processes", "counters", "events", "logs")
Path_ = tuple[str, ...]
LANGUAGES = ("en-US", "de-DE", "ru-RU")


def broken_machine(locale: str, arch: str, role: str) -> Broken:
    """Return a twin with every product of a record, and with everything broken that one may break."""
    answers = {"os": {"version": "6.0.6003", "build": 6003, "arch": arch}}
    machine = build({"answers": answers, "twin": {"locale": locale, "winrm": "2.0"}}, clock=VirtualClock())
    every = shipped().controls.values()
    equip(machine, every)
    ids = [one.id for one in every if role in one.roles and break_on(machine, one)]
    session = TwinSession("broken", machine, lambda _notice: None)
    return Broken(machine, session, role, ids, select(levels=LEVELS, site_values=SITE))


@pytest.fixture(params=itertools.product(LANGUAGES, ("x64", "x86"), ROLES), ids="-".join, scope="module")
def broken(request: pytest.FixtureRequest) -> Iterator[Broken]:
    made = broken_machine(*request.param)
    yield made
    made.session.close()


def test_what_is_broken_fails_is_fixed_stays_fixed_and_goes_back(broken: Broken, tmp_path: Path) -> None:
    before, start = broken.findings(), broken.state()
    about = {name for name in broken.ids if before[name].status is not Status.NOTAPPLICABLE}
    assert {name for name in about if before[name].status is not Status.FAIL} <= CANNOT_FAIL
    assert len(about) > 250

    outcome = broken.enforce(tmp_path)
    after = {one.id: one.status for one in outcome.after}
    held = {one.control: one.reasons for one in outcome.held}
    assert outcome.failures == []
    for name in about:
        assert after[name] is Status.PASS or name in held, (name, after[name])
    for name, reasons in held.items():
        control = shipped().controls[name]
        named = control.guard or control.requirements() or control.by_hand or control.level == "report"
        assert named or any(word in reasons[0] for word in UNCHANGEABLE), (name, reasons)
    assert sum(1 for name in about if after[name] is Status.PASS) > 240
    assert {change.kind for change in outcome.changes} >= {
        Kind.REGISTRY,
        Kind.SERVICE,
        Kind.SECURITY,
        Kind.AUDIT,
        Kind.WINRM,
    }

    again = broken.enforce(tmp_path)
    assert (again.changes, again.kept) == ([], None)

    assert _unnamed(start, broken.state(), outcome.changes) == []

    assert outcome.kept is not None
    verdicts = roll_back(broken.session, journals.load(outcome.kept.controller), outcome.kept, look)
    assert {one.fate for one in verdicts} == {Fate.RESTORE}
    assert _unnamed(start, broken.state(), ()) == []


# A right that must be held by nobody in particular cannot be broken.
CANNOT_FAIL = {"right-denyservicelogon"}
UNCHANGEABLE = (
    "by hand",
    "looked at only",
    "site value",
    "for a person",
    "not installed",
    "installed by",
    "make it true",
    "switch that off, which winrm-no-compat-listeners does",
    "[guard ",
)


def _touched(start: Any, end: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Yield the way to everything that differs in two states of a machine."""
    if isinstance(start, dict) and isinstance(end, dict):
        for name in start.keys() | end.keys():
            yield from _touched(start.get(name), end.get(name), (*path, name))
    elif start != end:
        yield path


def _places(path: Path_) -> set[str]:
    """Return how a change would call this place: key and name, either of them enough where the model has one only."""
    words = [word.casefold().replace("controlset001", "currentcontrolset") for word in path]
    match words:
        case ["registry", "keys", key, "set" | "gone", name, *_]:
            if key.startswith("hku\\") and "\\s-1-5-21-" in key:
                return {f"{key}|{name}"}
            return {f"{key}|{name}", f"{key}|start"} if name == "delayedautostart" else {f"{key}|{name}"}
        case ["registry", "keys", key, "acl", *_]:
            return {f"{key}|"}
        case ["policy", "rights", name]:
            return {f"privilege rights|{name}"}
        case ["policy", section, name]:
            return {f"{SECTIONS[section]}|{name}"}
        case ["audit", guid]:
            return {f"subcategories|{guid}"}
        case ["services", name, *_]:
            service = f"hklm\\system\\currentcontrolset\\services\\{name}"
            return {f"{service}|state", f"{service}|start"}
        case ["files", "made", file, *_]:
            return {f"{file}|"}
        case ["knobs", "winrm_config", name, *_]:
            folder, _slash, last = name.rpartition("/")
            return {f"winrm/config/{folder}".rstrip("/") + f"|{last}"}
    return {"|".join(words)}


SECTIONS = {"system_access": "system access", "kerberos": "kerberos policy"}


_RENAMED = {"system access|newguestname", "system access|newadministratorname"}


def _called(change: Change) -> str:
    key = change.key.casefold().replace("%systemroot%", "c:\\windows").replace("%programfiles%", "c:\\program files")
    return key + ("|" if change.kind in (Kind.FILE_ACL, Kind.KEY_ACL) else f"|{change.name.casefold()}")


def _unnamed(start: dict[str, Any], end: dict[str, Any], changes: Iterable[Change]) -> list[Path_]:
    """Return what differs and is neither what a change names nor what this collection keeps for itself."""
    listed = list(changes)
    named = {_called(one) for one in listed}
    kinds = {one.kind for one in listed}
    paths = (path for path in _touched(start, end) if not _is_ours(path))
    return [path for path in paths if not _places(path) & named and not _is_of_a_kind(path, kinds, named)]


def _is_ours(path: Path_) -> bool:
    """The journal, the log that secedit writes, the room on the disk that both take, and empty keys on the way down."""
    match path:
        case ("files", "used" | "size") | ("files", "gone"):
            return True
        case ("files", "made", str(file), *_):
            ours = ("c:\\programdata\\sunset.ws2008", "c:\\windows\\security", "c:\\windows\\temp")
            return file.casefold().startswith(ours) or file == "C:\\ProgramData"
        case ("registry", "keys", str(), "set" | "gone", "") | ("registry", "gone") | ("registry", "keys", str()):
            return True
        case ("registry", "keys", str(key), *_):
            return key.casefold().endswith("\\eventlog\\state")
    return False


def _is_of_a_kind(path: Path_, kinds: set[Kind], named: set[str]) -> bool:
    """What the model keeps in another form than the change that asks for it."""
    text = "|".join(path).casefold()
    return (
        (Kind.FIREWALL in kinds and "firewallpolicy\\firewallrules" in text)
        or (Kind.NETBIOS in kinds and path[-2:-1] != () and "netbiosoptions" in text)
        or (Kind.BOOT in kinds and ("bcd00000000" in text or "nx_running" in text))
        or (Kind.LISTENER in kinds and "listener" in text)
        or (
            path[0] == "accounts" and bool({"system access|newguestname", "system access|newadministratorname"} & named)
        )
        or (Kind.MEMBER in kinds and path[0] == "accounts")
        or (text.startswith("files|made|c:\\users\\") and text.split("|")[2].endswith("\\ntuser.dat"))
    )


def fresh_machine(locale: str, arch: str, role: str) -> Broken:
    """Return a twin as it was delivered, seen as the machine that every update is in."""
    answers = {"os": {"version": "6.0.6003", "build": 6003, "arch": arch}}
    machine = build({"answers": answers, "twin": {"locale": locale, "winrm": "2.0"}}, clock=VirtualClock())
    session = TwinSession("fresh", machine, lambda _notice: None)
    return Broken(machine, session, role, [], select(levels=LEVELS, site_values=SITE))


@pytest.mark.parametrize(
    "kind", [("en-US", "x64", "member"), ("de-DE", "x86", "standalone"), ("ru-RU", "x64", "dc")], ids="-".join
)
def test_a_fresh_machine_is_fixed_once_and_differs_only_in_what_the_controls_name(
    kind: tuple[str, str, str], tmp_path: Path
) -> None:
    fresh = fresh_machine(*kind)
    try:
        before, start = fresh.snapshot(), fresh.state()
        first = fresh.enforce(tmp_path)
        assert first.failures == [] and len(first.changes) > 150
        fixed = {name for group in first.groups for name in group.fixed}
        assert {one.control for one in first.changes} <= fixed
        after = fresh.snapshot()
        second = fresh.enforce(tmp_path)
        assert (second.changes, second.kept, second.restart) == ([], None, [])
        # The snapshots, and the machine itself: a snapshot does not look at what no control asks for.
        assert _unnamed_answers(before["answers"], after["answers"], first.changes) == []
        assert _unnamed(start, fresh.state(), first.changes) == []
        assert after["unknown"] == before["unknown"] == {}
    finally:
        fresh.session.close()


def _unnamed_answers(before: Mapping[str, Any], after: Mapping[str, Any], changes: Iterable[Change]) -> list[Path_]:
    """Return the ways to what differs in the answers of two snapshots and is in no change."""
    listed = list(changes)
    named = {(one.key.casefold(), one.name.casefold()) for one in listed}
    services = {key.rpartition("\\")[2] for key, name in named if name in ("start", "state")}
    kinds = {one.kind for one in listed}
    left = []
    for path in _touched(before, after):
        room, *rest = [str(word).casefold() for word in path]
        known = (
            room in ("disk",)
            or (room, *rest) == ("os", "local_time")
            or (len(rest) > 1 and (rest[0], rest[1]) in named)
            or (len(rest) == 1 and any(key == rest[0] for key, _name in named))
            or (room == "services" and rest[0] in services)
            or (room == "registry" and rest[1:2] == ["delayedautostart"] and (rest[0], "start") in named)
            or (room == "registry" and Kind.FIREWALL in kinds and rest[0].endswith("\\firewallrules"))
            # Where a policy rules, WinRM says so of its setting; a new name is seen among the accounts; and a key that
            # somebody reads is there, empty, because one below it was made.
            or (room == "winrm" and any("\\policies\\microsoft\\windows\\winrm" in key for key, _name in named))
            or (room == "local_users" and bool(_RENAMED & {f"{key}|{name}" for key, name in named}))
            or (room == "registry" and any(key.startswith(f"{rest[0]}\\") for key, _name in named))
            or (room == "wmi:win32_networkadapterconfiguration" and Kind.NETBIOS in kinds)
        )
        left += [] if known else [path]
    return left


# Nothing that an answer of a machine could decide, or something that no hand on a twin can change.
ELSEWHERE = {
    "right-denyservicelogon": "it asks for nobody in particular, so every machine passes",
    "winrm-https-listener": "tests/unit/baseline/test_set_side.py",
    "winrm-http-listener-removed": "tests/unit/baseline/test_set_side.py",
    "sm-dep-optout": "tests/unit/baseline/test_set_side.py",
    "acct-admin-disabled": "the login of the twin is that account",
    "acct-admin-renamed": "the login of the twin is that account",
}
NTFS, FAT = ([{"FileSystem": one, "DriveType": "3"}] for one in ("NTFS", "FAT32"))
TERMDD = "C:\\Windows\\system32\\drivers\\termdd.sys"
# What a twin always is: the answers of another machine are laid over its snapshot, failing and passing.
ANSWERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "fs-ntfs-only": ({"wmi:Win32_LogicalDisk": FAT}, {"wmi:Win32_LogicalDisk": NTFS}),
    "upd-service-pack-2": ({"os": {"service_pack": 1}}, {"os": {"service_pack": 2}}),
    "rdp-bluekeep-patched": ({"files": {TERMDD: "6.0.6002.18005"}}, {"files": {TERMDD: "6.0.6003.20514"}}),
}


def _is_judged(control: Control) -> bool:
    shown = control.settings.get("operator") == "report" or control.mechanism == "auditpol_report"
    return control.mechanism != "manual" and not shown and control.id not in ELSEWHERE


def test_every_record_has_a_machine_that_fails_and_one_that_passes(tmp_path: Path) -> None:
    """Broken, enforced, and mended by hand: one of them fails each record, and another passes it."""
    seen: dict[str, set[Status]] = {name: set() for name in shipped().controls}

    def look_at(machine: Broken) -> None:
        for name, found in machine.findings().items():
            seen.get(name, set()).add(found.status)

    for kind in (("en-US", "x64", "standalone"), ("en-US", "x64", "member"), ("en-US", "x86", "dc")):
        delivered = fresh_machine(*kind)
        equip(delivered.machine, shipped().controls.values())
        look_at(delivered)
        delivered.session.close()
        machine = broken_machine(*kind)
        look_at(machine)
        machine.enforce(tmp_path, force=list(lockouts.shipped()))
        look_at(machine)
        for name, (breaks, mends) in BY_HAND.items():
            if kind[2] in shipped().controls[name].roles and len(seen[name] & {Status.FAIL, Status.PASS}) < 2:
                alone = replace(machine, selection=select(ids=[name], site_values=SITE))
                for act in (breaks, mends):
                    act(machine.machine)
                    seen[name].add(alone.findings()[name].status)
        taken = machine.snapshot()
        for name, both in ANSWERS.items():
            for answers in both:
                snapshot = merged(taken, {"answers": answers})
                found = {one.id: one for one in evaluate(snapshot, machine.selection, NOW.date())}
                seen[name].add(found[name].status)
        machine.session.close()
    judged = [one for one in shipped().controls.values() if _is_judged(one)]
    # A check that a person has to finish never passes by itself.
    wanted = {one.id: {Status.FAIL, Status.NOTCHECKED if one.by_hand else Status.PASS} for one in judged}
    lacking = [f"{name}: {sorted(seen[name])}" for name in wanted if not wanted[name] <= seen[name]]
    assert not lacking, "\n".join(lacking)
    assert len(wanted) > 370
    assert all(Status.PASS not in seen[one.id] for one in shipped().controls.values() if one.mechanism == "manual")


def counting(answer: Any, sent: list[int], received: list[int]) -> Any:
    """Return a sender that writes down how long each message and its answer are."""

    def counted(wire: Any, message: bytes) -> Any:
        sent.append(len(message))
        reply = answer(wire, message)
        received.append(len(reply))
        return reply

    return counted


def test_all_of_it_is_read_within_the_budget(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Design, section 4: 40 requests on WinRM 1.1 and 25 on 2.0, three of them for the login."""
    reads = reads_of(select(levels=LEVELS))
    for winrm, limit in (("1.1", 40), ("2.0", 25)):
        sent: list[int] = []
        received: list[int] = []
        with monkeypatch.context() as patch:
            patch.setattr(Wire, "send_message", counting(Wire.send_message, sent, received))
            answers = {"os": {"version": "6.0.6002", "build": 6002, "arch": "x64"}}
            machine = build({"answers": answers, "twin": {"winrm": winrm}}, clock=VirtualClock())
            session = TwinSession("x", machine, lambda _notice: None)
            taken = take(session, reads.keys, reads.questions())
            session.close()
        requests = len(sent) + 3
        with capsys.disabled():
            size = f"{sum(sent)} bytes up, {sum(received)} down"
            print(f"\n  all controls over WinRM {winrm}: {requests} requests, {size}")
        assert taken["unknown"] == {}
        assert requests <= limit
