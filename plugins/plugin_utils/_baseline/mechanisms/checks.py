# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Controls that are looked at and never changed from here (private to this collection)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._change.values import Change
from ..answers import Answers, Unknown
from ..findings import Judged, Status
from ..records import Control
from ..surroundings import version
from .reads import Reads, Rows

_BY_HAND = "it is looked at only; change it by hand"


class CheckOnly:
    """What all of them share."""

    def check_record(self, control: Control) -> None:
        """The schema says it all."""

    def reads(self, control: Control) -> Reads:
        """Nothing but what is asked anyway."""
        return Reads()

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Never."""
        return ()

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Say so."""
        return _BY_HAND


class ManualMechanism(CheckOnly):
    """`manual`: what no machine can tell without doubt. Never a pass."""

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Return the procedure."""
        procedure = str(control.settings.get("procedure") or "this version cannot read it yet; look at it by hand")
        return Judged(Status.NOTCHECKED, "to be looked at by hand", control.title, (procedure,))


class EmptyListMechanism(CheckOnly):
    """`registry_list_empty`: none of the keys holds a value."""

    def reads(self, control: Control) -> Reads:
        """Return the keys."""
        return Reads(keys=tuple(control.settings["keys"]))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Name every value that is there."""
        found = {key: [name for name in (answers.key(key) or {}) if name] for key in control.settings["keys"]}
        seen = tuple(f"{key}: {', '.join(names)}" for key, names in found.items() if names)
        return Judged(Status.FAIL if seen else Status.PASS, "; ".join(seen) or "empty", "empty", seen or tuple(found))


class FileVersionMechanism(CheckOnly):
    """`file_version`: every file is there and at least that."""

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare the versions."""
        found = {one["path"]: answers.version_of(one["path"]) for one in control.settings["files"]}
        least = {one["path"]: one["at_least"] for one in control.settings["files"]}
        good = all(held is not None and version(held) >= version(least[path]) for path, held in found.items())
        seen = tuple(f"{path}: {held or 'not there'}" for path, held in found.items())
        wanted = "; ".join(f"{path}: at least {one}" for path, one in least.items())
        return Judged(Status.PASS if good else Status.FAIL, "; ".join(seen), wanted, seen)


class WmiMechanism(CheckOnly):
    """`wmi`: a property of every row; operator none: there must be no row but those that the site names."""

    def check_record(self, control: Control) -> None:
        """Raise `RecordError` for a condition that is not understood."""
        Rows.of(control.settings)

    def reads(self, control: Control) -> Reads:
        """Return the question; what the snapshot knows of the operating system anyway is not asked again."""
        return Reads() if control.settings["property"] in _OS else Reads(rows=(Rows.of(control.settings),))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare each row."""
        settings = control.settings
        name = settings["property"]
        rows = _rows(settings, answers)
        seen = tuple(f"{name} = {'(empty)' if one is None else one}" for one in rows)
        if settings["operator"] == "none":
            named = {str(one).casefold() for one in settings.get("value") or ()}
            left = [str(one) for one in rows if str(one).casefold() not in named]
            observed = ", ".join(left) or "none"
            return Judged(Status.FAIL if left else Status.PASS, observed, "none", seen or ("WMI returned no row",))
        if not rows:
            return Judged(Status.NOTAPPLICABLE, "none there", "nothing to set", ("WMI returned no row",))
        value = settings["value"]
        wanted = {str(one).casefold() for one in (value if isinstance(value, list) else [value])}
        good = all(str(one).casefold() in wanted for one in rows)
        expected = f"{name} = {' or '.join(sorted(wanted))}"
        return Judged(Status.PASS if good else Status.FAIL, "; ".join(dict.fromkeys(seen)), expected, seen)


class FeatureMechanism(CheckOnly):
    """`feature_absent`: none of the features is installed but those that the site uses, by Win32_ServerFeature.

    The numbers are the vendor's (learn.microsoft.com, Win32_ServerFeature, property ID); names are translated. What is
    installed fails everywhere. That nothing is counts for a full installation only: no page says that the class tells
    all of Server Core, and without its answer nothing is told.
    """

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Name what is there, with its numbers."""
        settings = control.settings
        expected = f"none of {', '.join(_named(one) for one in settings['features'])}"
        try:
            found = set(answers.probe("features"))
            sku = answers.probe("os").get("sku")
        except Unknown as error:
            return Judged(Status.NOTCHECKED, "unknown", expected, (str(error), settings["procedure"]))
        used = {str(one).casefold() for one in settings.get("used", ())}
        there = [one for one in settings["features"] if found & set(one["ids"])]
        left = [_named(one) for one in there if one["name"].casefold() not in used]
        seen = f"Win32_ServerFeature: {', '.join(map(str, sorted(found))) or 'no row'}"
        wished = tuple(f"the site uses {_named(one)}" for one in there if one["name"].casefold() in used)
        if left:
            return Judged(Status.FAIL, ", ".join(left), expected, (seen, *wished))
        if sku is None or sku in _CORE:
            core = "Server Core" if sku in _CORE else "an edition that is not known"
            doubt = f"the machine runs {core}, of which Win32_ServerFeature may not tell everything"
            return Judged(Status.NOTCHECKED, "none seen", expected, (seen, *wished, doubt, settings["procedure"]))
        observed = "none beside those that the site uses" if wished else "none"
        return Judged(Status.PASS, observed, expected, (seen, *wished))


# OperatingSystemSKU of Server Core, the editions without Hyper-V too (GetProductInfo, PRODUCT_*_SERVER_CORE, _CORE_V).
_CORE = (12, 13, 14, 29, 39, 40, 41)


def _named(feature: Mapping[str, Any]) -> str:
    return f"{feature['name']} ({', '.join(map(str, feature['ids']))})"


class StartOptionsMechanism(CheckOnly):
    """`start_options`: the running system was started with none of these words, whatever value they carry.

    The configuration manager keeps the load options in SystemStartOptions (Microsoft KB 244876). What the next start
    will have it does not tell, so a record of this kind leaves that to a person.
    """

    def reads(self, control: Control) -> Reads:
        """Return the key."""
        return Reads(keys=(_CONTROL,))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare word by word: ``NODEBUG`` is not ``DEBUG``, and ``DEBUG=...`` is."""
        words = control.settings["words"]
        expected = f"started without {', '.join(words)}"
        value = answers.value(_CONTROL, _OPTIONS)
        if value is None:
            raise Unknown(f"what the system was started with is not known: {_CONTROL} has no {_OPTIONS}")
        said = str(value.data).split()
        bare = {one.lstrip("/").partition("=")[0].upper() for one in said}
        found = [one for one in words if one in bare]
        observed = f"started with {', '.join(found)}" if found else "started without them"
        return Judged(
            Status.FAIL if found else Status.PASS, observed, expected, (f"{_CONTROL} {_OPTIONS} = {' '.join(said)}",)
        )


_CONTROL, _OPTIONS = "HKLM\\SYSTEM\\CurrentControlSet\\Control", "SystemStartOptions"


# What `os` in a snapshot knows already, by the name of Win32_OperatingSystem.
_OS = {"ServicePackMajorVersion": "service_pack", "DataExecutionPrevention_SupportPolicy": "execution_prevention"}


def _rows(settings: Mapping[str, Any], answers: Answers) -> list[str | None]:
    name = settings["property"]
    if name in _OS:
        return [_of_system(answers, name)]
    rows = Rows.of(settings)
    return rows.chosen(answers.probe(rows.id))


def _of_system(answers: Answers, name: str) -> str:
    found = answers.probe("os").get(_OS[name])
    if found is None:
        raise Unknown(f"{name} is not known: the operating system did not name it")
    return str(found)
