# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every development task, each in its own environment; the Makefile only names them.

The repository does not lie under ``ansible_collections``, so each session first builds the collection
and installs it below ``build/collections``: what is tested is what Galaxy would deliver.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

ROOT = Path(__file__).parent
BUILD = ROOT / "build"
COLLECTIONS = BUILD / "collections"
INSTALLED = COLLECTIONS / "ansible_collections" / "sunset" / "ws2008"
CONSTRAINTS = "tests/requirements/constraints.txt"

# The newest ansible-core that each Python can run, and the oldest that the collection supports.
PRIMARY = ("3.11", "2.19.14")
MATRIX = [("3.11", "2.16.19"), ("3.12", "2.21.5"), ("3.13", "2.21.5")]

nox.options.envdir = str(BUILD / "nox")
nox.options.reuse_existing_virtualenvs = True
# A machine with one Python only runs what that one can; what was left out is said in the closing lines.
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["unit", "integration", "witness", "peers", "molecule", "matrix"]


def environment() -> dict[str, str]:
    """Make our own collection the only one that is found, and keep ansible's own files below build/."""
    return {
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_HOME": str(BUILD / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "PYTHONPATH": os.pathsep.join([str(COLLECTIONS), str(ROOT / "tests")]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MYPYPATH": str(COLLECTIONS),
    }


def install(session: nox.Session, requirements: str, core: str = PRIMARY[1]) -> None:
    """Install locked packages and the collection itself, once for one state of the work tree."""
    session.install("-q", "-c", CONSTRAINTS, f"ansible-core=={core}", "-r", f"tests/requirements/{requirements}.txt")
    session.env.update(environment())
    install_collection(session)


def install_collection(session: nox.Session) -> Path:
    """Build the Galaxy archive and install it; the archive's path comes back."""
    archives = BUILD / "dist"
    shutil.rmtree(archives, ignore_errors=True)
    session.run("ansible-galaxy", "collection", "build", "--force", "--output-path", str(archives), silent=True)
    archive = next(archives.glob("sunset-ws2008-*.tar.gz"))
    session.run(
        "ansible-galaxy", "collection", "install", str(archive), "-p", str(COLLECTIONS),
        "--force", "--offline", "--no-deps", silent=True,
    )  # fmt: skip
    return archive


@nox.session(python=PRIMARY[0])
def unit(session: nox.Session) -> None:
    """Run the unit tests."""
    install(session, "test")
    session.run("pytest", "-n", "2", "-m", "not long", "tests/unit", "tests/fuzz", *session.posargs)


@nox.session(python=PRIMARY[0])
def integration(session: nox.Session) -> None:
    """Run real ansible-playbook against the rehearsal endpoint, over WinRM and NTLM."""
    install(session, "test")
    session.run("pytest", "-n", "2", "-m", "not long", "tests/integration", *session.posargs)


@nox.session(python=PRIMARY[0])
def witness(session: nox.Session) -> None:
    """Let Wine's cmd.exe, reg.exe and registry judge what the engine sends; skipped where Wine is not installed."""
    install(session, "test")
    session.run("pytest", "-rs", "tests/witness", *session.posargs)


@nox.session(python=PRIMARY[0])
def fuzz(session: nox.Session) -> None:
    """Look for inputs that break a reader of foreign input, guided by coverage; names and --seconds narrow it."""
    install(session, "fuzz")
    session.run("python", "tests/fuzz/marathon.py", *(session.posargs or ["--seconds", "8"]))


@nox.session(python=PRIMARY[0])
def peers(session: nox.Session) -> None:
    """Let pywinrm's and pypsrp's own tests judge the rehearsal endpoint."""
    install(session, "test")
    source = BUILD / "peers"
    if not list(source.glob("pypsrp-*.tar.gz")):
        session.run(
            "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "--no-build-isolation",
            "-c", CONSTRAINTS, "-d", str(source), "pypsrp", success_codes=[0, 1],
        )  # fmt: skip
    session.run("pytest", "tests/peers", *session.posargs, env={"PEER_SOURCES": str(source)})


@nox.session(python=PRIMARY[0])
def molecule(session: nox.Session) -> None:
    """Run the molecule scenario on a rehearsal machine."""
    install(session, "molecule")
    session.chdir(ROOT / "extensions")
    session.run("molecule", "test", "-s", "default", *session.posargs)


@nox.session
@nox.parametrize("python,core", MATRIX)
def matrix(session: nox.Session, core: str) -> None:
    """Run the short end-to-end tests on the oldest and the newest ansible-core that the collection supports."""
    install(session, "test", core)
    session.run("pytest", "-m", "smoke", "tests/integration", *session.posargs)


@nox.session(python=PRIMARY[0])
def long(session: nox.Session) -> None:
    """Run the tests that take minutes."""
    install(session, "test")
    session.run("pytest", "-n", "2", "-m", "long", "tests/integration", "tests/unit", *session.posargs)


@nox.session(python=PRIMARY[0])
def lint(session: nox.Session) -> None:
    """Check style, types, data, documentation and changelog."""
    install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy", "-p", "ansible_collections.sunset.ws2008.plugins")
    session.run("yamllint", "-s", ".")
    session.run("ansible-lint", "--offline", "--profile", "production", "--strict")
    session.run("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs=self", ".")
    session.run("antsibull-changelog", "lint")


@nox.session(python=PRIMARY[0])
def importer(session: nox.Session) -> None:
    """Import the built archive as Galaxy would (apart from lint: galaxy-importer pins an old attrs)."""
    session.install("-q", f"ansible-core=={PRIMARY[1]}", "galaxy-importer==0.4.44")
    session.env.update(environment())
    archive = install_collection(session)
    session.run(
        "python", "-m", "galaxy_importer.main", str(archive), env={"GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true"}
    )


@nox.session(python=PRIMARY[0])
def sanity(session: nox.Session) -> None:
    """Run ansible-test sanity in a copy that is its own git repository, as the tool demands."""
    session.install("-q", f"ansible-core=={PRIMARY[1]}")
    session.env.update(environment())
    install_collection(session)
    home = BUILD / "sanity-home"
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    # ansible-test wants to download a pip bootstrap script; the interpreter's own ensurepip does the same work offline.
    (cache / "get_pip_24_2.py").write_text((ROOT / "tests" / "sanity" / "bootstrap_pip.py").read_text())
    session.chdir(INSTALLED)
    session.run("git", "init", "-q", external=True)
    # The tool keeps its environments below tests/output; unless git ignores them it checks them too.
    shutil.copy(ROOT / ".gitignore", INSTALLED / ".gitignore")
    session.run(
        "ansible-test", "sanity", "--venv", "--python", PRIMARY[0], "--color", "no", *session.posargs,
        env={"HOME": str(home)},
    )  # fmt: skip


@nox.session(python=PRIMARY[0])
def demo(session: nox.Session) -> None:
    """Take three rehearsal servers from as-found to patched, hardened and verified."""
    install(session, "demo")
    session.run("python", "extensions/demo/demo.py", *session.posargs)


@nox.session(python=PRIMARY[0])
def twin(session: nox.Session) -> None:
    """Run one rehearsal server in the foreground."""
    install(session, "demo")
    session.run("python", "-m", "ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.twin", *session.posargs)


@nox.session(python=PRIMARY[0])
def assess(session: nox.Session) -> None:
    """Judge captured evidence and write build/assess/report.json and index.html."""
    install(session, "demo")
    session.run("python", "extensions/evidence/assess.py", *session.posargs)


@nox.session(python=PRIMARY[0])
def bench(session: nox.Session) -> None:
    """Measure an assessment: round trips, bytes, controller CPU."""
    install(session, "test")
    session.run("python", "tests/bench/assessment.py", *session.posargs)


@nox.session(python=PRIMARY[0])
def docs(session: nox.Session) -> None:
    """Write the reference of every module and plugin as text below build/docs."""
    install(session, "lint")
    session.run("python", "docs/build.py", str(BUILD / "docs"))
