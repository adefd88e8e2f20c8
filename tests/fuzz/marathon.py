# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look for inputs that crash, hang or swell a reader, guided by coverage (atheris).

    python tests/fuzz/marathon.py --seconds 20 [name ...]

Each reader runs in a process of its own, so that time and memory are bounded by the outside: more than 10 seconds for
one input or 512 MB for all of them is a defect. What was found is printed and left in the folder given with ``--keep``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
HANG, MEMORY = 10, 512  # seconds for one input, megabytes for a process


def run(name: str, seconds: int, keep: Path) -> bool:
    """Fuzz one reader in its own process; true when nothing was found."""
    command = [
        sys.executable,
        str(HERE / "marathon.py"),
        "--inside",
        name,
        "--seconds",
        str(seconds),
        "--keep",
        str(keep),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 120, check=False)
    said = (done.stdout + done.stderr).splitlines()
    tail = [line for line in said if line.startswith("Done ")]
    if done.returncode != 0:
        begin = next((number for number, line in enumerate(said) if "Uncaught Python exception" in line), 0)
        story = [line for line in said[begin:] if not line.startswith("INFO")]
        tail = ["", *story[:30], *[line for line in said if line.startswith("SUMMARY")]]
    print(f"{name}: {'nothing found' if done.returncode == 0 else 'FOUND'}; {chr(10).join(tail)}", flush=True)
    return done.returncode == 0


def inside(name: str, seconds: int, keep: Path) -> None:
    """Be the process that fuzzes."""
    import atheris

    with atheris.instrument_imports(include=["ansible_collections"]):
        from fuzz.targets import TARGETS
    target = TARGETS[name]
    corpus = keep / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        f"-max_total_time={seconds}", f"-timeout={HANG}", f"-rss_limit_mb={MEMORY}", "-max_len=4096",
        f"-artifact_prefix={keep}/{name}-", "-print_final_stats=0", str(corpus),
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options], lambda data: target.try_(data) and None)
    atheris.Fuzz()


def main() -> int:
    """Fuzz the named readers, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--inside")
    asked = parser.parse_args()
    sys.path.insert(0, str(HERE.parent))
    keep = asked.keep or Path(tempfile.mkdtemp(prefix="fuzz-"))
    if asked.inside:
        inside(asked.inside, asked.seconds, keep)
        return 0
    from fuzz.targets import TARGETS

    names = asked.names or sorted(TARGETS)
    unknown = [name for name in names if name not in TARGETS]
    if unknown:
        parser.error(f"there is no reader {unknown[0]!r}; they are {', '.join(sorted(TARGETS))}")
    found = [name for name in names if not run(name, asked.seconds, keep)]
    if found:
        print(f"counterexamples of {', '.join(found)} are in {keep}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
