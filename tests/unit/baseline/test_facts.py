# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The records against the facts they were made from, where those are at hand: nothing lost, no value changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline import do_nothing, library
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.records import Control

ROOT = Path(__file__).parents[3]
FACTS = Path(os.environ.get("SUNSET_FACTS", ROOT.parent / "shared" / "facts")) / "controls.yml"
if not FACTS.is_file():
    pytest.skip(f"the facts are not at hand ({FACTS}); set SUNSET_FACTS to their folder", allow_module_level=True)

TOLD: dict[str, Any] = yaml.load(FACTS.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
EVERY = library.shipped().controls
# The few that say it in another way than the facts, and why.
OTHERWISE = {
    "smb1-client-off": "what a vendor added to the dependencies stays there",
    "smb2-must-stay-on": "the driver is watched as well",
    "dcom-integrity-activation": "whether the update of June 2022 is in cannot be told, so the value is asked for",
    "ie-no-ssl3": "the facts give the bits and the value apart",
    "ui-screensaver-grace": "the facts give the limit and the value apart",
    "av-defender-spynet": "not 1 and not 2 is 0 or nothing",
    "smb-null-pipes": "the facts give the lists by role",
}
SAME = {
    "bitmask_contains": "bits_set", "le_int": "le_number", "range_1_to": "le_nonzero", "report_only": "report",
    "in": "eq", "startswith_or_absent": "starts_with_or_absent", "ge_or_-1": "ge",
}  # fmt: skip


def test_no_control_and_no_setting_is_lost() -> None:
    assert {one["id"] for one in TOLD["controls"]} == set(EVERY)
    assert {one["id"] for one in TOLD["not_applicable"]} == {one.id for one in do_nothing.shipped()}


# A guard in the facts, whose apply order adds it before anything else: a rule that only opens a way back in.
ADDED = {"fw-mgmt-rule-any-profile"}


@pytest.mark.parametrize("told", TOLD["controls"], ids=lambda one: one["id"])
def test_a_record_keeps_what_the_facts_say(told: dict[str, Any]) -> None:
    control = EVERY[told["id"]]
    assert (control.area, control.level, control.confidence) == (told["area"], told["level"], told["confidence"])
    assert list(control.roles) == told["applies_to"]
    assert control.guard is (bool(told.get("guard")) and told["id"] not in ADDED)
    assert control.lockout == told["lockout"]["risk"]
    if told["id"] not in OTHERWISE:
        VALUES.get(told["mechanism"]["kind"], lambda _control, _told: None)(control, told["mechanism"])


def rows(control: Control, told: dict[str, Any]) -> None:
    if control.mechanism not in ("registry", "registry_set"):
        pytest.fail(f"{control.id} is a registry value in the facts")
    found = control.settings.get("values", [control.settings])
    wanted = told.get("values", [told])
    assert len(found) == len(wanted)
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours["key"] == f"{theirs['hive']}\\{theirs['key']}"
        assert (ours["name"], ours["type"]) == (theirs["name"], theirs["type"])
        assert ours["operator"] == SAME.get(theirs["operator"], theirs["operator"])
        if "value" in ours:
            one_of = theirs.get("allowed") or theirs.get("accept") or theirs["value"]
            more = [one for one in ours.get("also_accept", []) if not isinstance(one, dict)]
            if theirs["operator"] == "in":
                assert sorted([ours["value"], *more]) == sorted(one_of)
            else:
                assert ours["value"] == theirs["value"]


def policy(control: Control, told: dict[str, Any]) -> None:
    ours = control.settings
    assert (ours["name"], ours["value"]) == (told["key"], told["value"])
    assert ours["operator"] == SAME.get(told["operator"], told["operator"])


def right(control: Control, told: dict[str, Any]) -> None:
    ours = control.settings
    assert (ours["right"], ours["sids"], ours.get("sids_dc")) == (told["constant"], told["sids"], told.get("sids_dc"))
    assert ours["operator"] == SAME.get(told["operator"], told["operator"])


def audit(control: Control, told: dict[str, Any]) -> None:
    ours = control.settings
    assert ours["subcategory"] == told["subcategory_guid"].upper()
    if ours["operator"] != "report":
        words = {1: "Success", 2: "Failure", 3: "Success and Failure"}
        assert words[ours["value"]] == told["inclusion"]


def service(control: Control, told: dict[str, Any]) -> None:
    if control.mechanism == "registry":
        return  # MSDTC: the facts name the service, and mean its value
    ours = control.settings.get("services", [control.settings])[0]
    assert ours["name"] == told["name"]
    assert ours["start"][0] == {"automatic": "auto"}.get(told["start_mode"], told["start_mode"])
    assert ours.get("state") == told.get("state")


VALUES = {
    "registry": rows,
    "registry_set": rows,
    "secedit_system_access": policy,
    "secedit_kerberos": policy,
    "user_right": right,
    "auditpol": audit,
    "service": service,
}
