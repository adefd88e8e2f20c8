# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal as journals
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.ground import NoGround
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.journal import Journal, JournalGroup, NoJournal
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.readme import VERSION_LINE
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.seal import digest, opened, sealed
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.undo import undo_cmd, undo_reg
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import BadValue, Change, Value
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import CommandResult

KEY = "HKLM\\SOFTWARE\\Vendor\\Product\\Sub"
CHANGES = (
    Change("one", KEY, "List", Value("REG_MULTI_SZ", ("a", "b")), Value("REG_MULTI_SZ", ("a",))),
    Change("one", KEY, "Start", Value("REG_SZ", "1"), Value("REG_DWORD", 4)),
    Change("two", KEY + "\\New", "Enabled", None, Value("REG_DWORD", 0)),
)
JOURNAL = Journal(
    "20261120T180000Z-0001", "../cer berus", "2026-11-20T18:00:00Z", (JournalGroup("g", "G", CHANGES),), ()
)


class Target:
    """A target that keeps uploads and answers each line as it is told to."""

    door, read_only = "winrs", False

    def __init__(self, icacls: int = 0, mkdir: int = 0, broken: str = "") -> None:
        self.files: dict[str, bytes] = {}
        self.happened: list[str] = []
        self._icacls, self._mkdir, self._broken = icacls, mkdir, broken

    def run(self, line: str, stdin: bytes | None = None, timeout: float | None = None) -> CommandResult:
        self.happened.append(line.split()[0])
        if line.startswith("mkdir"):
            return CommandResult(self._mkdir, f"C:\\ProgramData\\{line.split(chr(34))[1][14:]}\r\n", "")
        if line.startswith("findstr"):
            return CommandResult(0 if any(path.endswith("README.txt") for path in self.files) else 1, "", "")
        return CommandResult(self._icacls, "", "no such option" if self._icacls else "")

    def upload(self, data: bytes, path: str) -> None:
        self.happened.append(f"upload {path.rpartition(chr(92))[2]}")
        self.files[path] = data

    def download(self, path: str) -> bytes:
        return self.files[path] + self._broken.encode()


def test_both_sides_hold_the_same_journal_and_the_way_back(tmp_path: Path) -> None:
    target = Target()
    kept = journals.keep(JOURNAL, target, tmp_path)  # type: ignore[arg-type]
    assert kept.target == "C:\\ProgramData\\sunset.ws2008\\journal\\20261120T180000Z-0001"
    for name in ("journal.json", "undo.reg", "undo.cmd"):
        assert (kept.controller / name).read_bytes() == target.files[f"{kept.target}\\{name}"]
    assert journals.load(kept.controller) == JOURNAL


def test_the_folder_is_closed_to_others_before_anything_is_written_to_it(tmp_path: Path) -> None:
    target = Target()
    kept = journals.keep(JOURNAL, target, tmp_path)  # type: ignore[arg-type]
    assert target.happened[:2] == ["mkdir", "icacls"]
    assert kept.controller.stat().st_mode & 0o077 == 0
    assert (kept.controller / "journal.json").stat().st_mode & 0o077 == 0


def test_a_host_name_cannot_lead_out_of_the_journal(tmp_path: Path) -> None:
    kept = journals.keep(JOURNAL, Target(), tmp_path)  # type: ignore[arg-type]
    assert kept.controller.parent.parent == tmp_path


def test_before_values_are_not_kept_in_a_folder_that_others_can_open(tmp_path: Path) -> None:
    target = Target(icacls=87)
    with pytest.raises(NoGround, match="cannot be closed.*87.*nothing of .*run.* was changed"):
        journals.keep(JOURNAL, target, tmp_path)  # type: ignore[arg-type]
    assert target.files == {}


def test_the_text_for_the_console_is_put_there_once(tmp_path: Path) -> None:
    target = Target()
    for _run in range(2):
        journals.keep(JOURNAL, target, tmp_path)  # type: ignore[arg-type]
    assert target.happened.count("upload README.txt") == 1
    text = target.files["C:\\ProgramData\\sunset.ws2008\\journal\\README.txt"].decode("ascii")
    assert "undo.cmd" in text and text.count("\n") == text.count("\r\n") and text.startswith(VERSION_LINE)


def test_the_journal_names_the_digest_of_every_file_beside_it(tmp_path: Path) -> None:
    kept = journals.keep(JOURNAL, Target(), tmp_path)  # type: ignore[arg-type]
    named = json.loads((kept.controller / "journal.json").read_bytes())["files"]
    beside = {path.name: path.read_bytes() for path in kept.controller.iterdir() if path.name != "journal.json"}
    assert named == {name: digest(data) for name, data in beside.items()} and len(named) == 2


@pytest.mark.parametrize(("target", "word"), [(Target(mkdir=3), "cannot be made"), (Target(broken="x"), "reads back")])
def test_without_a_journal_on_the_target_there_is_no_change(target: Target, word: str, tmp_path: Path) -> None:
    with pytest.raises((NoJournal, NoGround), match=f"{word}.*nothing of .*run.* was changed"):
        journals.keep(JOURNAL, target, tmp_path)  # type: ignore[arg-type]


def test_without_a_journal_here_the_target_is_not_even_asked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    target = Target()
    with pytest.raises(NoJournal, match="nothing of .*run.* was changed"):
        journals.keep(JOURNAL, target, tmp_path / "file")  # type: ignore[arg-type]
    assert target.happened == []


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"{", "is torn"),
        (b"\xff\xfe", "is torn"),
        (b"[]", "no object"),
        (b'{"schema": "x/1"}', "no seal"),
        (sealed({"schema": "x/1"}), "schema"),
        (sealed({"schema": journals.SCHEMA}), "damaged"),
        (sealed(JOURNAL.plain())[:-40], "is torn"),
        (sealed(JOURNAL.plain()).replace(b'"data": 4', b'"data": 5'), "seal does not fit"),
    ],
)
def test_a_torn_edited_or_foreign_journal_is_a_sentence(content: bytes, word: str, tmp_path: Path) -> None:
    (tmp_path / "journal.json").write_bytes(content)
    with pytest.raises(NoJournal, match=word):
        journals.load(tmp_path)


def test_a_journal_reads_as_it_was_written_and_in_any_order() -> None:
    data = sealed({**JOURNAL.plain(), "host": "größer"})
    assert opened(data)["host"] == "größer"
    assert opened(json.dumps(dict(reversed(json.loads(data).items()))).encode()) == opened(data)


def test_undo_goes_backwards_with_types_and_absence() -> None:
    text = undo_reg(CHANGES).decode("utf-16")
    assert text.index('"Enabled"=-') < text.index('"Start"="1"') < text.index('"List"=hex(7)')


def test_undo_removes_created_keys_deepest_first_and_only_empty_ones() -> None:
    script = undo_cmd("r", ["HKLM\\S\\A", "HKLM\\S\\A\\100% sure"]).decode()
    deleted = [line for line in script.splitlines() if "reg delete" in line]
    assert all(line.startswith("if not defined full ") for line in deleted)
    assert "100%% sure" in deleted[0] and 'A" /f' in deleted[1]


def test_a_script_is_not_written_for_a_key_that_cmd_cannot_name() -> None:
    with pytest.raises(BadValue, match="cannot name"):
        undo_cmd("r", ['HKLM\\S\\a"&calc&"'])


def test_created_keys_are_those_absent_at_or_above_what_is_written() -> None:
    registry = {"hklm\\software\\vendor": {}, "HKLM\\SOFTWARE\\Vendor\\Product": None, KEY: None, KEY + "\\New": None}
    assert journals.created_keys(CHANGES, registry) == ("HKLM\\SOFTWARE\\Vendor\\Product", KEY, KEY + "\\New")
    assert "HKLM\\SYSTEM\\CurrentControlSet\\Control" not in journals.parents(
        ["HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa\\X"]
    )


def test_runs_are_named_by_their_utc_time() -> None:
    berlin = dt.timezone(dt.timedelta(hours=1))
    assert journals.run_name(dt.datetime(2026, 11, 20, 19, tzinfo=berlin), "ab") == "20261120T180000Z-ab"
