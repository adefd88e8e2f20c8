# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site's own baseline file: what it may add, and every way in which it can be wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import BadSelection, select

OWN: dict[str, Any] = {
    "controls": [
        {
            "id": "own-spool-folder",
            "title": "The spooler keeps its files on D:",
            "why": "The system drive is small.",
            "area": "printing",
            "level": "baseline",
            "tags": ["printing", "ours"],
            "roles": ["standalone", "member"],
            "group": "values",
            "mechanism": {
                "kind": "registry",
                "key": "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Print\\Printers",
                "name": "DefaultSpoolDirectory",
                "type": "REG_SZ",
                "operator": "eq",
                "value": "D:\\Spool",
            },
            "default": "Below the system folder.",
            "restart": "maybe",
            "breaks": "Nothing known.",
            "look_first": "Whether D: is there.",
            "lockout": {"risk": "none"},
            "references": ["our handbook, page 12"],
            "confidence": "medium",
        }
    ],
    "profiles": [
        {
            "id": "branch",
            "title": "Servers of branches",
            "levels": ["baseline", "strict"],
            "controls": ["own-spool-folder", {"control": "ntlm-lmcompat-level", "value": 3, "source": ["handbook 4"]}],
        }
    ],
}


def written(tmp_path: Path, change: Callable[[dict[str, Any]], Any] = lambda _own: None) -> Path:
    own = copy.deepcopy(OWN)
    change(own)
    file = tmp_path / "branch.yml"
    file.write_text(yaml.safe_dump(own), encoding="utf-8")
    return file


def test_a_site_adds_controls_and_profiles(tmp_path: Path) -> None:
    file = written(tmp_path)
    chosen = select(profile="branch", baseline_file=file)
    assert {one.id: one.settings["value"] for one in chosen.controls} == {
        "own-spool-folder": "D:\\Spool",
        "ntlm-lmcompat-level": 3,
    }
    assert [one.id for one in select(profile="branch", baseline_file=file, tags=["ours"]).controls] == [
        "own-spool-folder"
    ]
    assert [one.id for one in select(ids=["own-spool-folder"], baseline_file=file).controls] == ["own-spool-folder"]
    assert "own-spool-folder" not in {one.id for one in select(baseline_file=file).controls}, "sunset stays sunset"


def mechanism(own: dict[str, Any], **fields: Any) -> None:
    own["controls"][0]["mechanism"].update(fields)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda own: own["controls"][0].pop("why"), None),
        (lambda own: own["controls"][0].pop("title"), "own-spool-folder: the field title is missing"),
        (lambda own: own["controls"][0].pop("id"), "a record without an id: the field id is missing"),
        (lambda own: own["controls"][0].update(colour="red"), "own-spool-folder: there is no field colour; "),
        (lambda own: own["controls"][0].update(level="strikt"), "level 'strikt' is not known; did you mean strict?"),
        (
            lambda own: own["controls"][0].update(restart=True),
            "the valid names are maybe, no, yes (write 'yes' in quotes)",
        ),
        (lambda own: own["controls"][0].update(roles=[]), "the field roles has to hold at least 1"),
        (lambda own: own["controls"][0].update(group="valuse"), "group 'valuse' is not known; did you mean values?"),
        (lambda own: mechanism(own, kind="registri"), "mechanism.kind 'registri' is not known; did you mean registry?"),
        (
            lambda own: mechanism(own, key="HKLM/Software"),
            "the field mechanism.key is 'HKLM/Software', which does not look",
        ),
        (lambda own: mechanism(own, operator="equals"), "mechanism.operator 'equals' is not known; "),
        (
            lambda own: mechanism(own, type="REG_DWORD"),
            "own-spool-folder: a registry value of type 'REG_DWORD' cannot hold",
        ),
        (lambda own: own["controls"][0]["mechanism"].pop("value"), "the field mechanism.value is missing"),
        (
            lambda own: own["controls"][0].update(guards=[{"control_pases": "smb1-server-off"}]),
            "did you mean control_passes?",
        ),
        (
            lambda own: own["controls"][0].update(guards=[{"control_passes": "smb1-servr-off"}]),
            "control_passes 'smb1-servr-off' is not known; did you mean smb1-server-off?",
        ),
        (
            lambda own: own["controls"][0].update(guards=[{"control_passes": "own-spool-folder"}]),
            "control_passes leads back to the control",
        ),
        (lambda own: own["controls"].append(own["controls"][0]), "own-spool-folder: the file has this id twice"),
        (
            lambda own: own["controls"][0].update(id="smb1-server-off"),
            "smb1-server-off: this id belongs to a control of the collection and keeps its meaning",
        ),
        (
            lambda own: mechanism(
                own, key="HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa", name="RunAsPPL", type="REG_DWORD", value=1
            ),
            "own-spool-folder: it is refused. HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa RunAsPPL: it does nothing",
        ),
        (lambda own: own["controls"][0].update(id="na-emet"), "na-emet: it is refused. EMET: it does nothing"),
        (lambda own: own.update(control=[]), "there is no part 'control'; did you mean controls?"),
        (lambda own: own.update(controls={}), "controls has to be a list"),
        (lambda own: own.clear(), "a baseline file holds controls and profiles, and this one holds neither"),
        (
            lambda own: own["profiles"][0]["controls"].append("smb1-servr-off"),
            "profile branch: there is no control 'smb1-servr-off'; did you mean smb1-server-off?",
        ),
        (lambda own: own["profiles"][0]["controls"].append("own-spool-folder"), "names something twice"),
        (
            lambda own: own["profiles"][0]["controls"].append({"control": "own-spool-folder"}),
            "profile branch: it names own-spool-folder twice",
        ),
        (lambda own: own["profiles"][0].update(id="sunset"), "profile sunset: the id is a profile of the collection"),
        (lambda own: own["profiles"].append(own["profiles"][0]), "profile branch: the id stands in the file twice"),
        (lambda own: own["profiles"][0].pop("levels"), "profile branch: the field levels is missing"),
        (
            lambda own: own["profiles"][0]["controls"].append({"control": "ntlm-no-lm-hash", "asks": "0"}),
            "ntlm-no-lm-hash: asks and deviation go together",
        ),
        (
            lambda own: own["profiles"][0]["controls"][1].update(value=1),
            "profile branch: the site value 1 of ntlm-lmcompat-level is not a whole number from 3 to 5",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_record_and_field(change: Any, sentence: str | None, tmp_path: Path) -> None:
    file = written(tmp_path, change)
    if sentence is None:
        assert select(profile="branch", baseline_file=file)
        return
    with pytest.raises(BadSelection) as caught:
        select(profile="branch", baseline_file=file)
    assert sentence in str(caught.value), caught.value
    assert str(file) in str(caught.value) or "not a whole number" in str(caught.value)


@pytest.mark.parametrize("text", ["- a\n- b\n", "controls: [", "\tx", ""])
def test_a_file_that_is_no_baseline_is_one_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / "odd.yml").write_text(text, encoding="utf-8")
    with pytest.raises(BadSelection, match=r"odd\.yml: "):
        select(baseline_file=tmp_path / "odd.yml")


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadSelection, match=r"gone\.yml: not a readable record file"):
        select(baseline_file=tmp_path / "gone.yml")
