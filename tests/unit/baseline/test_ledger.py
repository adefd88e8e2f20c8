# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Both copies of a machine's journals, whole, torn, edited, lost and too many, on the twin's own disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import ledger
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.journal import Journal, JournalGroup, Kept
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.listing import listing
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.runs import Run
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.seal import sealed
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import Change, Value

THERE = "C:\\ProgramData\\sunset.ws2008\\journal"
ONE, FOUR = Value("REG_DWORD", 1), Value("REG_DWORD", 4)


class Journals:
    """The journals of one twin."""

    def __init__(self, session: Any, folder: Path) -> None:
        self.session, self.folder, self.here = session, folder, folder / "cerberus"

    def keep(self, number: int, name: str = "A", before: Value | None = None, after: Value = ONE) -> Kept:
        change = Change(name.lower(), "HKLM\\SOFTWARE\\T", name, before, after)
        started = f"2026-11-20T18:{number:02}:00Z"
        run = f"20261120T18{number:02}00Z-0000"
        made = Journal(run, "cerberus", started, (JournalGroup("g", "G", (change,)),), ())
        kept = journals.keep(made, self.session, self.folder)
        journals.note(kept, self.session, "outcome.json", {"changed": True})
        return kept

    def read(self) -> list[Run]:
        return list(ledger.read(self.session, self.folder, "cerberus").history)

    def spoil(self, path: str, change: Callable[[bytes], bytes]) -> None:
        files = self.session.machine.files
        files.write(path, change(files.read(path)))

    def there(self) -> list[str]:
        return [one.name for one in self.session.machine.files.list_dir(THERE) if one.is_dir]


@pytest.fixture
def kept(twin: Callable[..., Any], tmp_path: Path) -> Journals:
    return Journals(twin(), tmp_path)


def test_an_empty_machine_has_no_runs(kept: Journals) -> None:
    assert kept.read() == []


def test_what_both_sides_hold_alike_is_not_fetched(kept: Journals) -> None:
    kept.keep(1)
    kept.keep(2, "B")
    kept.session.lines.clear()
    found: list[str] = []
    kept.session.download = lambda path: found.append(path) or b""
    runs = kept.read()
    assert found == [] and len(kept.session.lines) == 1
    assert [(run.name, run.where) for run in runs] == [
        ("20261120T180100Z-0000", ("controller", "target")),
        ("20261120T180200Z-0000", ("controller", "target")),
    ]
    assert all(run.notes == () and run.refusal == "" for run in runs)
    sizes = {one.size for side in (ledger.on_target(kept.session), ledger.on_controller(kept.folder, "cerberus"))
             for one in side.values()}  # fmt: skip
    assert len(sizes) == 1 and {run.size for run in runs} == sizes, "the same files on both sides"


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def edit(data: bytes) -> bytes:
    return data.replace(b'"data": 1', b'"data": 3')


@pytest.mark.parametrize("spoil", [cut, edit, lambda _data: b""], ids=["torn", "edited", "emptied"])
@pytest.mark.parametrize("side", ["controller", "target"])
def test_one_copy_that_cannot_be_relied_on_is_said_and_the_other_one_used(
    side: str, spoil: Callable[[bytes], bytes], kept: Journals
) -> None:
    place = kept.keep(1)
    if side == "controller":
        path = place.controller / "journal.json"
        path.write_bytes(spoil(path.read_bytes()))
    else:
        kept.spoil(f"{place.target}\\journal.json", spoil)
    (run,) = kept.read()
    run = ledger.compared(kept.session, run)
    assert run.refusal == "" and run.changes()[0].after == ONE
    assert any(f"journal.json on the {side} cannot be relied on" in note for note in run.notes)
    (listed,) = listing([run])
    assert listed["state"] == "open" and listed["notes"] == list(run.notes)


def test_two_copies_that_cannot_be_relied_on_are_no_journal(kept: Journals) -> None:
    place = kept.keep(1)
    kept.spoil(f"{place.target}\\journal.json", cut)
    (place.controller / "journal.json").write_bytes(b"{}")
    (run,) = kept.read()
    assert "there is no other copy" in run.refusal and run.journal is None


def test_two_whole_copies_that_differ_are_two_stories(kept: Journals) -> None:
    place = kept.keep(1)
    other = {**journals.load(place.controller).plain(), "started": "2026-11-20T18:01:01Z"}
    (place.controller / "journal.json").write_bytes(sealed(other))
    (run,) = kept.read()
    assert "both whole and differ" in run.refusal


def test_a_folder_that_is_not_of_a_run_and_one_that_holds_nothing(kept: Journals) -> None:
    place = kept.keep(1)
    (kept.here / "notes of mine").mkdir()
    (kept.here / "20261120T190000Z-0000").mkdir()
    kept.session.run(f'mkdir "{THERE}\\somebody\'s"')
    assert [run.name for run in kept.read()] == [place.controller.name, "20261120T190000Z-0000"]
    assert listing(kept.read())[1]["state"] == "never began"


def test_the_journal_is_kept_within_its_bounds_on_both_sides(kept: Journals) -> None:
    for number in range(8):
        kept.keep(number, before=FOUR)
    other = kept.keep(20, "B")
    assert ledger.tidied(kept.session, kept.folder, "cerberus", runs=9) == []
    assert len(kept.there()) == len(list(kept.here.iterdir())) == 9
    assert ledger.tidied(kept.session, kept.folder, "cerberus", runs=3) == []
    names = [f"20261120T18{number:02}00Z-0000" for number in (6, 7, 20)]
    assert kept.there() == sorted(one.name for one in kept.here.iterdir()) == names
    (warning,) = ledger.tidied(kept.session, kept.folder, "cerberus", runs=1)
    assert "holds 1 runs more than the 1 that are kept" in warning
    assert kept.there() == [names[1], other.controller.name], "one of each value that is in force"


def test_a_journal_that_cannot_be_tidied_does_not_undo_a_run_that_worked(kept: Journals) -> None:
    for number in range(3):
        kept.keep(number)
    kept.session.machine.files.delete(f"{THERE}\\20261120T180000Z-0000\\journal.json")
    shut = kept.session.run

    def run(line: str, **more: Any) -> Any:
        return shut("exit /b 5" if line.startswith("rmdir") else line, **more)

    kept.session.run = run
    (warning,) = ledger.tidied(kept.session, kept.folder, "cerberus", runs=1)
    assert "could not be removed from the target's journal" in warning
