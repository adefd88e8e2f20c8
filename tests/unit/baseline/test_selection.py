# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.library import shipped
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import BadSelection, profiles, select


def ids(**options: Any) -> set[str]:
    return {control.id for control in select(**options).controls}


def test_a_profile_brings_its_own_levels() -> None:
    members = set(profiles()["sunset"].controls)
    assert ids() == {one for one in members if shipped().controls[one].level == "baseline"}
    assert ids(levels=["baseline", "strict", "opt-in", "report"]) == members == set(shipped().controls)


def test_areas_and_levels_narrow() -> None:
    every = shipped().controls.values()
    assert ids(areas=["ntlm"]) == {one.id for one in every if one.area == "ntlm" and one.level == "baseline"}
    strict = ids(levels=["strict"], areas=["tls"])
    assert strict == {one.id for one in every if one.area == "tls" and one.level == "strict"}
    assert {"tls-tls10-server-off", "tls-tls10-client-off"} <= strict


def test_named_controls_are_taken_whatever_their_level_and_profile() -> None:
    assert ids(ids=["tls-tls10-server-off", "tls-dotnet-v2-strong"]) == {"tls-tls10-server-off", "tls-dotnet-v2-strong"}


def test_tags_narrow_across_areas() -> None:
    every = shipped().controls.values()
    signing = {one.id for one in every if "signing" in one.tags and one.level == "baseline"}
    assert ids(tags=["signing"]) == signing and {"smb-server-sign-required"} <= signing
    assert ids(tags=["signing", "removable-media"], areas=["autorun"]) <= {
        one.id for one in every if one.area == "autorun"
    }


def test_a_profile_for_another_role_applies_to_nothing_there() -> None:
    chosen = select(profile="disa_stig_v6r41_dc")
    assert {control.roles for control in chosen.controls} == {("dc",)}


WAIVER = {"control": "smb1-server-off", "reason": "r", "approver": "a", "expires": "2027-01-31"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"profile": "sunsett"}, "there is no profile 'sunsett'; did you mean sunset?"),
        ({"levels": ["basline"]}, "there is no level 'basline'; did you mean baseline?"),
        ({"tags": ["sining"]}, "there is no tag 'sining'; did you mean signing?"),
        ({"tags": ["signing"], "areas": ["ui"]}, "has level baseline in area ui with the tag signing; widen levels"),
        ({"areas": ["smbb"]}, "there is no area 'smbb'; did you mean smb?"),
        ({"ids": ["smb1-servr-off"]}, "there is no control 'smb1-servr-off'; did you mean smb1-server-off?"),
        ({"areas": ["qqqq"]}, "the valid names are accounts, antimalware,"),
        (
            {"levels": ["opt-in"], "areas": ["ntlm"]},
            "no control of profile sunset has level opt-in in area ntlm; widen levels, areas or tags",
        ),
        ({"site_values": {"ntlm-lmcompat-leve": 3}}, "did you mean ntlm-lmcompat-level?"),
        ({"site_values": {"ntlm-lmcompat-level": 2}}, "2 of ntlm-lmcompat-level is not a whole number from 3 to 5"),
        ({"site_values": {"ntlm-lmcompat-level": True}}, "is not a whole number"),
        ({"site_values": {"ntlm-lmcompat-level": "high"}}, "is not a whole number"),
        ({"site_values": {"smb1-server-off": 1}}, "smb1-server-off takes no site value"),
        ({"waivers": [{**WAIVER, "control": "smb1-sever-off"}]}, "did you mean smb1-server-off?"),
        ({"waivers": [{"expire": "2027-01-31"}]}, "no field of a waiver 'expire'; did you mean expires?"),
        ({"waivers": [{**WAIVER, "reason": " "}]}, "needs a reason and an approver"),
        ({"waivers": [{**WAIVER, "approver": None}]}, "needs a reason and an approver"),
        ({"waivers": [{**WAIVER, "expires": "31.01.2027"}]}, "write a date as 2027-01-31"),
        ({"waivers": [WAIVER, WAIVER]}, "waived twice"),
    ],
)
def test_what_does_not_exist_or_fit_is_a_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadSelection) as caught:
        select(**options)
    assert sentence in str(caught.value)
