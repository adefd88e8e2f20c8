# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write the reference of every module, plugin, role and control as Markdown: python docs/build.py FOLDER.

What ansible-doc knows of the installed collection becomes one page each; the records of the baseline become one table.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
COLLECTION = "sunset.ws2008"
# Type for ansible-doc -> folder that names its members.
FOLDERS = {
    "module": "plugins/modules", "connection": "plugins/connection", "filter": "plugins/filter",
    "shell": "plugins/shell", "role": "roles",
}  # fmt: skip
CONTROLS = ROOT / "plugins" / "plugin_utils" / "_baseline" / "data" / "controls"
_MARKUP = re.compile(r"\b(B|C|E|I|L|M|O|P|R|RV|U|V)\(((?:[^()\\]|\\.|\([^()]*\))*)\)|\bHORIZONTALLINE\b")


def main(arguments: list[str]) -> int:
    """Write all pages below the folder that the first argument names."""
    if len(arguments) != 1:
        print("say where to: python docs/build.py FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    index = [f"# Reference of {COLLECTION}", ""]
    for kind in FOLDERS:
        index += [f"## {kind.capitalize()}s", ""]
        for name, entry in sorted(documents(kind).items()):
            page = role_page(name, entry) if kind == "role" else plugin_page(kind, name, entry)
            (folder / file_name(kind, name)).write_text("\n".join(page) + "\n", encoding="utf-8")
            index.append(f"- [{name}]({file_name(kind, name)}): {prose(summary(entry))}")
        index.append("")
    (folder / "controls.md").write_text("\n".join(controls_page()) + "\n", encoding="utf-8")
    index += ["## Baseline", "", "- [controls](controls.md): what is checked and set, what it may break, and why"]
    (folder / "index.md").write_text("\n".join(index) + "\n", encoding="utf-8")
    print(f"{len(list(folder.glob('*.md')))} pages in {folder}")
    return 0


def documents(kind: str) -> dict[str, Any]:
    """Return what ansible-doc knows of every member of a type, by full name."""
    members = sorted(path.stem for path in (ROOT / FOLDERS[kind]).iterdir() if path.is_dir() or path.suffix == ".py")
    names = [f"{COLLECTION}.{member}" for member in members if not member.startswith("_")]
    program = Path(sys.executable).with_name("ansible-doc")
    done = subprocess.run([program, "-j", "-t", kind, *names], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    lost = sorted(set(names) - set(found))
    if lost:
        raise SystemExit(f"ansible-doc has no page for {', '.join(lost)}: {done.stderr.strip()}")
    return found


def file_name(kind: str, name: str) -> str:
    """Return the file of a page."""
    return f"{kind}_{name.removeprefix(COLLECTION + '.')}.md"


def summary(entry: Mapping[str, Any]) -> str:
    """Return the one line that says what a plugin or a role is."""
    page = entry["doc"] if "doc" in entry else entry["entry_points"]["main"]
    return str(page["short_description"])


# -- pages --------------------------------------------------------------------------------------------------------


def plugin_page(kind: str, name: str, entry: Mapping[str, Any]) -> list[str]:
    """Return the lines of the page of a module or plugin."""
    page = entry["doc"]
    lines = [f"# {name} ({kind})", "", prose(page["short_description"]), "", *paragraphs(page["description"])]
    if page.get("options"):
        lines += ["## Options", "", *fields(page["options"]), ""]
    if page.get("attributes"):
        lines += ["## Attributes", ""]
        for attribute, one in sorted(page["attributes"].items()):
            lines.append(f"- **{attribute}**: {one.get('support', '')}. {' '.join(texts(one['description']))}")
        lines.append("")
    if page.get("notes"):
        lines += ["## Notes", "", *(f"- {text}" for text in texts(page["notes"])), ""]
    if (entry.get("examples") or "").strip():
        lines += ["## Examples", "", "```yaml", entry["examples"].strip("\n"), "```", ""]
    if entry.get("return"):
        lines += ["## Return values", "", *fields(entry["return"], "contains"), ""]
    return lines[:-1]


def role_page(name: str, entry: Mapping[str, Any]) -> list[str]:
    """Return the lines of the page of a role."""
    page = entry["entry_points"]["main"]
    lines = [f"# {name} (role)", "", prose(page["short_description"]), "", *paragraphs(page.get("description", []))]
    return [*lines, "## Variables", "", *fields(page.get("options") or {})]


def controls_page() -> list[str]:
    """Return the lines of the page of all controls, by area."""
    lines = ["# Controls of the baseline"]
    for path in sorted(CONTROLS.glob("*.yml")):
        for one in yaml.safe_load(path.read_text(encoding="utf-8"))["controls"]:
            lines += ["", f"## {one['id']}", "", f"{one['title']}.", ""]
            lines += [f"- area {one['area']}, level {one['level']}, for {', '.join(one['roles'])}"]
            told = {"default": "as delivered", "breaks": "what it may break", "look_first": "look first at"}
            lines += [f"- {words}: {flat(one[key])}" for key, words in told.items() if one.get(key)]
            lines += [f"- restart needed: {one.get('restart', 'no')}; confidence: {one.get('confidence', 'unknown')}"]
            lines += [f"- {flat(one['note'])}"] if one.get("note") else []
            lines += [f"- sources: {', '.join(one['references'])}"] if one.get("references") else []
    return lines


# -- parts --------------------------------------------------------------------------------------------------------


def fields(options: Mapping[str, Mapping[str, Any]], below: str = "suboptions", depth: int = 0) -> list[str]:
    """Return options or return values as a nested list."""
    lines = []
    indent = "  " * depth
    for name, one in options.items():
        lines.append(f"{indent}- **{name}** ({', '.join(traits(one))})")
        lines += [f"{indent}  {text}" for text in texts(one.get("description", []))]
        inner = one.get(below) or one.get("options")
        if inner:
            lines += fields(inner, below, depth + 1)
    return lines


def traits(one: Mapping[str, Any]) -> list[str]:
    """Return the facts about an option that stand behind its name."""
    kind = str(one.get("type", "str"))
    found = [f"{kind} of {one['elements']}" if one.get("elements") else kind]
    if one.get("required"):
        found.append("required")
    if one.get("default") is not None:
        found.append(f"default `{json.dumps(one['default'])}`")
    if one.get("choices"):
        found.append("one of " + " ".join(f"`{choice}`" for choice in one["choices"]))
    if one.get("aliases"):
        found.append("also called " + " ".join(f"`{alias}`" for alias in one["aliases"]))
    if one.get("vars"):
        found.append("variable " + " ".join(f"`{variable['name']}`" for variable in one["vars"]))
    if one.get("returned"):
        found.append(f"returned: {prose(one['returned'])}")
    return found


def paragraphs(description: str | Iterable[str]) -> list[str]:
    """Return a description as paragraphs."""
    return [line for text in texts(description) for line in (text, "")]


def texts(description: str | Iterable[str]) -> list[str]:
    """Return a description, which may be one text or several, as Markdown texts."""
    return [prose(text) for text in ([description] if isinstance(description, str) else description)]


def flat(text: object) -> str:
    """Return a text of a record on one line."""
    return " ".join(str(text).split())


def prose(text: str) -> str:
    """Turn Ansible's markup into Markdown."""
    return _MARKUP.sub(_replaced, flat(text))


def _replaced(match: re.Match[str]) -> str:
    sign, inner = match[1], match[2] or ""
    if sign in ("E", "O", "P", "RV", "V"):  # those in which a backslash protects the character after it
        inner = re.sub(r"\\(.)", r"\1", inner)
    if sign is None:
        return "---"
    if sign in ("M", "P"):
        name, _hash, kind = inner.partition("#")
        ours = name.startswith(COLLECTION + ".")
        return f"[{name}]({file_name(kind or 'module', name)})" if ours else f"`{name}`"
    if sign in ("L", "R"):
        shown, _comma, target = inner.partition(",")
        return f"[{shown}]({target.strip()})" if sign == "L" else shown
    if sign == "U":
        return f"<{inner}>"
    if sign in ("O", "RV"):
        inner = inner.rpartition(":")[2] if "#" in inner else inner
    return {"B": f"**{inner}**", "I": f"*{inner}*"}.get(sign, f"`{inner}`")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
