# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controls of the security policy: account rules, Kerberos, user rights, audit (private to this collection).

Account rules and rights come and go as security templates, where names are English and accounts are SIDs; the audit
policy by GUID and number. Nothing here depends on the language of the machine.
"""

from __future__ import annotations

from ..._change.values import Change, Data, Kind, Value
from ..._console import secedit
from ..._host.settings import AUDIT_PLACE
from ..._target.names import nearest
from ..answers import Answers, Unknown
from ..findings import Judged, Status
from ..operators import OPERATORS
from ..records import Control, RecordError
from .reads import Reads

_REPORT = "report"
_AUDITED = {0: "nothing", 1: "success", 2: "failure", 3: "success and failure"}
_BOTH = 3
# Bits of a language's number (LANGID) that say which one it is, without its region; 9 is English.
_PRIMARY = 0x3FF
_ENGLISH = 9


class PolicyMechanism:
    """`secedit_system_access` and `secedit_kerberos`: one line of a template. See `mechanisms.Mechanism`."""

    def __init__(self, section: str) -> None:
        self._section = section

    def check_record(self, control: Control) -> None:
        """Raise `RecordError` for an operator that does not exist."""
        operator = control.settings["operator"]
        if operator not in OPERATORS:
            raise RecordError(f"operator {operator!r} is not known; {nearest(operator, OPERATORS)}")

    def reads(self, control: Control) -> Reads:
        """Return the export of the policy."""
        return Reads(settings=("security",))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare; a line that the export leaves out is not in force."""
        name, wanted = control.settings["name"], control.settings["value"]
        operator = OPERATORS[control.settings["operator"]]
        value = answers.setting(Kind.SECURITY, self._section, name)
        says = operator.says.format(wanted) + "".join(f" or {one}" for one in control.settings.get("also_accept", ()))
        holds = self._holds(control, value)
        if holds:
            _translated(control, answers)
        seen = f"{name} {'absent' if value is None else f'= {value}'}"
        return Judged(Status.PASS if holds else Status.FAIL, seen, f"{name} {says}", (f"[{self._section}] {seen}",))

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return the line as it should be."""
        name, wanted = control.settings["name"], control.settings["value"]
        value = answers.setting(Kind.SECURITY, self._section, name)
        if self._holds(control, value) or self.obstacle(control, answers):
            return ()
        goal = control.settings.get("set", wanted)
        after = Value("NUMBER" if isinstance(goal, int) else "TEXT", goal)
        return (Change(control.id, self._section, name, value, after, Kind.SECURITY),)

    def obstacle(self, control: Control, answers: Answers) -> str:
        """A new name for an account is for the site to choose."""
        if control.settings["operator"] == "ne_ci":
            new = control.settings.get("set")
            return "" if new else "the new name is for the site to choose; rename the account by hand"
        return ""

    def _holds(self, control: Control, value: Value | None) -> bool:
        if value is None:
            return False
        also = value.data in control.settings.get("also_accept", ())
        if any(str(value.data).casefold() == one["name"].casefold() for one in control.settings.get("elsewhere", ())):
            return False
        return also or OPERATORS[control.settings["operator"]].holds(value.data, control.settings["value"])


def _translated(control: Control, answers: Answers) -> None:
    """Raise `Unknown` where Windows of this language has a word of its own that is not known here."""
    told = control.settings.get("elsewhere")
    if not told:
        return
    language = int(answers.probe("os").get("language") or 0) & _PRIMARY
    if language not in (_ENGLISH, *(one["language"] for one in told)):
        raise Unknown(
            f"what Windows of the language {language} calls by the name {control.settings['value']} is not known here: "
            f"compare {control.settings['name']} with it by hand"
        )


class RightMechanism:
    """`user_right`: who holds it, by SID. A right that the export does not name is held by nobody."""

    def check_record(self, control: Control) -> None:
        """Raise `RecordError` for an operator that does not exist."""
        if control.settings["operator"] not in OPERATORS:
            raise RecordError(f"operator {control.settings['operator']!r} is not known")

    def reads(self, control: Control) -> Reads:
        """Return the export of the policy."""
        return Reads(settings=("security",))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare the holders with the record's; on a domain controller with those for one."""
        right, value = control.settings["right"], self._held(control, answers)
        wanted = self._wanted(control, answers)
        says = OPERATORS[control.settings["operator"]].says.format(", ".join(wanted) or "nobody")
        seen = f"{right}: {value}"
        if control.settings["operator"] == _REPORT:
            return Judged(Status.NOTCHECKED, seen, "shown only", (seen,))
        status = Status.PASS if self._holds(control, value.data, wanted) else Status.FAIL
        return Judged(status, seen, f"{right}: {says}", (seen,))

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Take away who may not hold it, or add who must; everybody else keeps it."""
        value, wanted = self._held(control, answers), self._wanted(control, answers)
        if control.settings["operator"] == _REPORT or self._holds(control, value.data, wanted):
            return ()
        goal = OPERATORS[control.settings["operator"]].goal(value.data, wanted)
        after = Value("ACCOUNTS", goal if isinstance(goal, tuple) else ())
        return (Change(control.id, secedit.RIGHTS, control.settings["right"], value, after, Kind.SECURITY),)

    def obstacle(self, control: Control, answers: Answers) -> str:
        """There is none."""
        return ""

    @staticmethod
    def _held(control: Control, answers: Answers) -> Value:
        held = answers.setting(Kind.SECURITY, secedit.RIGHTS, control.settings["right"])
        return held or Value("ACCOUNTS", ())

    @staticmethod
    def _wanted(control: Control, answers: Answers) -> tuple[str, ...]:
        field = "sids_dc" if "sids_dc" in control.settings and answers.role() == "dc" else "sids"
        own = control.settings.get("site_sids", ())
        return tuple(dict.fromkeys((*control.settings[field], *own)))

    @staticmethod
    def _holds(control: Control, held: Data, wanted: tuple[str, ...]) -> bool:
        if control.settings["operator"] == "eq":
            return isinstance(held, tuple) and {one.casefold() for one in held} == {one.casefold() for one in wanted}
        return OPERATORS[control.settings["operator"]].holds(held, wanted)


class AuditMechanism:
    """`auditpol`: one subcategory; `at_least` keeps what is audited beyond the wish."""

    def check_record(self, control: Control) -> None:
        """The schema says it all."""

    def reads(self, control: Control) -> Reads:
        """Return the audit policy."""
        return Reads(settings=("audit",))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare the bits."""
        found = _audited(answers, control.settings["subcategory"])
        if found is None:
            return Judged(Status.NOTAPPLICABLE, "no such subcategory", "nothing to set", ("this Windows has it not",))
        seen = _AUDITED[found]
        if control.settings["operator"] == _REPORT:
            return Judged(Status.NOTCHECKED, seen, "shown only", (seen,))
        wanted = control.settings["value"]
        least = "at least " if control.settings["operator"] == "at_least" else ""
        status = Status.PASS if self._goal(control, found) == found else Status.FAIL
        evidence = (f"{control.settings['subcategory']} = {found}",)
        return Judged(status, seen, least + _AUDITED[wanted], evidence)

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return the number as it should be."""
        guid, found = control.settings["subcategory"].upper(), _audited(answers, control.settings["subcategory"])
        if found is None or control.settings["operator"] == _REPORT or self._goal(control, found) == found:
            return ()
        before, after = Value("NUMBER", found), Value("NUMBER", self._goal(control, found))
        return (Change(control.id, AUDIT_PLACE, guid, before, after, Kind.AUDIT),)

    def obstacle(self, control: Control, answers: Answers) -> str:
        """There is none."""
        return ""

    @staticmethod
    def _goal(control: Control, found: int) -> int:
        wanted = int(control.settings["value"])
        return (found | wanted) & _BOTH if control.settings["operator"] == "at_least" else wanted


class AuditReportMechanism:
    """`auditpol_report`: shown, never changed."""

    def check_record(self, control: Control) -> None:
        """The schema says it all."""

    def reads(self, control: Control) -> Reads:
        """Return the audit policy."""
        return Reads(settings=("audit",))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Show each subcategory."""
        found = {guid: _audited(answers, guid) for guid in control.settings["subcategories"]}
        seen = tuple(f"{guid}: {_AUDITED[value]}" for guid, value in found.items() if value is not None)
        loud = sum(1 for value in found.values() if value)
        return Judged(Status.NOTCHECKED, f"{loud} of {len(seen)} are audited", "shown only", seen)

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Never."""
        return ()

    def obstacle(self, control: Control, answers: Answers) -> str:
        """It is never tried."""
        return "it is shown only"


def _audited(answers: Answers, guid: str) -> int | None:
    value = answers.setting(Kind.AUDIT, AUDIT_PLACE, guid)
    return value.data if value is not None and isinstance(value.data, int) else None
