# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lets a guarded change pass: pure functions over a machine now and then (private to this collection).

Each takes an `Act`: the changes, the answers after them, and the scene before. It says whether the act is harmless,
what it saw, and, where the guard's record does not say it well enough, what would lift it. `Unknown` goes through: what
is not known holds an act back like what is known to be bad. Facts: hardening.md, section 1a.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._change.values import Change, Value
from .._console import firewall
from .._host import in_use
from .answers import SERVICES, Answers, Unknown
from .conditions import Outcome, Scene
from .site_values import suites

START = "Start"
REMEMBERED_DAYS = 30
_REMEMBERED = ("smb1", "ntlm_v1", "tls10", "admin_shares")  # who works over Remote Desktop counts while he does
_DISABLED = 4
_WINRM_PORTS = frozenset({80, 443, 5985, 5986})
_SERVER = SERVICES + "LanmanServer\\Parameters"
_TLS12 = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Server"
_SYSTEM_POLICY = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System"
_SYSTEM_SIDS = frozenset({"s-1-5-18"})
# Accounts that Windows itself brings, by the names that the service database uses; SYSTEM may do everything.
_BUILT_IN = {
    "localsystem": "s-1-5-18",
    "system": "s-1-5-18",
    "nt authority\\system": "s-1-5-18",
    "local service": "s-1-5-19",
    "localservice": "s-1-5-19",
    "nt authority\\localservice": "s-1-5-19",
    "nt authority\\local service": "s-1-5-19",
    "network service": "s-1-5-20",
    "networkservice": "s-1-5-20",
    "nt authority\\networkservice": "s-1-5-20",
    "nt authority\\network service": "s-1-5-20",
}
_GUESTS = ("s-1-5-32-546", "guests")
_BATCH_LOGONS = ("password", "s4u", "interactivetokenorpassword")


@dataclass(frozen=True)
class Act:
    """Some changes that a guard watches, what the machine would answer after all changes of the control, and before."""

    changes: tuple[Change, ...]
    after: Answers
    scene: Scene

    @property
    def before(self) -> Answers:
        """Return what the machine answers now."""
        return self.scene.answers


@dataclass(frozen=True)
class Watched:
    """A function, and the registry keys that it reads."""

    judge: Callable[[Act, Any], Outcome]
    keys: tuple[str, ...] = ()


def _dependencies_start(act: Act, service: str) -> Outcome:
    """Row 1: no driver that a service depends on may be disabled."""
    held = act.after.value(SERVICES + service, "DependOnService")
    needed = held.data if held is not None and isinstance(held.data, tuple) else ()
    asleep = [one for one in needed if _is_disabled(act.after, one)]
    saw = f"{service} would depend on {', '.join(needed) or 'nothing'}"
    return Outcome(not asleep, f"{saw}, and {', '.join(asleep)} would be disabled" if asleep else saw, "")


def _is_disabled(answers: Answers, driver: str) -> bool:
    try:
        start = answers.value(SERVICES + driver, START)
    except Unknown:
        return False  # only what is switched off here can be known to be off, and that has been asked
    return start is not None and start.data == _DISABLED


def _a_dialect_stays(act: Act, side: str) -> Outcome:
    """Row 2: a server without SMB1 needs SMB2, and so does a client; the defaults are on."""
    if side == "server":
        act.before.key(_SERVER)  # a change of an unknown key makes only itself known
        off = [name for name in ("SMB1", "SMB2") if _data(act.after.value(_SERVER, name)) == 0]
    else:
        drivers = ("mrxsmb10", "mrxsmb20")
        off = [one for one in drivers if _data(act.after.value(SERVICES + one, START)) == _DISABLED]
    return Outcome(len(off) < 2, f"off on the {side} side would be: {', '.join(off) or 'none'}", "")


def _suites_known(act: Act, limit: int) -> Outcome:
    """Row 4: only names that NT 6.0 knows, and no more characters than it reads."""
    for change in act.changes:
        text = _listed(change.after)
        names = [one.strip() for one in text.split(",") if one.strip()]
        unknown = [one for one in names if one not in suites()]
        if unknown or not names or len(text) > limit:
            saw = (
                f"NT 6.0 does not know {', '.join(unknown[:5])}" if unknown else f"the list has {len(text)} characters"
            )
            return Outcome(False, saw if names else "the list would be empty", "")
    return Outcome(True, "every name is one of NT 6.0", "")


def _tls12_on(act: Act, _argument: Any) -> Outcome:
    """Row 5: TLS 1.2 is off on NT 6.0 until both values say otherwise."""
    enabled, by_default = (act.after.value(_TLS12, name) for name in ("Enabled", "DisabledByDefault"))
    on = _data(enabled) in (1, 0xFFFFFFFF) and _data(by_default) == 0
    saw = f"TLS 1.2 would be {'on' if on else 'off'} on the server side"
    return Outcome(on, saw, "the control tls-tls12-server-on has to pass first")


def _login_keeps_token(act: Act, _argument: Any) -> Outcome:
    """Row 10 (KB951016): the filter is about local accounts; the built-in one has a switch of its own."""
    name, sid, local = _login(act.before)
    if not local:
        return Outcome(True, f"{name} is an account of the domain", "")
    act.before.key(_SYSTEM_POLICY)  # a change of an unknown key makes only itself known
    if sid.endswith("-500"):
        filtered = _data(act.after.value(_SYSTEM_POLICY, "FilterAdministratorToken")) == 1
        open_ = _data(act.after.value(_SYSTEM_POLICY, "LocalAccountTokenFilterPolicy")) == 1
        saw = f"{name} is the built-in Administrator, and its approval mode would be {'on' if filtered else 'off'}"
        return Outcome(open_ or not filtered, saw, "")
    open_ = _data(act.after.value(_SYSTEM_POLICY, "LocalAccountTokenFilterPolicy")) == 1
    return Outcome(open_, f"{name} is a local account, and not the built-in Administrator", "")


def _login_keeps_right(act: Act, _argument: Any) -> Outcome:
    """Row 12: one of the SIDs of this login has to be among those that keep the right."""
    mine = _my_names(act.before)
    for change in act.changes:
        kept = _accounts(change.after)
        if not kept & mine:
            saw = (
                f"{change.name} would be left to {', '.join(sorted(kept)) or 'nobody'}, and this login is none of them"
            )
            return Outcome(False, saw, "")
    return Outcome(True, "this login keeps the right", "")


def _login_not_denied(act: Act, _argument: Any) -> Outcome:
    """Row 12: a denial beats every grant."""
    mine = _my_names(act.before)
    hit = sorted(one for change in act.changes for one in _accounts(change.after) & mine)
    return Outcome(not hit, f"this login carries {', '.join(hit) or 'none of the denied accounts'}", "")


def _accounts_in_use_keep(act: Act, _argument: Any) -> Outcome:
    """Row 13: whoever loses the right must not be what a service or task runs as."""
    for change in act.changes:
        lost = _accounts(change.before) - _accounts(change.after)
        outcome = _concerned(act.before, change.name, lost, "would lose")
        if not outcome.holds:
            return outcome
    return Outcome(True, "no account that a service or task runs as loses the right", "")


def _accounts_in_use_not_denied(act: Act, _argument: Any) -> Outcome:
    for change in act.changes:
        denied = _accounts(change.after) - _accounts(change.before) - set(_GUESTS)
        outcome = _concerned(act.before, change.name, denied, "would be denied")
        if not outcome.holds:
            return outcome
    return Outcome(True, "no account that a service or task runs as is denied", "")


def _concerned(answers: Answers, right: str, concerned: set[str], what: str) -> Outcome:
    used = _in_use(answers, right)
    hit = {account: by for account, by in used.items() if account in concerned or _bare(account) in concerned}
    if hit:
        told = "; ".join(f"{account} ({', '.join(by[:3])})" for account, by in sorted(hit.items()))
        return Outcome(False, f"{right}: {what} {told}", "")
    people = sorted(account for account in used if not account.startswith("s-1-5-") or account.count("-") > 4)
    if concerned and people:
        who = ", ".join(sorted(concerned))
        saw = f"{right}: {who} {what}, and whether {', '.join(people)} counts by that cannot be told from here"
        return Outcome(None, saw, "")
    return Outcome(True, f"{right}: {', '.join(sorted(concerned)) or 'nobody'} {what}, and nothing runs as that", "")


def _login_is_another(act: Act, rid: int) -> Outcome:
    """Row 14: whoever is renamed or disabled must not be the account in use."""
    name, sid, local = _login(act.before)
    is_it = local and sid.endswith(f"-{rid}")
    return Outcome(not is_it, f"this connection uses {name}" + (", the built-in Administrator" if is_it else ""), "")


def _way_in_stays_open(act: Act, _argument: Any) -> Outcome:
    """Row 9: the port of this connection keeps a rule that lets it in, whatever the profile."""
    own = act.scene.surroundings.port
    ports = [own] if own else sorted(_WINRM_PORTS & act.before.listening_ports())
    rules = [
        rule
        for rule in act.after.firewall_rules()
        if rule.active and rule.allow and rule.inbound and rule.protocol in ("", "tcp") and not rule.profiles
    ]
    closed = [str(port) for port in ports if not any(rule.has_port(port) for rule in rules)]
    if not closed:
        return Outcome(True, f"port {', '.join(map(str, ports)) or 'of none'} stays open", "")
    return Outcome(False, f"no rule for every profile would be left that lets in port {', '.join(closed)}", "")


def _login_stays_administrator(act: Act, _argument: Any) -> Outcome:
    """Row 14: of those who stay one has to be this login, and what a group holds cannot be asked."""
    name, sid, local = _login(act.before)
    gone = {change.name.casefold() for change in act.changes}
    stay = [one.casefold() for one in act.before.members(act.changes[0].key) if one.casefold() not in gone]
    mine = {name.casefold(), sid} | ({_bare(name.casefold())} if local or act.before.role() == "dc" else set())
    if not stay:
        return Outcome(False, "nobody would be left in the group", "")
    if mine & set(stay):
        return Outcome(True, f"{name} stays in the group", "")
    if mine & gone or local:
        return Outcome(False, f"{_bare(name)} would no longer be in the group", "")
    if act.before.role() != "dc" and not any("\\" in one or one.startswith("s-1-") for one in gone):
        return Outcome(True, f"only accounts of the machine itself would go, and {name} is none", "")
    who = ", ".join(sorted(change.name for change in act.changes))
    return Outcome(None, f"whether one of those who would go ({who}) is a group that holds {name} is not known", "")


def _login_password_lasts(act: Act, _argument: Any) -> Outcome:
    """Row 14: a password that is older than the limit is refused at the next login; its age cannot be asked."""
    name, _sid, local = _login(act.before)
    if not local:
        return Outcome(True, f"{name} is an account of the domain, whose passwords the domain limits", "")
    own = act.before.probe("own_account")
    ends = own.get("password_expires")
    saw = f"the password of {name} {'may end' if ends else 'does not end'}, and its age cannot be asked from here"
    return Outcome(ends is False, saw if ends else f"the password of {name} does not end", "")


def _packages_kept(act: Act, wanted: list[str]) -> Outcome:
    """Row 17: only take away, and nothing that logon needs."""
    for change in act.changes:
        before, after = (
            [one.strip('"').casefold() for one in _texts(value)] for value in (change.before, change.after)
        )
        lost = [one for one in wanted if one in before and one not in after]
        new = [one for one in after if one and one not in before]
        if lost or new or not any(after):
            saw = f"{change.name} would lose {', '.join(lost) or 'nothing'} and get {', '.join(new) or 'nothing'} new"
            return Outcome(False, saw, "")
    return Outcome(True, "what logon needs stays in the list", "")


def _nobody_seen(act: Act, what: str) -> Outcome:
    """What is in use now, and what earlier runs saw in the last 30 days."""
    try:
        now = in_use.SEEN[what](act.before.snapshot)
    except in_use.NotKnown as error:
        raise Unknown(str(error)) from error
    seen = [*now, *(text for name, text in _remembered(act, what) if name not in now)]
    shown = "; ".join(seen[:5]) + (f" and {len(seen) - 5} more" if len(seen) > 5 else "")
    return Outcome(not seen, f"in use: {shown}" if seen else "nobody was seen", "")


def _remembered(act: Act, what: str) -> list[tuple[str, str]]:
    observed: Mapping[str, Any] = act.scene.surroundings.observed if what in _REMEMBERED else {}
    limit = _moment(str(act.before.snapshot.get("taken") or "")) - dt.timedelta(days=REMEMBERED_DAYS)
    rows = (observed.get("seen") or {}).get(what) or ()
    recent = [one for one in rows if _moment(str(one["last"])) >= limit]
    return [(str(one["what"]), f"{one['what']}, last seen {one['last']}") for one in recent]


def _moment(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return dt.datetime.max.replace(tzinfo=dt.UTC) - dt.timedelta(days=366)
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _login(answers: Answers) -> tuple[str, str, bool]:
    """Return name and SID of the account in use, and whether it is one of this machine."""
    held = answers.probe("login")
    name = str(held["name"])
    local = name.partition("\\")[0].casefold() == str(answers.probe("computer").get("name") or "").casefold()
    return name, str(held["sid"]).casefold(), local


def _my_names(answers: Answers) -> set[str]:
    held = answers.probe("login")
    name = str(held["name"]).casefold()
    sids = {str(one).casefold() for one in answers.probe("account").get("sids") or ()}
    return {name, _bare(name), str(held["sid"]).casefold(), *sids}


def _bare(account: str) -> str:
    return account.rpartition("\\")[2]


def _in_use(answers: Answers, right: str) -> dict[str, list[str]]:
    """Return what services and tasks run as, those of a right that is about one of the two only; SYSTEM left out."""
    used: dict[str, list[str]] = {}
    if "Batch" not in right:
        for name, about in answers.probe("services").items():
            if about.get("start") != "disabled" and about.get("account"):
                used.setdefault(_account(str(about["account"])), []).append(f"service {name}")
    if "Service" not in right:
        for one in answers.probe("tasks"):
            if one.get("user") and str(one.get("logon") or "").casefold() in ("", *_BATCH_LOGONS):
                used.setdefault(_account(str(one["user"])), []).append(f"task {one.get('task') or '?'}")
    return {account: by for account, by in used.items() if account not in _SYSTEM_SIDS}


def _account(written: str) -> str:
    folded = written.removeprefix(".\\").casefold()
    return _BUILT_IN.get(folded, folded)


def _accounts(value: Value | None) -> set[str]:
    return {one.removeprefix("*").casefold() for one in _texts(value)}


def _texts(value: Value | None) -> tuple[str, ...]:
    return value.data if value is not None and isinstance(value.data, tuple) else ()


def _listed(value: Value | None) -> str:
    return ",".join(_texts(value)) or (str(value.data) if value is not None and not _texts(value) else "")


def _data(value: Value | None) -> Any:
    return None if value is None else value.data


def _services(*names: str) -> tuple[str, ...]:
    return tuple(SERVICES + name for name in names)


WATCHES: Mapping[str, Watched] = {
    "dependencies_start": Watched(
        _dependencies_start, _services("LanmanWorkstation", "mrxsmb10", "mrxsmb20", "Bowser", "nsi")
    ),
    "a_dialect_stays": Watched(_a_dialect_stays, (_SERVER, *_services("mrxsmb10", "mrxsmb20"))),
    "suites_known": Watched(_suites_known),
    "tls12_on": Watched(_tls12_on, (_TLS12,)),
    "login_keeps_token": Watched(_login_keeps_token, (_SYSTEM_POLICY,)),
    "login_keeps_right": Watched(_login_keeps_right),
    "login_not_denied": Watched(_login_not_denied),
    "accounts_in_use_keep": Watched(_accounts_in_use_keep),
    "accounts_in_use_not_denied": Watched(_accounts_in_use_not_denied),
    "login_is_another": Watched(_login_is_another),
    "way_in_stays_open": Watched(_way_in_stays_open, (firewall.RULES, firewall.POLICY_RULES)),
    "login_stays_administrator": Watched(_login_stays_administrator),
    "login_password_lasts": Watched(_login_password_lasts),
    "packages_kept": Watched(_packages_kept),
    "nobody_seen": Watched(_nobody_seen, in_use.KEYS),
}
