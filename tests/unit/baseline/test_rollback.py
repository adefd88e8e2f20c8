# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of every kind go there and back on the twin, past other people's edits, with its journal read each time."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.enforce import carry_out
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.reread import look, read_registry
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.trial import Trial
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import ledger
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.back import (
    Back,
    Interrupted,
    NotUndone,
    Outcome,
    plan,
    staying,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.journal import Journal, JournalGroup
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.listing import listing
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.orders import runs
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.rollback import Asked, Fate
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import Change, Kind, Value, same
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import Unreachable
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.accounts import User

Twins = Callable[..., Any]
KEY = "HKLM\\SOFTWARE\\Vendor\\Product\\Sub"
SERVICES = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
ADAPTER = "{6F2B9A31-0C0E-4B7D-9B25-1E7D7B3A8C11}"
LISTENER = 'Port="8080";Hostname="";Enabled="true";URLPrefix="wsman";CertificateThumbprint=""'
CLOSED = "D:PAI(A;CI;KA;;;BA)(A;CI;KA;;;SY)"
GUID = "{0CCE9215-69AE-11D9-BED3-505054503030}"


def wanted(control: str, key: str, name: str, kind: Kind, *values: Value | None) -> tuple[Change, tuple[Any, ...]]:
    return Change(control, key, name, None, values[0], kind), values


def text(data: str) -> Value:
    return Value("TEXT", data)


# A place of each kind, the value that a run wants there, and one that somebody else might set.
PLACES = dict(
    enumerate(
        [
            wanted("number", KEY, "Number", Kind.REGISTRY, Value("REG_DWORD", 1), Value("REG_SZ", "1")),
            wanted("list", KEY, "List", Kind.REGISTRY, Value("REG_MULTI_SZ", ("a", "b")), Value("REG_MULTI_SZ", ())),
            wanted("service", SERVICES + "Spooler", "start", Kind.SERVICE, text("disabled"), text("manual")),
            wanted("audit", "subcategories", GUID, Kind.AUDIT, Value("NUMBER", 1), Value("NUMBER", 2)),
            wanted(
                "lockout", "System Access", "LockoutBadCount", Kind.SECURITY, Value("NUMBER", 5), Value("NUMBER", 9)
            ),
            wanted(
                "right",
                "Privilege Rights",
                "SeDenyNetworkLogonRight",
                Kind.SECURITY,
                Value("ACCOUNTS", ("S-1-5-32-546",)),
                Value("ACCOUNTS", ("S-1-5-7", "S-1-5-32-546")),
            ),
            wanted("winrm", "winrm/config/client", "TrustedHosts", Kind.WINRM, text("cerberus"), text("*")),
            wanted(
                "rule",
                "rules",
                "of ours",
                Kind.FIREWALL,
                text("dir=in action=block protocol=tcp localport=5000 profile=any"),
            ),
            wanted("state", SERVICES + "PolicyAgent", "state", Kind.STATE, text("stopped"), text("running")),
            wanted("nx", "{current}", "nx", Kind.BOOT, text("AlwaysOn"), text("OptIn")),
            wanted("netbios", ADAPTER, "TcpipNetbiosOptions", Kind.NETBIOS, Value("NUMBER", 2), Value("NUMBER", 1)),
            wanted("member", "S-1-5-32-551", "keeper", Kind.MEMBER, None, text("member")),
            wanted("listener", "Address=*+Transport=HTTP", "listener", Kind.LISTENER, None, text(LISTENER)),
            wanted("key list", "HKLM\\SOFTWARE\\Vendor\\Closed", "dacl", Kind.KEY_ACL, Value("SDDL", CLOSED)),
        ]
    )
)

# What the twin tells from the same value set by somebody.
DEFAULTS = (Kind.AUDIT, Kind.WINRM, Kind.BOOT)


class World:
    """A twin whose settings runs, rollbacks and other people change."""

    def __init__(self, session: Any, folder: Path) -> None:
        self.session, self.folder = session, folder
        self.clock = dt.datetime(2026, 11, 20, 18, tzinfo=dt.UTC)
        self.edited: set[str] = set()
        machine = session.machine
        machine.accounts.add_user(User("keeper", 1050), ("S-1-5-32-551",))
        machine.registry.create_key("HKLM\\SOFTWARE\\Vendor\\Closed")
        self._spell_out()
        self.start = self.state()

    def _spell_out(self) -> None:
        """Write what is there by default: the twin tells a default from the same value set by somebody."""
        asked = [change for change, _values in PLACES.values() if change.kind in DEFAULTS]
        found = look(self.session, asked)
        as_is = [Change("", one.key, one.name, None, found(one), one.kind) for one in asked]
        self.carry_out(as_is, "C:\\")

    def state(self) -> dict[str, Any]:
        """Return the settings of the machine by the twin's own model; what is empty is as good as not there."""
        state = json.loads(json.dumps(self.session.machine.to_state(), default=str))
        rooms = ("registry", "policy", "audit", "firewall", "services", "accounts", "knobs")
        found: dict[str, Any] = _without_empty({name: state[name] for name in rooms})
        found["knobs"].pop("winrm_listeners", None)
        return {**found, "listening": self.session.run("winrm enumerate winrm/config/listener").stdout}

    def now(self) -> dt.datetime:
        self.clock += dt.timedelta(minutes=1)
        return self.clock

    def enforce(self, numbers: Collection[int], which: int = 0) -> Journal | None:
        asked = [PLACES[number] for number in sorted(numbers)]
        found = look(self.session, [change for change, _values in asked])
        changes = []
        for change, values in asked:
            before, after = found(change), values[which % len(values)]
            if not same(before, after):
                changes.append(Change(change.control, change.key, change.name, before, after, change.kind))
        if not changes:
            return None
        now = self.now()
        keys = [one.key for one in changes if one.kind is Kind.REGISTRY]
        created = journals.created_keys(changes, read_registry(self.session, [*keys, *journals.parents(keys)]))
        groups = tuple(JournalGroup(f"g{one.kind.value}", "G", (one,)) for one in changes)
        started = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        journal = Journal(journals.run_name(now, "0000"), "cerberus", started, groups, created)
        kept = journals.keep(journal, self.session, self.folder)
        self.carry_out(changes, kept.target)
        journals.note(kept, self.session, "outcome.json", {"changed": True})
        return journal

    def carry_out(self, changes: Collection[Change], folder: str) -> None:
        for number, (kind, some) in enumerate(runs(changes)):
            carry_out(self.session, kind, some, folder, f"{number}-{kind.value}")

    def edit(self, number: int, which: int) -> None:
        change, values = PLACES[number]
        self.edited.add(change.control)
        other = Change(change.control, change.key, change.name, None, values[which % len(values)], change.kind)
        if not same(look(self.session, [other])(other), other.after):
            self.session.run('mkdir "C:\\elsewhere"')
            self.carry_out([other], "C:\\elsewhere")

    def back(self, run: str, *, session: Any = None, **asked: Any) -> Outcome:
        session = session or self.session
        trial = Trial(0, lambda: session, lambda _session: None, lambda _text: None)

        def planned() -> Outcome:
            return plan(session, ledger.read(session, self.folder, "cerberus"), run, Asked(**asked), look)

        made = Back(session, self.folder, "cerberus", look, read_registry, trial, planned, now=self.now)
        return made.run(planned())

    def cut(self, run: str, at: int) -> None:
        """Take back, and lose the connection at one of its operations."""
        with contextlib.suppress(Unreachable, Interrupted):
            self.back(run, session=Cut(self.session, at))

    def listed(self) -> dict[str, str]:
        history = ledger.read(self.session, self.folder, "cerberus").history
        return {one["run"]: one["state"] for one in listing(history)}


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        slim = {name: _without_empty(one) for name, one in value.items()}
        return {name: one for name, one in slim.items() if one not in ({}, [])}
    return value


@pytest.fixture
def world(twin: Twins, tmp_path: Path) -> World:
    return World(twin(), tmp_path)


@pytest.mark.parametrize("number", PLACES, ids=lambda number: PLACES[number][0].control)
@pytest.mark.parametrize("locale", ["en-US", "ru-RU"])
def test_a_setting_of_each_kind_goes_back_and_forth(number: int, locale: str, twin: Twins, tmp_path: Path) -> None:
    world = World(twin(locale=locale), tmp_path)
    assert world.enforce([number]) is not None
    hardened = world.state()
    assert hardened != world.start
    away = world.back("last")
    assert [one.fate for part in away.parts for one in part.verdicts] == [Fate.RESTORE]
    assert world.state() == world.start
    world.back(away.done[0][1].controller.name)
    assert world.state() == hardened
    world.back("all")
    assert world.state() == world.start


STEPS = st.one_of(
    st.tuples(st.just("enforce"), st.sets(st.sampled_from(list(PLACES)), min_size=1, max_size=4), st.integers(0, 1)),
    st.tuples(st.just("edit"), st.sampled_from(list(PLACES)), st.integers(0, 1)),
    st.tuples(st.just("back"), st.sampled_from(["all", "last"])),
    st.tuples(st.just("cut"), st.sampled_from(["all", "last"]), st.integers(1, 60)),
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=2, max_size=5))
def test_whatever_happens_in_between_untouched_settings_end_where_they_began(
    steps: list[tuple[Any, ...]], twin: Twins, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = World(twin(), tmp_path_factory.mktemp("journal"))
    before = look(world.session, [change for change, _values in PLACES.values()])
    for name, *arguments in steps:
        getattr(world, name)(*arguments)
    world.back("all")
    after = look(world.session, [change for change, _values in PLACES.values()])
    for change, _values in PLACES.values():
        if change.control not in world.edited:
            assert same(after(change), before(change)), change
    if not world.edited:
        assert world.state() == world.start


def test_half_of_a_control_is_not_put_back(world: World) -> None:
    journal = world.enforce([0, 1])
    assert journal is not None
    world.edit(0, 1)
    path = world.folder / "cerberus" / journal.run / "journal.json"
    there = f"C:\\ProgramData\\sunset.ws2008\\journal\\{journal.run}\\journal.json"
    as_one = Journal.of(json.loads(path.read_text().replace('"control": "list"', '"control": "number"')))
    world.session.upload(journals.sealed(as_one.plain()), there)
    path.write_bytes(journals.sealed(as_one.plain()))
    hardened = world.state()
    outcome = world.back("last")
    assert [one.fate for part in outcome.parts for one in part.verdicts] == [Fate.FOREIGN, Fate.HELD]
    assert world.state() == hardened and outcome.done == []
    assert "number: HKLM" in outcome.sentence() and "List" not in outcome.sentence()


def test_a_run_below_another_one_is_told_which_one_that_is(world: World) -> None:
    first, second = world.enforce([0, 2]), world.enforce([0], 1)
    assert first is not None and second is not None
    outcome = world.back(first.run)
    assert [row["written_by"] for row in outcome.refused()] == [second.run]
    assert f"by run {second.run}, which can be taken back first" in outcome.sentence()
    world.back("all")
    assert world.state() == world.start


class Cut:
    """A session that breaks at one operation."""

    door, read_only = "twin", False

    def __init__(self, session: Any, left: int) -> None:
        self.session, self.left, self.operations = session, left, 0

    def __getattr__(self, name: str) -> Any:
        def operation(*arguments: Any, **named: Any) -> Any:
            self.operations += 1
            if self.operations >= self.left:
                raise Unreachable("the connection is gone")
            return getattr(self.session, name)(*arguments, **named)

        return operation


def test_a_rollback_that_is_cut_off_anywhere_is_finished_by_the_next_one(world: World) -> None:
    whole = Cut(world.session, 10_000)
    world.enforce([0, 2])
    world.back("last", session=whole)
    for at in range(1, whole.operations + 1):
        journal = world.enforce([0, 2])
        assert journal is not None
        with pytest.raises((Unreachable, Interrupted)):
            world.back("last", session=Cut(world.session, at))
        world.back("last")
        assert world.state() == world.start, at
        assert world.listed()[journal.run] == "rolled back", at


def test_a_lost_connection_says_what_had_gone_back(world: World) -> None:
    world.enforce([0])
    whole = Cut(world.session, 10_000)
    assert world.back("last", session=whole).done
    world.enforce([0])
    with pytest.raises(Interrupted, match="connection is gone; the rollback broke off and can be run again") as caught:
        world.back("last", session=Cut(world.session, whole.operations))
    assert caught.value.details["journal"][0]["undoes"] and caught.value.details["changed"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"run": "20260101T000000Z-0000"}, "there is no run 20260101T000000Z-0000 of this machine"),
        ({"run": "last", "controls": ["nummer"]}, "control nummer is in no run that is meant; did you mean number?"),
        ({"run": "last", "groups": ["x"]}, "group x is in no run that is meant"),
        ({"run": "all", "force": ["x"]}, "control x is in no run that is meant"),
    ],
)
def test_what_is_not_there_is_a_sentence(asked: Mapping[str, Any], sentence: str, world: World) -> None:
    world.enforce([0])
    with pytest.raises(NotUndone, match=sentence):
        world.back(**asked)


def test_updates_are_refused_with_what_windows_can_do(world: World) -> None:
    event = {"event": "installed", "package": "KB4493730", "undo": "none: Windows cannot start without it"}
    kept = journals.Kept(world.folder / "cerberus" / "20261120T170000Z-0000", "")
    journals.note(kept, None, "servicing.json", {"host": "cerberus", "events": [event]})
    found = ledger.read(world.session, world.folder, "cerberus")
    assert staying(found, "last") == [], "nothing was set, so nothing is taken back"
    world.enforce([0])
    event = {**event, "package": "KB4565353", "time": f"{world.now():%Y-%m-%dT%H:%M:%SZ}"}
    later = journals.Kept(world.folder / "cerberus" / journals.run_name(world.now(), "0000"), "")
    journals.note(later, None, "servicing.json", {"host": "cerberus", "events": [event]})
    found = ledger.read(world.session, world.folder, "cerberus")
    (since,) = staying(found, "last")
    assert since.startswith("KB4565353 stays") and len(staying(found, "all")) == 2
    world.back("last")
    with pytest.raises(NotUndone, match="installed updates.*KB4493730 stays.*cannot start without it.*Nothing was"):
        world.back("20261120T170000Z-0000")
    assert world.back("all").parts == []
