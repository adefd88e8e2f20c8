# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keys for Extended Security Updates on a model machine: what goes in, what is refused, and where the key never is."""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.connection.twin import TwinSession, Wire
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import licence, licence_results
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import ServicingError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.esu import entitlement_of
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.licence import (
    BadKey,
    LicensingError,
    ProductKey,
    Wish,
    bring,
    confirmation_id,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import ProtocolFault, TimedOut
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import Encryption, Login, Settings
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.twin import build


def fake(letter: str) -> str:
    """Return something of a key's form that is none: one letter only."""
    return "-".join([letter * 5] * 5)


YEAR_1, YEAR_2, OTHER = fake("A"), fake("B"), fake("C")
PREPARED = ("KB4493730:6.0.1.0", "KB4474419:6.0.4.0", "KB5016891:6.0.1.0")
CODE_SIGNING = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Servicing\Codesigning\SHA2"
TELEPHONE = "1" * 48
MACHINES: weakref.WeakKeyDictionary[TwinSession, Machine] = weakref.WeakKeyDictionary()


def session(*packages: str, locale: str = "en-US", **twin: Any) -> TwinSession:
    """Return a session with a model machine that has these packages."""
    rows = [
        {"identity": f"Package_for_{kb}~31bf3856ad364e35~amd64~~{version}", "state": 7}
        for kb, version in (package.split(":") for package in packages or PREPARED)
    ]
    dword = {"type": "REG_DWORD", "data": 1}
    answers: dict[str, Any] = {
        "os": {"version": "6.0.6002", "build": 6002, "arch": "x64"},
        "packages": rows,
        "stack": ["6.0.6002.18005", "6.0.6003.20484"],
    }
    if any("KB4474419" in package for package in packages or PREPARED):
        names = ("SHA2-Codesigning-Support", "SHA2-Core-Codesigning-Support")
        answers["registry"] = {CODE_SIGNING: dict.fromkeys(names, dword)}
    knobs = {"esu_keys": {YEAR_1: 1, YEAR_2: 2}, "confirmation_ids": [TELEPHONE], "locale": locale, **twin}
    return on(build({"answers": answers, "twin": knobs}, clock=VirtualClock()))


def on(machine: Machine) -> TwinSession:
    """Return a session with a machine that stays within reach of the test."""
    one = TwinSession("server", machine, lambda line: None)
    MACHINES[one] = machine
    return one


def want(one: TwinSession, key: str | None = YEAR_1, check: bool = False, **more: Any) -> licence.Outcome:
    return bring(one, Wish(ProductKey.of(key) if key else None, **more), check, lambda line: None)


def states(one: TwinSession) -> dict[str, str]:
    found = entitlement_of(take(one)).licences or ()
    return {row.title.removeprefix("Extended Security Updates "): row.state for row in found if row.partial_key}


@pytest.mark.parametrize("locale", ["en-US", "de-DE", "ru-RU"])
def test_a_key_goes_in_is_activated_and_the_second_run_changes_nothing(locale: str) -> None:
    one = session(locale=locale)
    first = want(one)
    assert first.done == ["install the key", "activate Extended Security Updates year 1"]
    assert states(one) == {"year 1": "key installed, licensed"}
    assert sorted(need.value for need in entitlement_of(take(one)).granted) == ["esu_year_1"]
    assert want(one).to_json()["changed"] is False
    assert want(one, key=None).to_json()["changed"] is False


def test_check_mode_says_what_it_would_do_and_does_nothing() -> None:
    one = session()
    outcome = want(one, check=True)
    assert outcome.done == ["install the key", "activate the add-on that it is for"]
    assert states(one) == {}
    assert "would: install the key" in outcome.difference(True)["after"]


def test_a_key_that_is_in_and_not_active_is_only_activated() -> None:
    one = session(activation="offline")
    with pytest.raises(LicensingError, match="0x80072EE7"):
        want(one)
    MACHINES[one].knobs["activation"] = True
    assert want(one).done == ["activate Extended Security Updates year 1"]


def test_two_years_stand_beside_each_other_and_are_removed_one_by_one() -> None:
    one = session()
    want(one)
    want(one, YEAR_2)
    assert set(states(one)) == {"year 1", "year 2"}
    with pytest.raises(LicensingError, match="activation_id"):
        want(one, None, absent=True)
    year_2 = "04fa0286-fa74-401e-bbe9-fbfbb158010d"
    assert want(one, None, absent=True, activation_id=year_2, check=True).done and len(states(one)) == 2
    assert want(one, None, absent=True, activation_id=year_2).done == [
        "remove the key of Extended Security Updates year 2"
    ]
    assert set(states(one)) == {"year 1"}
    assert want(one, None, absent=True, activation_id=year_2).to_json()["changed"] is False


def test_without_the_internet_the_telephone_helps() -> None:
    one = session(activation="offline")
    with pytest.raises(LicensingError) as refused:
        want(one)
    assert refused.value.details["offline"] is True
    assert refused.value.details["changed"] is True  # the key is in
    assert str(refused.value.details["installation_id"]).isdigit()
    assert "by telephone" in str(refused.value)
    with pytest.raises(LicensingError, match="0xC004F04D"):
        want(one, None, confirmation="2" * 48)
    done = want(one, None, confirmation=confirmation_id("-".join([TELEPHONE[:6]] * 8))).done
    assert done == ["activate Extended Security Updates year 1 with the confirmation id"]
    assert states(one) == {"year 1": "key installed, licensed"}


def test_the_telephone_can_be_chosen_before_anything_fails() -> None:
    one = session(activation=0xC004B100)  # would fail, and is not tried
    assert want(one, telephone=True, check=True).done == ["install the key"]
    first = want(one, telephone=True)
    assert first.done == ["install the key"] and str(first.installation_id).isdigit()
    again = want(one, telephone=True)
    assert again.done == [] and again.installation_id == first.installation_id
    assert want(one, None, telephone=True, confirmation=TELEPHONE).done
    assert want(one, telephone=True).to_json()["changed"] is False
    assert want(one, telephone=True).installation_id is None


def test_a_wrong_key_and_a_blocked_one_are_told_apart() -> None:
    with pytest.raises(LicensingError, match="0xC004F050 SL_E_INVALID_PRODUCT_KEY.* mistyped"):
        want(session(), OTHER)
    with pytest.raises(LicensingError, match="0xC004C003.*blocked"):
        want(session(activation=False))
    with pytest.raises(LicensingError, match="0xC004C008.*as often as it may"):
        want(session(activation=0xC004C008))


def test_nothing_to_activate_is_said() -> None:
    with pytest.raises(LicensingError, match="give the task the key"):
        want(session(), None)


@pytest.mark.parametrize(
    ("packages", "says"),
    [
        (("KB4493730:6.0.1.0",), "SHA-2"),
        (("KB4493730:6.0.1.0", "KB4474419:6.0.2.0"), "early issue"),
        (("KB4493730:6.0.1.0", "KB4474419:6.0.4.0"), "KB5016891"),
    ],
)
def test_no_key_before_its_time(packages: tuple[str, ...], says: str) -> None:
    with pytest.raises(LicensingError, match=f"{says}.*esu_preparation"):
        licence.refuse(take(session(*packages)), Wish())
    licence.refuse(take(session()), Wish())


def test_no_key_while_a_restart_is_owed_or_unknown_or_on_another_windows() -> None:
    taken = take(session())
    taken["answers"]["markers"]["cbs_reboot_pending"] = True
    with pytest.raises(LicensingError, match="Restart the machine"):
        licence.refuse(taken, Wish())
    del taken["answers"]["markers"]
    taken["unknown"]["markers"] = "access denied"
    with pytest.raises(LicensingError, match="could not be read.*access denied"):
        licence.refuse(taken, Wish())
    licence.refuse(taken, Wish(absent=True))
    taken["answers"]["os"]["version"] = "6.1.7601"
    for wish in (Wish(), Wish(absent=True)):
        with pytest.raises(ServicingError, match="nothing else"):
            licence.refuse(taken, wish)


@pytest.mark.parametrize(
    "given", ["", "AAAAA", fake("A") + "-AAAAA", fake("A").replace("-", " "), fake("\xc4"), "1" * 29]
)
def test_what_is_no_key_is_refused_without_showing_it(given: str) -> None:
    with pytest.raises(BadKey) as refused:
        ProductKey.of(given)
    assert not given or given not in str(refused.value).replace("XXXXX-XXXXX", "")


@pytest.mark.parametrize("given", ["", "12345", "x" * 48, "1" * 47, "\u0661" * 48])
def test_what_is_no_confirmation_id_is_refused(given: str) -> None:
    with pytest.raises(BadKey, match="eight groups"):
        confirmation_id(given)


def test_a_key_shows_itself_to_nobody() -> None:
    key = ProductKey.of(f" {YEAR_1.lower()} ")
    assert YEAR_1 not in f"{key!r} {key} {Wish(key)!r}"


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every message that leaves, as text."""
    sent: list[str] = []
    answer = Wire.send_message

    def note(self: Wire, message: Any) -> Any:
        sent.append(message if isinstance(message, str) else message.decode())
        return answer(self, message)

    monkeypatch.setattr(Wire, "send_message", note)
    yield sent


def test_the_key_is_in_one_message_and_in_nothing_else(wire: list[str]) -> None:
    one = session()
    told: list[str] = []
    outcome = bring(one, Wish(ProductKey.of(YEAR_1)), False, told.append)
    assert sum(YEAR_1 in message for message in wire) == 1
    assert "InstallProductKey" in next(message for message in wire if YEAR_1 in message)
    assert YEAR_1 not in json.dumps([told, outcome.to_json(), outcome.difference(False), take(one)])
    assert not any("slmgr" in message for message in wire)


class Parrot:
    """A session whose methods fail with errors that repeat what they were given."""

    door, read_only = "winrs", False

    def __init__(self, error: Exception | dict[str, str]) -> None:
        self.error = error

    def query(self, wql: str, namespace: str = "") -> list[dict[str, str | None]]:
        return [{"Version": "6.0.6002.18005"}] if "SoftwareLicensingService" in wql else []

    def invoke(self, *_arguments: Any) -> dict[str, str]:
        if isinstance(self.error, Exception):
            raise self.error
        return self.error


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ProtocolFault(f"cannot parse {YEAR_1}", 0x80041008), r"cannot parse \(the key\)"),
        (ProtocolFault("x", -1073418160), "0xC004F050"),
        (ProtocolFault("x", 0xC0041234), "unknown code.*slui"),
        (TimedOut(f"no answer to {YEAR_1}"), "did not answer in time"),
        ({"ReturnValue": "3221549093"}, "0xC004F025.*administrator"),
        ({"ReturnValue": "0"}, "no add-on .* shows it"),
    ],
)
def test_no_error_repeats_the_key(error: Any, says: str) -> None:
    with pytest.raises(LicensingError, match=says) as refused:
        bring(Parrot(error), Wish(ProductKey.of(YEAR_1)), False, lambda line: None)  # type: ignore[arg-type]
    assert YEAR_1 not in str(refused.value)
    assert refused.value.__context__ is None or refused.value.__suppress_context__


def test_a_key_of_windows_itself_is_noticed() -> None:
    own = {"ID": "0" * 36, "LicenseIsAddon": "false", "LicenseStatus": "1", "Name": "Windows"}

    class Replaced(Parrot):
        installed = False

        def query(self, wql: str, namespace: str = "") -> list[dict[str, str | None]]:
            if "Service" in wql:
                return super().query(wql)
            return [{**own, "PartialProductKey": "CCCCC" if self.installed else "DDDDD"}]

        def invoke(self, *arguments: Any) -> dict[str, str]:
            self.installed = True
            return {"ReturnValue": "0"}

    with pytest.raises(LicensingError, match="in the place of the one that ended in DDDDD") as refused:
        bring(Replaced({}), Wish(ProductKey.of(OTHER)), False, lambda line: None)  # type: ignore[arg-type]
    assert refused.value.details["changed"] is True


def test_a_key_is_not_sent_in_the_clear() -> None:
    class Open(Parrot):
        settings = Settings("server", Login(user="u", secret="p"), scheme="http", encryption=Encryption.NEVER)

    with pytest.raises(LicensingError, match="travel in the clear"):
        licence.refuse_clear_text(Open({}))  # type: ignore[arg-type]
    licence.refuse_clear_text(session())


def test_every_code_has_a_cause_and_a_next_step() -> None:
    for code in licence_results._table():
        found = licence_results.explain(code - (1 << 32))
        assert found.code == code and found.cause and found.next and found.name in found.sentence
