# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.conditions import CONDITIONS
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import load, shipped
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.mechanisms import MECHANISMS
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.operators import OPERATORS
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.records import DATA, KINDS, Control, RecordError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import profiles

CONTROLS = sorted((DATA / "controls").glob("*.yml"))
SCHEMA = json.loads((DATA / "control.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        *[("control", file) for file in CONTROLS],
        *[("profile", file) for file in sorted((DATA / "profiles").glob("*.yml"))],
        ("groups", DATA / "groups.yml"),
    ],
    ids=lambda one: one if isinstance(one, str) else one.name,
)
def test_records_follow_their_schema(schema: str, file: Path) -> None:
    rules = json.loads((DATA / f"{schema}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(rules)
    jsonschema.Draft202012Validator(rules).validate(
        yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    )


def test_schema_and_code_know_the_same_words() -> None:
    definitions = SCHEMA["$defs"]
    assert set(definitions["rule"]["properties"]["operator"]["enum"]) == set(OPERATORS)
    assert set(definitions["conditions"]["items"]["properties"]) == set(CONDITIONS)
    kinds = [one["$ref"].rpartition("/")[2] for one in definitions["mechanism"]["oneOf"]]
    assert [definitions[name]["properties"]["kind"]["const"] for name in kinds] == kinds
    assert set(kinds) == set(KINDS) and set(MECHANISMS) <= set(KINDS)


def test_an_area_is_a_file() -> None:
    for file in CONTROLS:
        for record in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["controls"]:
            assert record["area"] == file.stem


def test_profiles_name_controls_that_exist_and_themselves() -> None:
    for name, profile in profiles().items():
        assert (DATA / "profiles" / f"{name}.yml").is_file()
        assert set(profile.controls) <= set(shipped().controls)


def test_what_can_lock_out_goes_alone_and_is_guarded() -> None:
    """Or it is never changed from here, or a value that it writes cannot lock out (its note says which does)."""
    risky = {group.id for group in shipped().groups if group.risky}
    for control in shipped().controls.values():
        if control.lockout == "high" and changeable(control):
            assert control.group in risky, control.id
            assert control.guards or control.lockout_note, control.id


def changeable(control: Control) -> bool:
    never = control.guard or control.by_hand or control.mechanism in ("manual", "group_members")
    return not never and control.settings.get("operator") != "report"


def test_groups_only_wait_for_groups_before_them() -> None:
    order = [group.id for group in shipped().groups]
    for control in shipped().controls.values():
        for other in control.needs():
            needed = shipped().controls[other]
            assert needed.guard or order.index(needed.group) < order.index(control.group), (control.id, other)


def records(change: Callable[[list[dict[str, Any]]], None], tmp_path: Path) -> Path:
    found = yaml.safe_load((DATA / "controls" / "ntlm.yml").read_text(encoding="utf-8"))["controls"]
    plain = {
        "controls": [one for name in ("ntlm-no-lm-hash", "ntlm-lmcompat-level") for one in found if one["id"] == name]
    }
    change(plain["controls"])
    file = tmp_path / "mine.yml"
    file.write_text(yaml.safe_dump(plain), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda all: all[0].pop("title"), "mine.yml: ntlm-no-lm-hash: the field title is missing"),
        (lambda all: all[0]["mechanism"].pop("key"), "ntlm-no-lm-hash: the field mechanism.key is missing"),
        (lambda all: all[0].update(level="basline"), "level 'basline' is not known; did you mean baseline?"),
        (lambda all: all[0].update(group="valus"), "group 'valus' is not known; did you mean values?"),
        (
            lambda all: all[0]["mechanism"].update(kind="registri"),
            "kind 'registri' is not known; did you mean registry?",
        ),
        (lambda all: all[0]["mechanism"].update(operator="eqq"), "operator 'eqq' is not known; did you mean eq?"),
        (
            lambda all: all[0]["mechanism"].update(value="1"),
            "mine.yml: ntlm-no-lm-hash: a registry value of type",
        ),
        (lambda all: all[0].update(guards=[{"control_pases": "x"}]), "did you mean control_passes?"),
        (lambda all: all[0].update(guards=[{"control_passes": "ntlm-x"}]), "control_passes 'ntlm-x' is not known"),
        (lambda all: all[1].update(id="ntlm-no-lm-hash"), "is a control of mine.yml already"),
        (
            lambda all: (
                all[0].update(guards=[{"control_passes": all[1]["id"]}]),
                all[1].update(guards=[{"control_passes": all[0]["id"]}]),
            ),
            "could never hold",
        ),
    ],
)
def test_a_wrong_record_is_named_with_file_record_and_field(change: Any, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(RecordError) as caught:
        load([records(change, tmp_path)], DATA / "groups.yml")
    assert sentence in str(caught.value) and "mine.yml" in str(caught.value)


def test_a_file_that_is_no_yaml_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("a: [", encoding="utf-8")
    with pytest.raises(RecordError, match="not a readable record file"):
        load([tmp_path / "bad.yml"], DATA / "groups.yml")
