# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Installs and activates a key for Extended Security Updates (private to this collection).

All of it goes through the WMI methods of the licensing service (vendor guide to volume activation on Vista and Server
2008, appendix 1), never through slmgr: a key in a command line is there for every user and every log of the machine to
read. The key travels in one message to `InstallProductKey` and is written down nowhere, here or there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._host.ladder import Done, Rung, judge_ladder
from .._host.probes import ESU_ACTIVATION_IDS
from .._host.readers import licences as read_rows
from .._host.typed import Row, flag, number, required, text
from .._target.session import ProtocolFault, Session, TargetError, TimedOut
from .._target.settings import Encryption, Settings
from .errors import ServicingError
from .esu import Licence, licences
from .licence_results import Refusal, explain
from .plan import refuse_strangers

PRODUCT, SERVICE = "SoftwareLicensingProduct", "SoftwareLicensingService"
_KEY = re.compile(r"^[A-Z0-9]{5}(?:-[A-Z0-9]{5}){4}$")
_CONFIRMATION = (42, 48)  # digits; groups of six, seven of them before and eight since Vista (memory)
_PROPERTIES = "ID,Name,LicenseFamily,LicenseIsAddon,LicenseStatus,PartialProductKey,GracePeriodRemaining"
_WHERE = " OR ".join([*(f"ID='{one}'" for one in ESU_ACTIVATION_IDS), "PartialProductKey IS NOT NULL"])
_BEFORE = (Rung.SERVICE_PACK, Rung.STACK, Rung.SHA2, Rung.RESTARTED, Rung.PREPARATION)
_PREPARE = "run sunset.ws2008.updates with the target esu_preparation first"

Say = Callable[[str], None]


class BadKey(ServicingError):
    """The key or the confirmation id is none; the message never shows it."""


class LicensingError(ServicingError):
    """A step of the licensing service failed, or must not be taken."""


@dataclass(frozen=True)
class ProductKey:
    """A product key that shows itself to nobody. Raises `BadKey` when it has not the form of one."""

    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _KEY.match(self.secret):
            raise BadKey(
                "the option key is not of the form XXXXX-XXXXX-XXXXX-XXXXX-XXXXX (five groups of five letters or "
                "digits); look at the variable that it comes from"
            )

    @classmethod
    def of(cls, given: str) -> ProductKey:
        """Return the key that somebody typed, in small letters or with blanks around it too."""
        return cls(given.strip().upper())

    @property
    def tail(self) -> str:
        """The five characters that Windows shows of a key."""
        return self.secret[-5:]

    def __str__(self) -> str:
        return "a product key (not shown)"


def confirmation_id(given: str) -> str:
    """Return a confirmation id as digits; blanks and dashes between its groups do not matter."""
    digits = re.sub(r"[\s-]", "", given)
    if not digits.isascii() or not digits.isdigit() or len(digits) not in _CONFIRMATION:
        raise BadKey(
            "confirmation_id is not the number that the telephone service gives (eight groups of six digits): "
            f"{len(digits)} characters are left of it without blanks and dashes"
        )
    return digits


@dataclass(frozen=True)
class Products:
    """The licensed products of a machine: the ESU add-ons, and the end of the key of Windows itself."""

    addons: tuple[Licence, ...]
    windows_key: str | None

    def with_key(self) -> list[Licence]:
        """Return the add-ons that have a key."""
        return [one for one in self.addons if one.partial_key]

    def by_tail(self, tail: str) -> Licence | None:
        """Return the add-on whose key ends so."""
        return next((one for one in self.addons if one.partial_key == tail), None)

    def by_id(self, identifier: str) -> Licence | None:
        """Return the add-on with this activation id."""
        return next((one for one in self.addons if one.id == identifier.lower()), None)


@dataclass(frozen=True)
class Wish:
    """What is wanted: a key in and active, what is there activated, or (`absent`) the key of an add-on out.

    `telephone` does not try the internet, and leaves an add-on without a `confirmation` id as it is.
    """

    key: ProductKey | None = None
    confirmation: str | None = None
    telephone: bool = False
    activation_id: str | None = None
    absent: bool = False


@dataclass
class Outcome:
    """What was done, or in check mode would be, in words; the add-ons before and after; a number for the telephone."""

    before: tuple[Licence, ...]
    after: tuple[Licence, ...] = ()
    done: list[str] = field(default_factory=list)
    installation_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a result."""
        return {
            "changed": bool(self.done),
            "done": list(self.done),
            "before": [one.to_json() for one in self.before],
            "after": [one.to_json() for one in self.after],
            "installation_id": self.installation_id,
        }

    def difference(self, check: bool) -> dict[str, str]:
        """Return the add-ons before and after as diff mode shows them; what check mode cannot know is put in words."""
        after = _lines(self.after) + "".join(f"(would: {one})\n" for one in self.done if check)
        return {"before": _lines(self.before), "after": after}


def _lines(addons: Iterable[Licence]) -> str:
    return "".join(f"{one.title}: {one.state}\n" for one in addons)


def refuse(snapshot: Mapping[str, Any], wish: Wish) -> None:
    """Raise `ServicingError` for a machine whose licences are not to be changed as wished.

    Another Windows is refused whatever is wished: Server 2008 R2 has add-ons with the same activation ids.
    """
    refuse_strangers(snapshot)
    if not wish.absent:
        _refuse_unprepared(snapshot)


def _refuse_unprepared(snapshot: Mapping[str, Any]) -> None:
    """Raise `LicensingError` unless everything that has to be there before a key is there; unknown is not there."""
    steps = {step.rung: step for step in judge_ladder(dict(snapshot)).steps}
    for rung in _BEFORE:
        step = steps[rung]
        if step.done is Done.YES:
            continue
        if rung is Rung.RESTARTED and step.done is Done.NO:
            raise LicensingError(f"{step.sentence} Restart the machine before a key goes in (sunset.ws2008.reboot)")
        doubt = "" if step.done is Done.NO else f"; whether it is there could not be read ({'; '.join(step.unknown)})"
        raise LicensingError(
            f"no key goes in before the machine is prepared for it. {step.sentence.rstrip('.')}{doubt}: {_PREPARE}"
        )


def refuse_clear_text(session: Session) -> None:
    """Raise `LicensingError` where a key would travel unencrypted."""
    settings = getattr(session, "settings", None)
    if isinstance(settings, Settings) and settings.scheme == "http" and settings.encryption is Encryption.NEVER:
        raise LicensingError(
            f"messages to {settings.host} travel in the clear, and a key is not sent that way: leave "
            "ansible_winrm_message_encryption unset, or use https"
        )


def bring(session: Session, wish: Wish, check: bool, say: Say) -> Outcome:
    """Do what is wished, or say what would be done; nothing happens to what is as wished already."""
    desk = _Desk(session, say, wish.key)
    found = desk.products()
    outcome = Outcome(found.addons, found.addons)
    if wish.absent:
        _remove(desk, found, wish, check, outcome)
    else:
        _activate(desk, found, wish, check, outcome)
    return outcome


def _remove(desk: _Desk, found: Products, wish: Wish, check: bool, outcome: Outcome) -> None:
    """Take out the key of the one add-on that is named, or that alone has one."""
    wanted = [one for one in found.with_key() if wish.activation_id in (None, one.id)]
    if not wanted:
        return
    if len(wanted) > 1:
        names = ", ".join(f"{one.title} ({one.id})" for one in wanted)
        raise LicensingError(f"several add-ons have a key: {names}; name one of them with activation_id")
    outcome.done.append(f"remove the key of {wanted[0].title}")
    if not check:
        desk.call(PRODUCT, "UninstallProductKey", {}, {"ID": wanted[0].id}, f"removing the key of {wanted[0].title}")
        desk.refresh()
        outcome.after = desk.products().addons
        if any(one.id == wanted[0].id and one.partial_key for one in outcome.after):
            raise LicensingError(f"the key of {wanted[0].title} is still there although Windows reported no error")


def _activate(desk: _Desk, found: Products, wish: Wish, check: bool, outcome: Outcome) -> None:
    """Install the key unless its end is there, then activate what has it unless that is active."""
    if wish.key is None:
        addon = _the_only(found, wish.activation_id)
    else:
        known = found.by_tail(wish.key.tail)
        if known is None:
            outcome.done.append("install the key")
            if check:
                outcome.done.extend([] if wish.telephone else ["activate the add-on that it is for"])
                return
            known = desk.install(wish.key, found)
            outcome.after = desk.products().addons
        addon = known
    if addon.active:
        return
    if wish.telephone and not wish.confirmation:
        outcome.installation_id = desk.installation_id(addon)
        return
    outcome.done.append(f"activate {addon.title}" + (" with the confirmation id" if wish.confirmation else ""))
    if check:
        return
    try:
        desk.activate(addon, wish.confirmation)
        outcome.after = desk.products().addons
        now = next((one for one in outcome.after if one.id == addon.id), addon)
        if not now.active:
            raise LicensingError(f"Windows reported no error, and {now.title} is not active: {now.state}")
    except LicensingError as error:
        raise _with_facts(error, desk, addon, outcome) from None


def _the_only(found: Products, activation_id: str | None) -> Licence:
    """Return the add-on to activate without a new key: the one named, the one that is not active, or the active one."""
    with_key = [one for one in found.with_key() if activation_id in (None, one.id)]
    if not with_key:
        raise LicensingError(
            "no add-on for Extended Security Updates has a key, so there is nothing to activate: give the task the key"
        )
    idle = [one for one in with_key if not one.active]
    if len(idle) > 1:
        names = ", ".join(f"{one.title} ({one.id})" for one in idle)
        raise LicensingError(f"several add-ons wait for their activation: {names}; name one of them with activation_id")
    return (idle or with_key)[0]


def _with_facts(error: LicensingError, desk: _Desk, addon: Licence, outcome: Outcome) -> LicensingError:
    """Add to a failed activation what the telephone service asks for, and what was done before it failed."""
    details = {
        **error.details,
        "installation_id": desk.installation_id(addon),
        "before": [one.to_json() for one in outcome.before],
    }
    done = [one for one in outcome.done if not one.startswith("activate ")]
    details["changed"] = bool(done)
    details["done"] = done
    return LicensingError(str(error), details)


class _Desk:
    """The licensing service of a machine: its rows and its methods, with every answer turned into a sentence."""

    def __init__(self, session: Session, say: Say, key: ProductKey | None) -> None:
        self._session = session
        self._say = say
        self._secret = key.secret if key else None
        self._version: str | None = None

    def products(self) -> Products:
        """Return the add-ons, and the end of the key that Windows itself has."""
        rows: list[Row] = list(self._session.query(f"SELECT {_PROPERTIES} FROM {PRODUCT} WHERE {_WHERE}"))
        own = [
            text(row, "PartialProductKey")
            for row in rows
            if not flag(row, "LicenseIsAddon") and required(row, "ID").lower() not in ESU_ACTIVATION_IDS
        ]
        addons = licences(read_rows(rows, ESU_ACTIVATION_IDS)) or ()
        return Products(addons, next((one for one in own if one), None))

    def install(self, key: ProductKey, before: Products) -> Licence:
        """Install a key and return the add-on that took it."""
        self._say("installing the key")
        self.call(SERVICE, "InstallProductKey", {"ProductKey": key.secret}, {"Version": self._service()}, "the key")
        after = self.products()
        addon = after.by_tail(key.tail)
        if addon is not None:
            return addon
        if after.windows_key != before.windows_key:
            raise LicensingError(
                "the key was none for Extended Security Updates: it went in as the key of Windows itself, in the "
                f"place of the one that ended in {before.windows_key}. Put that one back (slmgr.vbs on the machine)",
                {"changed": True},
            )
        raise LicensingError(
            "Windows took the key without an error, and no add-on for Extended Security Updates shows it"
        )

    def activate(self, addon: Licence, confirmation: str | None) -> None:
        """Activate an add-on over the internet, or with the number that the telephone service gave."""
        what = {"ID": addon.id}
        if confirmation is None:
            self._say(f"activating {addon.title}; this can take a minute")
            self.call(PRODUCT, "Activate", {}, what, f"activating {addon.title}")
        else:
            self._say(f"depositing the confirmation id for {addon.title}")
            given = {"InstallationId": self.installation_id(addon) or "", "ConfirmationId": confirmation}
            self.call(PRODUCT, "DepositOfflineConfirmationId", given, what, f"activating {addon.title}")
        self.refresh()

    def refresh(self) -> None:
        """Have the licensing service look again, so that updates see what changed."""
        self.call(SERVICE, "RefreshLicenseStatus", {}, {"Version": self._service()}, "refreshing the licence status")

    def installation_id(self, addon: Licence) -> str | None:
        """Return the number that a telephone activation starts with; None where Windows gives none."""
        try:
            rows = self._session.query(f"SELECT OfflineInstallationId FROM {PRODUCT} WHERE ID='{addon.id}'")
        except TargetError:
            return None
        return text(rows[0], "OfflineInstallationId") if rows else None

    def call(
        self, class_name: str, method: str, arguments: Mapping[str, object], selectors: Mapping[str, str], what: str
    ) -> None:
        """Call a method; a code of the licensing service comes as a fault or as the return value, so both are read."""
        try:
            answer = self._session.invoke(class_name, method, arguments, selectors)
        except TimedOut:
            raise LicensingError(
                f"{what}: the licensing service did not answer in time; run the task again, it goes on from there"
            ) from None
        except ProtocolFault as error:
            if not _is_licensing(error.code):
                raise LicensingError(self._scrubbed(str(error))) from None
            raise _refused(what, explain(int(error.code or 0))) from None
        except TargetError as error:
            if self._secret and self._secret in str(error):
                raise type(error)(self._scrubbed(str(error))) from None
            raise
        code = number(answer, "ReturnValue") or 0
        if code:
            raise _refused(what, explain(code))

    def _service(self) -> str:
        if self._version is None:
            rows = self._session.query(f"SELECT Version FROM {SERVICE}")
            if not rows:
                raise LicensingError(
                    "the machine has no licensing service that WMI knows of, so no key can be installed"
                )
            self._version = required(rows[0], "Version")
        return self._version

    def _scrubbed(self, said: str) -> str:
        return said.replace(self._secret, "(the key)") if self._secret else said


def _is_licensing(code: int | None) -> bool:
    """Tell a code of the licensing service or of its way to the internet from one of WS-Man or WMI."""
    return code is not None and (code & 0xFFFF0000) in (0xC0040000, 0x80070000)


def _refused(what: str, why: Refusal) -> LicensingError:
    return LicensingError(
        f"{what} was refused with {why.sentence}", {"code": f"0x{why.code:08X}", "offline": why.offline}
    )
