# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The records against the facts they were made from, where those are at hand: nothing lost, no value changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline import contradictions, do_nothing, library
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


# Said in our own words, with the same meaning.
REFERENCES = {
    "tls-hash-sha1-must-stay": "that the list asks for the opposite",
    "smb1-client-off": "that the misspelt name comes from a published list",
}
# A prerequisite of the facts that is no condition here, and where it went instead.
PREREQUISITES = {
    "rdp-disabled": "guards look at the way back in",
    "winrm-firewall-scope": "guards look at the way back in; a risky group has its timer anyway",
    "print-spooler-off": "what is in use is looked at by guards",
    "audit-file-share": "shown only",
    "audit-fw-packet-drop": "shown only",
    "audit-fw-connection": "shown only",
    "upd-wsus-https": "the note: it is a doubt, and the setting works without TLS 1.2",
    "dcom-integrity-activation": "the note: no file version tells it",
    "nr-wpad-off": "the update does the same in another place",
}
# Its note in the facts is the record's roles, its procedure, or what every key below HKCU does here.
NOTES = {"acct-inactive", "audit-ds-access", "audit-ds-changes", "boot-no-debug"}
PER_USER = "HKCU"


@pytest.mark.parametrize("told", TOLD["controls"], ids=lambda one: one["id"])
def test_a_record_carries_sources_restart_conditions_and_notes(told: dict[str, Any]) -> None:
    control = EVERY[told["id"]]
    if told["id"] not in REFERENCES:
        assert set(told["references"]) <= {" ".join(one.split()) for one in control.references}
    assert len(control.references) >= len(told["references"])
    assert control.restart == told["reboot"]["needed"]
    assert bool(control.restart_note) or "note" not in told["reboot"]
    assert control.default and control.breaks and control.look_first
    assert bool(control.lockout_note) or "note" not in told["lockout"]
    assert control.only_if or "only_with_role" not in told
    if told["prerequisites"] and told["id"] not in PREREQUISITES:
        assert control.requirements() or control.by_hand or control.mechanism == "manual"
    if "nt60_note" in told and told["id"] not in NOTES and PER_USER not in told["nt60_note"]:
        assert control.note or control.by_hand


@pytest.mark.parametrize("told", TOLD["not_applicable"], ids=lambda one: one["id"])
def test_a_setting_without_effect_carries_its_source(told: dict[str, Any]) -> None:
    ours = next(one for one in do_nothing.shipped() if one.id == told["id"])
    assert (ours.source, ours.confidence) == (told["source"], told["confidence"])
    assert bool(ours.instead) or "use_instead" not in told
    assert ours.why and ours.setting


def test_the_groups_keep_the_order_of_the_facts() -> None:
    """Additions first, low risks next, one risky group at a time, TLS 1.0 and 3DES last."""
    names = [group.id for group in library.shipped().groups]
    risky = [group.id for group in library.shipped().groups if group.risky]
    assert len(TOLD["apply_order"]) == 9
    assert names[0] == "additive" and names[-1] == "tls10"
    assert names.index("values") < min(map(names.index, risky))
    last = [one.id for one in EVERY.values() if one.group == "tls10"]
    assert {"tls-tls10-server-off", "tls-tls10-client-off", "tls-cipher-3des-off"} <= set(last)


def test_where_the_documents_disagree_is_carried_over() -> None:
    ours = {one["topic"]: one for one in contradictions.disagreements()}
    assert set(ours) == {one["topic"] for one in TOLD["baseline_conflicts"]}
    for told in TOLD["baseline_conflicts"]:
        assert ours[told["topic"]]["setting"] == told["setting"] and ours[told["topic"]]["ours"]


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
