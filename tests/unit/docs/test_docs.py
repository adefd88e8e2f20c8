# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What README, guides and role pages promise is there: commands, names, variables, files, links, examples."""

from __future__ import annotations

import functools
import importlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PLUGINS = "ansible_collections.sunset.ws2008.plugins"
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / "roles" / role / "README.md" for role in ROLES),
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PREFIXES = ("ansible", "baseline", "sunset", "updates", *ROLES)
VARIABLE = re.compile(rf"(?:{'|'.join(PREFIXES)})_[a-z0-9_]+")
NO_VARIABLES = {*ROLES, "esu_preparation"}  # what is called so is a role or a target
# Of ansible-core itself, and what its own connections define.
CORE_VARIABLES = {"ansible_connection", "ansible_collections"}
# Files that a reader makes, or that a run leaves.
OF_THE_READER = {"inventory.yml", "rehearsal.yml", "requirements.yml", "systeminfo.txt"}
# Type for ansible-doc -> folder below plugins.
FOLDER = {"module": "modules", "connection": "connection", "filter": "filter", "shell": "shell"}


def label(path: Path) -> str:
    """Return what a page is called in test names."""
    return path.relative_to(ROOT).as_posix()


def fences(page: Path, *languages: str) -> Iterator[str]:
    """Yield the fenced blocks of these languages."""
    for language, text in FENCE.findall(page.read_text(encoding="utf-8")):
        if language in languages:
            yield text


def code(page: Path) -> list[str]:
    """Return every piece of code of a page: inline spans, and the lines of its fenced blocks."""
    text = page.read_text(encoding="utf-8")
    spans = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    return [*spans, *(line for _language, block in FENCE.findall(text) for line in block.splitlines())]


def names(folder: str, suffix: str = ".py") -> set[str]:
    """Return the names that the files of a folder give."""
    return {path.stem for path in (ROOT / folder).glob(f"*{suffix}")}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def defaults(role: str) -> dict[str, Any]:
    """Return the defaults of a role."""
    return load(ROOT / "roles" / role / "defaults" / "main.yml") or {}


def options(role: str) -> dict[str, Any]:
    """Return the documented options of a role."""
    specs: dict[str, Any] = load(ROOT / "roles" / role / "meta" / "argument_specs.yml")
    return specs["argument_specs"]["main"].get("options") or {}


@functools.cache
def variables() -> frozenset[str]:
    """Return every variable that roles, playbooks and connections take or leave."""
    known = set(CORE_VARIABLES)
    for role in ROLES:
        known |= set(options(role)) | set(defaults(role))
    for path in [*(ROOT / "roles").glob("*/defaults/*.yml"), *(ROOT / "roles").glob("*/tasks/*.yml")]:
        text = path.read_text(encoding="utf-8")
        known |= set(re.findall(r"{{ (\w+) \| default", text)) | set(re.findall(r"register: (\w+)", text))
        known |= set(re.findall(r"^    (\w+_\w+):", text, re.MULTILINE))  # set_fact
    for path in (ROOT / "playbooks").glob("*.yml"):
        known |= set(re.findall(r"{{ (\w+) \| default", path.read_text(encoding="utf-8")))
    for door in names("plugins/connection"):
        page = yaml.safe_load(importlib.import_module(f"{PLUGINS}.connection.{door}").DOCUMENTATION)
        for option in page["options"].values():
            known |= {one["name"] for one in option.get("vars", [])}
    return frozenset(known)


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {match[1] for piece in code(page) if (match := re.match(r"make ([a-z-]+)", piece))}
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_everything_that_a_page_names_of_the_collection_exists(page: Path) -> None:
    there = names("playbooks", ".yml").union(ROLES, *(names(f"plugins/{folder}") for folder in FOLDER.values()))
    named = set(re.findall(r"sunset\.ws2008\.(\w+)", page.read_text(encoding="utf-8")))
    assert named <= there


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_every_variable_that_a_page_names_exists(page: Path) -> None:
    named: set[str] = set()
    for piece in code(page):
        # `harden_result.held` names a variable, `ansible-doc` and `sunset_x/y` do not
        named |= {one for one in re.findall(r"(?<![\w./-])\w+(?![\w/-])", piece) if VARIABLE.fullmatch(one)}
    # `ansible_winrm_*` means all that begin so
    families = {one for one in named if one.endswith("_")}
    assert {one for one in named - families if one not in NO_VARIABLES} <= variables()
    assert all(any(one.startswith(family) for one in variables()) for family in families)


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_every_yaml_example_is_yaml(page: Path) -> None:
    for text in fences(page, "yaml", "yml"):
        assert yaml.safe_load(text), text


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _hash, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", one).strip().lower().replace(" ", "-") for one in headings}, target


@pytest.mark.parametrize("page", PAGES, ids=label)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    top = "changelogs|docs|extensions|meta|playbooks|plugins|roles|tests"
    for piece in code(page):
        for path in re.findall(rf"(?<![\w./\\-])(?:{top})/[\w./-]*\w", piece):
            assert (ROOT / path).exists(), path
    if page.name == "README.md":
        for name in re.findall(r"`([\w-]+\.(?:cmd|cfg|md|py|toml|txt|yml))`", page.read_text(encoding="utf-8")):
            ours = [ROOT / name, *ROOT.glob(f"extensions/*/{name}"), *ROOT.glob(f"docs/{name}")]
            known = name in OF_THE_READER or page.parent != ROOT  # a role's page names files on the machine
            assert known or any(path.exists() for path in ours), name


@pytest.mark.parametrize("role", ROLES)
def test_a_roles_page_defaults_and_argument_specs_name_the_same_variables(role: str) -> None:
    table = re.findall(r"^\| `(\w+)` \|", (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8"), re.M)
    required = {name for name, one in options(role).items() if one.get("required")}
    assert set(table) == set(options(role)) == set(defaults(role)) | required
    assert all(name.startswith(role + "_") for name in options(role))


@pytest.mark.parametrize("kind", FOLDER)
def test_ansible_doc_shows_every_page(kind: str) -> None:
    pages = sorted(f"sunset.ws2008.{name}" for name in names(f"plugins/{FOLDER[kind]}"))
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-doc"), "-t", kind, *pages],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr
    shown = re.sub(r"\x1b\[[\d;]*m", "", done.stdout).lower()
    for page in pages:
        assert re.search(rf"^> (?:{kind} )?{re.escape(page)}\b", shown, re.MULTILINE), page


def test_an_option_of_several_modules_is_described_in_one_place() -> None:
    written: dict[tuple[str, str], str] = {}
    for module in sorted(names("plugins/modules")):
        page = yaml.safe_load(importlib.import_module(f"{PLUGINS}.modules.{module}").DOCUMENTATION)
        for name, option in page["options"].items():
            # The same words twice drift apart; a fragment below plugins/doc_fragments says them once.
            said = (name, str(option["description"]))
            assert said not in written, f"{name} of {module} and {written[said]}"
            written[said] = module


def commands() -> list[str]:
    """Return every ansible-playbook line of every page, without its comment."""
    lines = {
        shlex.join(shlex.split(line, comments=True))
        for page in PAGES
        for block in fences(page, "console", "bash", "sh")
        for line in block.splitlines()
        if line.startswith("ansible-playbook ")
    }
    return sorted(lines)


def together() -> dict[str, list[str]]:
    """Return for each inventory the options and playbooks that pages give with it: a process each takes seconds."""
    found: dict[str, list[str]] = {}
    for line in commands():
        _program, *arguments = shlex.split(line)
        place = arguments.index("-i")
        inventory = arguments[place + 1]
        found.setdefault(inventory, []).extend([*arguments[:place], *arguments[place + 2 :]])
    return found


@pytest.mark.parametrize("inventory", together())
def test_every_playbook_line_passes_the_syntax_check(inventory: str, tmp_path: Path) -> None:
    (tmp_path / inventory).write_text(
        "all: {hosts: {press-line-3: {ansible_connection: sunset.ws2008.twin}}}\n", encoding="utf-8"
    )
    playbooks = {one for one in together()[inventory] if one.startswith("sunset.ws2008.")}
    rest = [one for one in together()[inventory] if one not in playbooks]
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", inventory, *rest, "--syntax-check", *playbooks],
        capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("playbook: ") >= len(playbooks) > 0


def test_the_exceptions_are_the_same_for_every_ansible_core_and_have_reasons() -> None:
    lists = [path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "sanity").glob("ignore-*.txt")]
    assert len(set(lists)) == 1
    for line in lists[0].splitlines():
        assert " # " in line, f"without a reason: {line}"
        assert (ROOT / line.split()[0]).exists(), f"of a file that is gone: {line}"
