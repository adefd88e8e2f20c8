# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controls about firewall rules, read from the registry and written with netsh (private to this collection).

Rules of Group Policy are read as well. Which addresses manage a site only the site can say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..._change.values import Change, Kind, Value
from ..._console import firewall
from ..._console.firewall import Rule
from .. import rule_states
from ..answers import Answers
from ..findings import Judged, Status
from ..records import Control
from .checks import CheckOnly
from .reads import Reads

_KEYS = (firewall.RULES, firewall.POLICY_RULES)
_WINRM = {5985, 5986}
OURS = "sunset.ws2008 "
_NO_ADDRESSES = "the site's own addresses, which it did not give"


class FirewallRuleMechanism(CheckOnly):
    """`firewall_rule`: the site's addresses come in to every one of the ports that something listens on."""

    def reads(self, control: Control) -> Reads:
        """Return both stores, and where WinRM listens when the record is about WinRM."""
        return Reads(keys=_KEYS, settings=("winrm_listeners",) if _is_about_winrm(control) else ())

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Look for rules that open each port to the addresses, and with `exclusive` for those that open it to more."""
        addresses = _addresses(control)
        if addresses is None:
            return Judged(Status.NOTCHECKED, "not judged", _NO_ADDRESSES, (_NO_ADDRESSES,))
        ports, rules = self._ports(control, answers), self._rules(control, answers)
        if not ports:
            return Judged(Status.NOTAPPLICABLE, "nothing listens there", "nothing to set", ("netstat shows none",))
        closed = [port for port in ports if not any(_opens(rule, port, addresses) for rule in rules)]
        wide = self._wide(control, rules, ports, addresses)
        words = [f"no rule for port {port}" for port in closed] + [f"open to more: {name}" for name in wide]
        seen = tuple(f"{rule.name}: {rule.words()}" for rule in rules if any(map(rule.has_port, ports)))
        expected = f"{control.settings['direction']} {', '.join(map(str, ports))} for {', '.join(sorted(addresses))}"
        status = Status.FAIL if words else Status.PASS
        return Judged(status, "; ".join(words) or "open as wanted", expected, seen or ("no rule is about them",))

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return our own rule for all of the ports, where one of them has none."""
        addresses = _addresses(control)
        if addresses is None:
            return ()
        ports, rules = self._ports(control, answers), self._rules(control, answers)
        if all(any(_opens(rule, port, addresses) for rule in rules) for port in ports):
            return ()
        name = f"{OURS}{control.id}"
        profile = control.settings["profile"]
        wanted = Rule(
            name,
            active=True,
            allow=control.settings["action"] == "allow",
            inbound=control.settings["direction"] == "in",
            protocol=control.settings["protocol"],
            ports=frozenset(map(str, ports)),
            remote=addresses,
            profiles=frozenset() if profile == "any" else frozenset((profile,)),
            group="",
            program="",
            service="",
        )
        before = answers.setting(Kind.FIREWALL, firewall.RULES, name)
        after = Value("TEXT", wanted.words())
        return (Change(control.id, firewall.RULES, name, before, after, Kind.FIREWALL),)

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Rules that somebody made are not taken from him."""
        if self.changes(control, answers) or self.judge(control, answers).status is not Status.FAIL:
            return ""
        return "rules that are open to more addresses belong to somebody; narrow or disable them by hand"

    @staticmethod
    def _ports(control: Control, answers: Answers) -> list[int]:
        """Return the ports in use; WinRM 1.1 listens on 80 and 443, and an administrator may have moved it."""
        own = [int(one["Port"]) for one in answers.probe("winrm_listeners")] if _is_about_winrm(control) else []
        named = dict.fromkeys((*control.settings["ports"], *own))
        return [port for port in named if port in answers.listening_ports()]

    @staticmethod
    def _rules(control: Control, answers: Answers) -> list[Rule]:
        settings = control.settings
        return [
            rule
            for rule in answers.firewall_rules()
            if rule.active
            and rule.allow is (settings["action"] == "allow")
            and rule.inbound is (settings["direction"] == "in")
            and rule.protocol in ("", settings["protocol"])
            and (not rule.profiles or settings["profile"] in rule.profiles)
        ]

    @staticmethod
    def _wide(control: Control, rules: Iterable[Rule], ports: list[int], addresses: frozenset[str]) -> list[str]:
        if not control.settings.get("exclusive"):
            return []
        meant = [rule for rule in rules if any(map(rule.has_port, ports))]
        return [rule.name for rule in meant if not rule.remote or not rule.remote <= addresses]


class FirewallRulesetMechanism(CheckOnly):
    """`firewall_ruleset`: what a site opens and nothing else, by the names of the rules."""

    def reads(self, control: Control) -> Reads:
        """Return both stores."""
        return Reads(keys=_KEYS)

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Name every enabled rule of the direction that allows and is not in the site's list; without one, show all."""
        inbound = control.settings["direction"] == "in"
        open_ = [rule for rule in answers.firewall_rules() if rule.active and rule.allow and rule.inbound is inbound]
        seen = tuple(f"{rule.name}: {rule.words()}" for rule in open_)
        listed = control.settings.get("value")
        if listed is None:
            return Judged(Status.NOTCHECKED, f"{len(open_)} rules allow", "only what the site lists", seen or ("none",))
        known = {str(one).casefold() for one in listed}
        left = [rule.name for rule in open_ if not _is_listed(rule, known)]
        observed = ", ".join(dict.fromkeys(left)) or "no other rule allows"
        return Judged(Status.FAIL if left else Status.PASS, observed, "only what the site lists", seen or ("none",))

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return one change for each name that goes; all rules of it go, because netsh knows no other way."""
        names = dict.fromkeys(firewall.state_name(rule) for rule in self._left(control, answers, firewall.RULES))
        return tuple(
            Change(
                control.id,
                firewall.RULES,
                name,
                answers.setting(Kind.RULE_STATE, firewall.RULES, name),
                Value("TEXT", rule_states.OFF),
                Kind.RULE_STATE,
            )
            for name in names
        )

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Name the rules that netsh cannot switch without harm."""
        if control.settings.get("value") is None:
            return ""
        policy = self._left(control, answers, firewall.POLICY_RULES)
        own = self._left(control, answers, firewall.RULES)
        translated = [rule for rule in own if rule.name.startswith("@")]
        names = {firewall.state_name(rule).casefold() for rule in own}
        twins = [
            rule
            for rule in answers.firewall_rules(firewall.RULES)
            if firewall.state_name(rule).casefold() in names and not (rule.active and rule.allow)
        ]
        told = (
            (policy, "these rules come from Group Policy and are switched off there: {}"),
            (translated, "netsh knows these rules by a translated name only; switch them off by hand: {}"),
            (twins, "other rules of the same name and direction would be switched as well, so rename them first: {}"),
        )
        return "; ".join(words.format(_names(rules)) for rules, words in told if rules)

    @staticmethod
    def _left(control: Control, answers: Answers, store: str) -> list[Rule]:
        known = {str(one).casefold() for one in control.settings.get("value") or ()}
        inbound = control.settings["direction"] == "in"
        return [
            rule
            for rule in answers.firewall_rules(store)
            if rule.active and rule.allow and rule.inbound is inbound and not _is_listed(rule, known)
        ]


class FirewallScopeMechanism(CheckOnly):
    """`firewall_scope`: no rule of this sort is open to every address."""

    def reads(self, control: Control) -> Reads:
        """Return both stores."""
        return Reads(keys=_KEYS)

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Name the rules that are."""
        rules = [rule for rule in answers.firewall_rules() if rule.active and rule.allow and rule.inbound]
        wide = [rule for rule in rules if not rule.remote and _is_meant(control, rule)]
        seen = tuple(f"{rule.name}: {rule.words()}" for rule in wide)
        observed = "; ".join(rule.name for rule in wide) or "none is open to all"
        return Judged(
            Status.FAIL if wide else Status.PASS, observed, "open to named addresses only", seen or (observed,)
        )


def _is_listed(rule: Rule, known: Collection[str]) -> bool:
    """A rule of ours stands for another control, and is nobody's to list."""
    return rule.name.casefold() in known or rule.name.startswith(OURS)


def _names(rules: Iterable[Rule]) -> str:
    return ", ".join(dict.fromkeys(rule.name for rule in rules))


def _is_about_winrm(control: Control) -> bool:
    return bool(_WINRM & set(control.settings["ports"]))


def _is_meant(control: Control, rule: Rule) -> bool:
    settings = control.settings
    if settings.get("any_to_any"):
        return not rule.program and not rule.service and (not rule.protocol or not rule.ports)
    if "groups" in settings:
        return rule.group in settings["groups"]
    return rule.protocol in ("", "tcp") and any(rule.has_port(port) for port in settings["ports"])


def _addresses(control: Control) -> frozenset[str] | None:
    given = control.settings.get("value")
    return None if given is None else frozenset(firewall.address(str(one)) for one in given)


def _opens(rule: Rule, port: int, addresses: frozenset[str]) -> bool:
    return rule.has_port(port) and (not rule.remote or addresses <= rule.remote)
