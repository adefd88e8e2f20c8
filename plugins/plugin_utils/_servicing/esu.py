# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Extended Security Updates a machine is entitled to (private to this collection).

Only reads the state that Windows itself keeps, by activation ids and numbers. Nothing here adds, replaces or gets round
an entitlement. The one that Windows does not show is Azure's: an operator may state it, and then it is called stated
wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._host.verdict import data
from .records import Need

STATED = ("azure",)
"""What an operator may state."""

ACTIVATION_IDS: tuple[str, ...] = tuple(one["id"] for one in data("entitlements.yml")["licences"] if one["grants"])
"""The add-ons of which it is known what they entitle to."""

_LICENSED = 1  # SoftwareLicensingProduct.LicenseStatus

WORDS: Mapping[Need, str] = {
    Need.ESU: "Extended Security Updates",
    Need.ESU_YEAR_1: "Extended Security Updates year 1",
    Need.ESU_YEAR_2: "Extended Security Updates year 2",
    Need.ESU_YEAR_3: "Extended Security Updates year 3",
    Need.ESU_YEAR_4: "Extended Security Updates year 4 (Azure)",
    Need.PREMIUM_ASSURANCE: "Premium Assurance",
}


@dataclass(frozen=True)
class Licence:
    """One ESU add-on as Windows lists it. `status` is LicenseStatus, `grace` minutes, `grants` what it entitles to.

    `known` is false for a row that carries a key, calls itself ESU and has an id that no list here has.
    """

    id: str
    title: str
    status: int | None
    partial_key: str | None
    grace: int | None
    grants: frozenset[Need]
    first: str | None = None
    last: str | None = None
    known: bool = True

    @property
    def active(self) -> bool:
        """A key is in, and Windows calls it licensed; a grace period is no licence."""
        return self.status == _LICENSED and bool(self.partial_key)

    @property
    def state(self) -> str:
        """Its state in words."""
        if not self.partial_key:
            return "no key"
        word = _facts()["statuses"].get(self.status, f"in the unknown state {self.status}")
        left = f" ({self.grace} minutes left)" if self.grace and self.status != _LICENSED else ""
        return f"key installed, {word}{left}"

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a result. The five characters are all that Windows itself shows of a key."""
        return {
            "id": self.id,
            "title": self.title,
            "state": self.state,
            "active": self.active,
            "partial_key": self.partial_key,
        }


@dataclass(frozen=True)
class Entitlement:
    """What packages a machine may have: `granted` in all, of it `stated` by the operator alone, and how that is known.

    `licences` are the add-ons that Windows lists, `azure_guest` whether the chassis carries Azure's tag (None: not
    known). `doubts` are sentences for whoever relies on this.
    """

    granted: frozenset[Need] = frozenset()
    basis: str = "no Extended Security Updates licence is active on the machine"
    stated: frozenset[Need] = frozenset()
    doubts: tuple[str, ...] = ()
    licences: tuple[Licence, ...] | None = ()
    azure_guest: bool | None = None

    def covers(self, need: Need) -> bool:
        """Say whether a package with this need may go in; an unknown need is no obstacle, a missing licence is one.

        Premium Assurance runs over all six years; whether a year-3 key entitles to year 4 is not known, so it does not.
        """
        if need in (Need.NONE, Need.UNKNOWN):
            return True
        if need is Need.ESU:
            return bool(self.granted)
        return need in self.granted or Need.PREMIUM_ASSURANCE in self.granted

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a result."""
        return {
            "granted": sorted(need.value for need in self.granted),
            "stated": sorted(need.value for need in self.stated),
            "basis": self.basis,
            "doubts": list(self.doubts),
            "licences": None if self.licences is None else [one.to_json() for one in self.licences],
            "azure_guest": self.azure_guest,
        }


NOTHING = Entitlement()


def entitlement_of(snapshot: Mapping[str, Any], stated: str | None = None) -> Entitlement:
    """Read the entitlement from a snapshot's licence rows; no answer means none that could be proved.

    `stated` is one of `STATED`, or None (and ``auto``) for what Windows itself says.
    """
    answers: Mapping[str, Any] = snapshot.get("answers") or {}
    found = licences(answers.get("licences"))
    tag = (answers.get("enclosure") or {}).get("asset_tag")
    guest = None if "enclosure" not in answers else tag == _facts()["azure"]["asset_tag"]
    proved = _union(one.grants for one in found or () if one.active)
    said = _needs(_facts()["azure"]["grants"]) - proved if stated == "azure" else frozenset()
    return Entitlement(
        proved | said,
        _basis(found, proved, said, guest, (snapshot.get("unknown") or {}).get("licences")),
        said,
        tuple(_doubts(found or (), said, guest)),
        found,
        guest,
    )


def licences(rows: Iterable[Mapping[str, Any]] | None) -> tuple[Licence, ...] | None:
    """Read the ESU add-ons out of a snapshot's licence rows; None when they were not captured."""
    if rows is None:
        return None
    known = {one["id"]: one for one in _facts()["licences"]}
    found = []
    for row in rows:
        facts = known.get(str(row.get("id")).lower())
        if facts or _looks_like_esu(row):
            found.append(_licence(row, facts))
    return tuple(found)


def _licence(row: Mapping[str, Any], facts: Mapping[str, Any] | None) -> Licence:
    title = facts["title"] if facts else f"an add-on that is not known here ({row.get('family') or row.get('name')})"
    return Licence(
        str(row.get("id")).lower(),
        title,
        row.get("status"),
        row.get("partial_key"),
        row.get("grace"),
        _needs(facts["grants"]) if facts else frozenset(),
        facts["first"] if facts else None,
        facts["last"] if facts else None,
        facts is not None,
    )


def _looks_like_esu(row: Mapping[str, Any]) -> bool:
    """Tell an ESU add-on with an unknown id by the vendor's family name, which is translated nowhere."""
    return "esu" in str(row.get("family") or row.get("name") or "").lower().replace("-", " ").replace("_", " ").split()


def _basis(
    found: tuple[Licence, ...] | None,
    proved: frozenset[Need],
    said: frozenset[Need],
    guest: bool | None,
    why: str | None,
) -> str:
    active = [one.title for one in found or () if one.active and one.grants]
    if found is None:
        text = f"no licence could be proved{f' ({why})' if why else ''}"
    elif proved:
        text = f"licensed on the machine: {', '.join(sorted(active))}"
    else:
        text = NOTHING.basis
    if said:
        return f"{text}; {_facts()['azure']['title']} stated by the operator, not proved"
    if guest and not proved:
        text += "; it is an Azure guest, which needs no key and shows none: state that with entitlement: azure"
    return text


def _doubts(found: tuple[Licence, ...], said: frozenset[Need], guest: bool | None) -> Iterable[str]:
    for one in found:
        if one.active and not one.grants:
            yield f"{one.title} ({one.id}) is licensed; which updates that is for is not known, so it counts for none."
        elif one.partial_key and not one.active:
            yield f"{one.title}: {one.state}; only an activated key counts."
    if said and guest is False:
        yield "The entitlement of Azure is stated, and the chassis does not carry the tag of an Azure virtual machine."


def _union(sets: Iterable[frozenset[Need]]) -> frozenset[Need]:
    return frozenset().union(*sets)


def _needs(words: Iterable[str]) -> frozenset[Need]:
    return frozenset(Need(word) for word in words)


def _facts() -> Mapping[str, Any]:
    return data("entitlements.yml")  # type: ignore[no-any-return]
