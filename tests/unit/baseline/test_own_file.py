# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site's own baseline file: what it may add, and every way in which it can be wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline import unfit
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import shipped
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
        (
            lambda own: own["controls"][0].update(prerequisites=[{"control_passes": "boot-single-os"}]),
            "own-spool-folder: control_passes boot-single-os: that one is looked at by hand or shown, and never passes",
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


SCHANNEL = "SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL"
SUITES = "SOFTWARE\\Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\00010002"
LOCAL_SUITES = "SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Configuration\\Local\\SSL\\00010002"


def number(key: str, name: str, value: Any, **over: Any) -> dict[str, Any]:
    fields = {"kind": "registry", "key": f"HKLM\\{key}", "name": name, "type": "REG_DWORD", "operator": "eq"}
    return {**fields, "value": value, **over}


def text(key: str, name: str, value: Any, **over: Any) -> dict[str, Any]:
    return number(key, name, value, type="REG_SZ", **over)


def audit(number: str) -> dict[str, Any]:
    guid = f"{{0CCE92{number}-69AE-11D9-BED3-505054503030}}"
    return {"kind": "auditpol", "subcategory": guid, "operator": "at_least", "value": 3}


IN_VAIN: dict[str, tuple[dict[str, Any], str]] = {
    "sha-1 off": (number(f"{SCHANNEL}\\Hashes\\SHA", "Enabled", 0), "it does harm on NT 6.0. Every suite here"),
    "sha-1 off, as text": (text(f"{SCHANNEL}\\Hashes\\SHA", "Enabled", "0"), "it does harm on NT 6.0"),
    "sha-1 off by a set": (
        {
            "kind": "registry_set",
            "values": [
                {
                    name: one
                    for name, one in number(f"{SCHANNEL}\\Hashes\\{which}", "Enabled", 0).items()
                    if name != "kind"
                }
                for which in ("MD5", "SHA")
            ],
        },
        "it does harm on NT 6.0",
    ),
    "sha-1 off in a numbered set": (
        number(SCHANNEL.replace("CurrentControlSet", "ControlSet001") + "\\Hashes\\SHA", "Enabled", 0),
        "it does harm on NT 6.0",
    ),
    "below a key of no effect": (
        number(f"{SCHANNEL}\\Protocols\\TLS 1.3\\Server", "Enabled", 1),
        "Schannel of NT 6.0 has neither",
    ),
    "two below it": (
        number("SOFTWARE\\Policies\\Microsoft\\Windows\\SrpV2\\Exe", "EnforcementMode", 1),
        "Instead: Software Restriction Policies",
    ),
    "written beside what is compared": (
        number(
            "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System",
            "ConsentPromptBehaviorAdmin",
            2,
            also_accept=[5],
            set=5,
        ),
        "These values came with 7 and 2008 R2",
    ),
    "gcm": (text(SUITES, "Functions", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256_P256"), "AES-GCM and SHA-256/384"),
    "no curve": (text(SUITES, "Functions", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"), "it does harm on NT 6.0. Names that"),
    "no such suite": (
        text(SUITES, "Functions", "TLS_RSA_WITH_AES_128_CBC"),
        "is not a list of suites of NT 6.0: there",
    ),
    "no such suite of the machine": (
        number(LOCAL_SUITES, "Functions", ["TLS_RSA_WITH_AES_128_CBC"], type="REG_MULTI_SZ"),
        "is not a list of suites of NT 6.0: there",
    ),
    "only weak suites": (text(SUITES, "Functions", "TLS_RSA_WITH_RC4_128_SHA"), "is not safe: without a suite"),
    "a newer subcategory": (audit("44"), "auditpol does not take them here"),
    "no subcategory": (audit("99"), "there is no audit subcategory {0CCE9299-"),
    "a service of newer systems": ({"kind": "service", "name": "AppIDSvc", "start": ["auto"]}, "AppLocker, AppIDSvc"),
    "no such right": (
        {"kind": "user_right", "right": "SeDebugPriviledge", "operator": "eq", "sids": ["S-1-5-32-544"]},
        "there is no user right 'SeDebugPriviledge' on NT 6.0; did you mean SeDebugPrivilege?",
    ),
    "nobody": (
        {"kind": "user_right", "right": "SeDenyNetworkLogonRight", "operator": "contains", "sids": ["S-1-5-113"]},
        "S-1-5-113 does not exist on NT 6.0",
    ),
    "no such line": (
        {"kind": "secedit_system_access", "name": "MinimumPasswordLenght", "operator": "ge", "value": 14},
        "no line 'MinimumPasswordLenght'; did you mean MinimumPasswordLength?",
    ),
    "a line of the other section": (
        {"kind": "secedit_kerberos", "name": "LockoutBadCount", "operator": "le", "value": 5},
        "has no line 'LockoutBadCount'",
    ),
    "too large": (number("SOFTWARE\\Ours", "X", 2**32), "4294967296 does not fit in a REG_DWORD"),
    "never passes": (text("SOFTWARE\\Ours", "X", "a", operator="ge"), "could never pass, for that is not X at least"),
}


@pytest.mark.parametrize("name", IN_VAIN)
def test_a_record_that_asks_for_what_this_system_has_not_is_refused(name: str, tmp_path: Path) -> None:
    settings, sentence = IN_VAIN[name]
    file = written(tmp_path, lambda own: own["controls"][0].update(mechanism=settings))
    with pytest.raises(BadSelection) as caught:
        select(profile="branch", baseline_file=file)
    assert sentence in str(caught.value) and str(caught.value).startswith(f"{file}: own-spool-folder: ")


def test_an_update_that_was_never_made_for_this_system_is_nothing_to_wait_for(tmp_path: Path) -> None:
    waits = {"prerequisites": [{"update_installed": "KB3140245"}]}
    with pytest.raises(BadSelection, match="The update was not made for NT 6.0"):
        select(profile="branch", baseline_file=written(tmp_path, lambda own: own["controls"][0].update(waits)))


@pytest.mark.parametrize(
    "settings",
    [
        number("SYSTEM\\CurrentControlSet\\Control\\Lsa", "RunAsPPL", 1, operator="absent"),
        number(f"{SCHANNEL}\\Hashes\\SHA", "Enabled", 0xFFFFFFFF),
        text(SUITES, "Functions", "TLS_RSA_WITH_AES_128_CBC_SHA"),
        audit("10"),
        audit("43"),
    ],
    ids=["taken away", "sha-1 stays", "good suites", "first subcategory", "last subcategory"],
)
def test_what_means_something_here_is_taken(settings: dict[str, Any], tmp_path: Path) -> None:
    if settings["operator"] == "absent":
        settings = {name: one for name, one in settings.items() if name != "value"}
    assert select(
        profile="branch", baseline_file=written(tmp_path, lambda o: o["controls"][0].update(mechanism=settings))
    )


def test_every_shipped_record_asks_for_what_this_system_has() -> None:
    known = shipped().controls
    wrong = {one.id: fault for one in known.values() if not one.guard and (fault := unfit.first(one, known))}
    assert wrong == {}
