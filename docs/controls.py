# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write docs/controls from the records of the baseline: python docs/controls.py [--check].

One page for each area and an index that counts. Nothing of it is written by hand. With --check nothing is written, and
the exit status is 1 when a page is out of date.
"""

from __future__ import annotations

import collections
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from control_words import READERS, Record, conditions, flat, listed, site_value

ROOT = Path(__file__).parents[1]
DATA = ROOT / "plugins" / "plugin_utils" / "_baseline" / "data"
PAGES = ROOT / "docs" / "controls"
LEVELS = ("baseline", "strict", "opt-in", "report")
CHECKED_ONLY = {
    "registry_list_empty",
    "file_version",
    "any_service",
    "service_paths",
    "auditpol_report",
    "firewall_scope",
    "shared_folder_acl",
    "shared_printer_acl",
    "wmi",
    "feature_absent",
    "start_options",
}
DOING = {
    "set": "checked and set",
    "check": "checked; changed by hand",
    "guard": "guarded: checked, and never changed",
    "shown": "shown",
    "hand": "looked at by hand",
}


def main(arguments: list[str]) -> int:
    """Bring the pages up to date, or with --check say whether they are."""
    fresh = pages()
    there = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
    if arguments == ["--check"]:
        if fresh != there:
            print("docs/controls is out of date; run: python docs/controls.py", file=sys.stderr)
        return int(fresh != there)
    PAGES.mkdir(exist_ok=True)
    for name in there.keys() - fresh.keys():
        (PAGES / name).unlink()
    for name, text in fresh.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    return 0


def pages() -> dict[str, str]:
    """Return every page by the name of its file."""
    areas = {path.stem: load(path)["controls"] for path in sorted((DATA / "controls").glob("*.yml"))}
    profiles = [load(path) for path in sorted((DATA / "profiles").glob("*.yml"))]
    steps = {one["id"]: one["title"] for one in load(DATA / "groups.yml")["groups"]}
    made = {f"{area}.md": area_page(area, records, profiles, steps) for area, records in areas.items()}
    made["do_nothing.md"] = do_nothing_page(load(DATA / "do_nothing.yml")["settings"])
    made["README.md"] = index(areas, profiles, load(DATA / "conflicts.yml")["disagreements"])
    return {name: "\n".join(lines).rstrip() + "\n" for name, lines in made.items()}


def load(path: Path) -> Any:
    """Read a YAML file."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)


# -- the index ----------------------------------------------------------------------------------------------------


def index(areas: Mapping[str, list[Record]], profiles: list[Record], disagreements: list[Record]) -> list[str]:
    """Return the lines of the page that counts."""
    every = [one for records in areas.values() for one in records]
    lines = [
        "# Controls of the baseline",
        "",
        f"{len(every)} controls in {len(areas)} areas, and [settings that do nothing](do_nothing.md) on NT 6.0.",
        "These pages are made from the records by `python docs/controls.py`; a test fails while they are out of date.",
        "",
        "## By area",
        "",
        *table(["Area", "Controls", *LEVELS], [area_row(area, records) for area, records in areas.items()]),
        "",
        "## By what is done",
        "",
        "A control that no answer of the machine decides without doubt is `notchecked`, with what a person has to do.",
        "",
        *counted(every, doing, DOING),
        "",
        "## By mechanism",
        "",
        *counted(every, lambda one: str(one["mechanism"]["kind"]), {}),
        "",
        "## By profile",
        "",
        "A published profile holds the controls that carry its document's numbers. Where following the document would",
        "harm on NT 6.0 the control keeps its own value, and the entry says what was asked for and why it is not done.",
        "",
        *table(
            ["Profile", "What it follows", "Controls", "Values of its own", "Not followed"], map(profile_row, profiles)
        ),
    ]
    for profile in profiles:
        left = [one for one in profile["controls"] if isinstance(one, Mapping) and "deviation" in one]
        if left:
            rows = [
                [link(one["control"], areas), ", ".join(one["source"]), one["asks"], one["deviation"]] for one in left
            ]
            lines += ["", f"### Not followed in `{profile['id']}`", ""]
            lines += table(["Control", "Its number", "It asks for", "Why not"], rows)
    lines += ["", "## Where the documents disagree", ""]
    rows = [[one["topic"], one["disa"], one["cis"], one["microsoft"], one["ours"]] for one in disagreements]
    return [*lines, *table(["Topic", "DISA", "CIS 2.1.0", "Microsoft", "Here"], rows)]


def area_row(area: str, records: list[Record]) -> list[str]:
    """Return one line of the table of areas."""
    levels = collections.Counter(one["level"] for one in records)
    return [f"[{area}]({area}.md)", str(len(records)), *(str(levels[level]) for level in LEVELS)]


def profile_row(profile: Record) -> list[str]:
    """Return one line of the table of profiles."""
    entries = [one for one in profile["controls"] if isinstance(one, Mapping)]
    own, left = (sum(word in one for one in entries) for word in ("value", "deviation"))
    return [f"`{profile['id']}`", profile["title"], str(len(profile["controls"])), str(own), str(left)]


def doing(record: Record) -> str:
    """Return what this collection does with a control: a word of `DOING`."""
    mechanism = record["mechanism"]
    if mechanism["kind"] == "manual" or "by_hand" in record:
        return "hand"
    if mechanism.get("operator") == "report" or mechanism["kind"] == "auditpol_report":
        return "shown"
    if record.get("guard"):
        return "guard"
    writes = mechanism["kind"] not in CHECKED_ONLY and not mechanism.get("check_only")
    if mechanism["kind"] in ("file_acl", "registry_acl"):
        writes = bool(mechanism.keys() & {"sddl", "narrow"})
    return "set" if writes else "check"


def counted(every: Iterable[Record], key: Callable[[Record], str], words: Mapping[str, str]) -> list[str]:
    """Return a table of how many controls have what, the most first."""
    counts = collections.Counter(map(key, every))
    rows = [
        [words.get(name, f"`{name}`"), str(count)]
        for name, count in sorted(counts.items(), key=lambda it: (-it[1], it[0]))
    ]
    return table(["What", "Controls"], rows)


def link(control: str, areas: Mapping[str, list[Record]]) -> str:
    """Return a link to a control's own part of its page."""
    area = next(area for area, records in areas.items() if any(one["id"] == control for one in records))
    return f"[{control}]({area}.md#{control})"


# -- an area ------------------------------------------------------------------------------------------------------


def area_page(area: str, records: list[Record], profiles: list[Record], steps: Mapping[str, str]) -> list[str]:
    """Return the lines of the page of an area."""
    lines = [f"# Controls: {area}", "", "Back to [all areas](README.md).", ""]
    lines += table(["Control", "Level", "What is true of a machine that passes"], [
        [f"[{one['id']}](#{one['id']})", one["level"], one["title"]] for one in records
    ])  # fmt: skip
    for one in records:
        lines += [
            "",
            f"## {one['id']}",
            "",
            f"**{one['title']}.** {flat(one['why'])}",
            "",
            *facts(one, profiles, steps),
        ]
    return lines


def facts(one: Record, profiles: list[Record], steps: Mapping[str, str]) -> list[str]:
    """Return what there is to say of a control, a line each."""
    lockout = one["lockout"]
    told = [
        ("For", f"{', '.join(one['roles'])}; level {one['level']}; tags {', '.join(one['tags'])}"),
        ("Only where", conditions(one.get("only_if"))),
        *described(one),
        ("By hand", one.get("by_hand")),
        ("Done", f"{DOING[doing(one)]}; step `{one['group']}`: {steps[one['group']]}"),
        ("As delivered", one["default"]),
        ("Without effect unless", conditions(one.get("prerequisites"))),
        ("Changed only when", conditions(one.get("guards"))),
        ("Restart", " ".join(filter(None, (f"{one['restart']}.", flat(one.get("restart_note", "")))))),
        ("May break", one["breaks"]),
        ("Look first", one["look_first"]),
        ("Lock-out", f"{lockout['risk']}. {flat(lockout.get('note', ''))}".strip()),
        ("Note", one.get("note")),
        ("Profiles", "; ".join(filter(None, (in_profile(one["id"], profile) for profile in profiles)))),
        ("Sources", "; ".join(map(flat, one["references"]))),
        ("Confidence", one["confidence"]),
    ]
    return [f"- {name}: {escaped(flat(text))}" for name, text in told if text]


def in_profile(control: str, profile: Record) -> str:
    """Return how a profile holds a control, or ""."""
    for entry in profile["controls"]:
        if entry == control:
            return f"`{profile['id']}`"
        if isinstance(entry, Mapping) and entry["control"] == control:
            words = [*entry.get("source", ()), *([f"with {entry['value']}"] if "value" in entry else [])]
            words += ["not followed"] if "deviation" in entry else []
            return f"`{profile['id']}`" + (f" ({', '.join(words)})" if words else "")
    return ""


def described(one: Record) -> list[tuple[str, str]]:
    """Return how a control is read, what is wanted, and how it is set."""
    mechanism = one["mechanism"]
    read, wanted, written = READERS[mechanism["kind"]](mechanism)
    if "site_value" in mechanism:
        wanted += f" Site value: {site_value(mechanism['site_value'])}."
    done = doing(one)
    return [
        ("Read", read),
        ("Wanted", wanted),
        ("Set", {"set": written, "check": written and f"by hand, {written}"}.get(done, "")),
    ]


# -- settings without effect --------------------------------------------------------------------------------------


def do_nothing_page(settings: list[Record]) -> list[str]:
    """Return the lines of the page of what does nothing."""
    lines = [
        "# Settings that do nothing on NT 6.0",
        "",
        f"Back to [all areas](README.md). {len(settings)} settings stand in baselines for other systems and have no",
        "effect here. Where one shows in the registry it is reported, with what to do instead; who asks for one by its",
        "id or name is refused before anybody connects.",
    ]
    for one in settings:
        lines += ["", f"## {one['id']}", "", f"**{one['setting']}.** {one['why']}", ""]
        shows = "; ".join(trace(row) for row in one.get("traces", ()))
        harm = "it fails, for here it does harm" if one.get("harmful") else ""
        told = (
            ("Instead", one.get("instead")),
            ("Found", harm),
            ("Shows as", shows),
            ("Refused as", ", ".join(one.get("names", ()))),
        )
        lines += [f"- {name}: {escaped(flat(text))}" for name, text in told if text]
        lines += [f"- Source: {escaped(one['source'])}", f"- Confidence: {one['confidence']}"]
    return lines


def trace(row: Record) -> str:
    words = f"`{row['key']}`" + (f" `{row['name']}`" if "name" in row else "")
    words += f" with {listed(map(str, row['data']), 'or')}" if "data" in row else ""
    return words + (f" like `{row['matches']}`" if "matches" in row else "")


# -- parts --------------------------------------------------------------------------------------------------------


def table(heads: list[str], rows: Iterable[list[str]]) -> list[str]:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    return lines + ["| " + " | ".join(escaped(flat(cell)).replace("|", "\\|") for cell in row) + " |" for row in rows]


def escaped(text: str) -> str:
    """Keep what stands outside code from being read as markup."""
    parts = text.split("`")
    return "`".join(part if at % 2 else part.replace("<", "&lt;").replace("*", "\\*") for at, part in enumerate(parts))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
