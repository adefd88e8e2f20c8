# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of the house, read from the imports themselves (docs/architecture.md explains them)."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLUGINS = ROOT / "plugins"
UTILS = PLUGINS / "plugin_utils"
PACKAGE = "ansible_collections.sunset.ws2008.plugins.plugin_utils"

FLOOR = {
    "_target": 1, "_console": 1, "_report": 1,
    "_host": 2, "_change": 2,
    "_servicing": 3, "_baseline": 3, "_dependencies": 3, "_doctor": 3, "_twin": 3,
}  # fmt: skip
MAY_IMPORT_ANSIBLE = {"_action.py", "_door.py", "_target/wsman.py", "_target/reboot.py", "_twin/winrm_server.py"}
# Besides the two ends of the wire, contact.py may knock at a port for the doctor.
MAY_TOUCH_THE_NETWORK = {"_target/wsman", "_target/contact", "_twin/winrm_server", "_twin/wsman"}
NETWORK = {"socket", "ssl", "http", "urllib", "requests", "winrm", "spnego", "selectors", "asyncio", "socketserver"}

FILES = sorted(path for path in UTILS.rglob("*.py"))


@functools.cache
def opened(path: Path) -> tuple[str, tuple[tuple[str, int], ...]]:
    """Return the docstring of a file and what it imports; each file is read once for all rules."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return ast.get_docstring(tree) or "", tuple(_imports(tree, path))


def imports(path: Path) -> tuple[tuple[str, int], ...]:
    """Return every imported module as an absolute name, with its line; imports for the type checker included."""
    return opened(path)[1]


def _imports(tree: ast.Module, path: Path) -> Iterator[tuple[str, int]]:
    package = [PACKAGE, *path.relative_to(UTILS).parent.parts]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = ".".join(package[: len(package) - node.level + 1])
                yield from (
                    (f"{base}.{node.module}" if node.module else f"{base}.{a.name}", node.lineno) for a in node.names
                )
            else:
                yield node.module or "", node.lineno


def room(module: str) -> str | None:
    """Return the room of one of our own modules."""
    rest = module.removeprefix(PACKAGE + ".")
    return rest.split(".")[0] if rest != module else None


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(UTILS)))
def test_a_room_imports_only_from_floors_below_it(path: Path) -> None:
    here = path.relative_to(UTILS).parts[0]
    if here not in FLOOR:
        return  # helpers of floor 4 may use every floor
    for module, line in imports(path):
        there = room(module)
        if there is None or there == here:
            continue
        assert there in FLOOR, f"{path.name}:{line} imports {there}, a helper of floor 4"
        assert FLOOR[there] < FLOOR[here], f"{path.name}:{line} imports {there} from the same or a higher floor"


@pytest.mark.parametrize("path", sorted((UTILS / "_twin").rglob("*.py")), ids=lambda path: str(path.relative_to(UTILS)))
def test_the_twin_shares_nothing_with_the_client(path: Path) -> None:
    strangers = [(module, line) for module, line in imports(path) if room(module) not in (None, "_twin")]
    assert not strangers, f"{path.name} imports the other side of the wire: {strangers}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(UTILS)))
def test_ansible_and_the_network_stay_in_the_doors(path: Path) -> None:
    name = path.relative_to(UTILS).as_posix()
    for module, line in imports(path):
        top = module.split(".")[0]
        if top == "ansible":
            assert name in MAY_IMPORT_ANSIBLE, f"{name}:{line} imports ansible"
        if top in NETWORK:
            assert name.startswith(tuple(MAY_TOUCH_THE_NETWORK)), f"{name}:{line} imports {top}"


@pytest.mark.parametrize("path", sorted((PLUGINS / "action").glob("*.py")), ids=lambda path: path.name)
def test_an_action_is_thin_and_has_its_documentation(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 130, (
        f"{path.name} holds more than arguments and result"
    )
    assert (PLUGINS / "modules" / path.name).exists(), f"{path.name} has no documentation module"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(UTILS)))
def test_private_files_say_so(path: Path) -> None:
    docstring, _imported = opened(path)
    assert "private to this collection" in docstring.split("\n\n")[0], (
        f"{path.name} does not open by saying it is private"
    )


def test_no_powershell_script_is_shipped() -> None:
    assert not list(PLUGINS.rglob("*.ps1"))
