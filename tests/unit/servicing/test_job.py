# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The job's script, its task and its report; and what exit codes mean."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import results, watch
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.job import AGAIN, Job, JobState, parse_state

FOLDER = "C:\\ProgramData\\sunset.ws2008\\jobs\\r\\KB4493730"
SHA1 = "5cb91f4e9000383f061b80f88feffdf228c2443c"
JOB = Job("KB4493730", FOLDER, "Windows6.0-KB4493730-x64.xml", SHA1, "2026-11-01T06:00:00Z")
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def test_the_script_unpacks_and_installs_in_a_folder_and_a_sandbox_of_its_own() -> None:
    lines = JOB.script().decode("ascii").split("\r\n")
    assert "%SystemRoot%\\System32\\expand.exe -f:* KB4493730.msu x >expand.log 2>&1" in lines
    assert (
        f'start /w %SystemRoot%\\System32\\pkgmgr.exe /n:"{FOLDER}\\x\\Windows6.0-KB4493730-x64.xml" '
        f'/s:"{FOLDER}\\s" /quiet /norestart /l:"{FOLDER}\\pkgmgr.log"'
    ) in lines
    assert lines[-3:] == [">>state.txt echo done", "exit /b 0", ""]
    assert not any(" copy " in line for line in lines)


def test_a_second_start_installs_nothing() -> None:
    lines = JOB.script().decode("ascii").split("\r\n")
    assert lines.index("if exist state.txt exit /b 0") < next(
        n for n, line in enumerate(lines) if line.startswith(">state")
    )


def test_a_number_is_never_next_to_a_redirection() -> None:
    """``echo 0>>f`` writes nothing and redirects handle 0."""
    for line in JOB.script().decode("ascii").splitlines():
        if "echo" in line and ">" in line:
            assert line.partition(" do ")[2].startswith(">") or line.startswith(">"), line


def test_what_the_machine_fetched_is_taken_and_verified_before_anything_else() -> None:
    job = Job("KB4493730", FOLDER, "", SHA1, "2026-11-01T06:00:00Z", "C:\\ProgramData\\sunset.ws2008\\media\\ab.msu")
    text = job.script().decode("ascii")
    assert 'move /y "C:\\ProgramData\\sunset.ws2008\\media\\ab.msu" KB4493730.msu >fetch.log 2>&1' in text
    assert text.index("phase fetch") < text.index("phase verify") < text.index("phase expand")
    assert text.index("set answer=%%~nxf") < text.index(f'/n:"{FOLDER}\\x\\%answer%"')


def test_the_service_pack_is_a_program_that_installs_itself() -> None:
    text = Job("KB948465", FOLDER, None, SHA1, "2026-11-01T06:00:00Z").script().decode("ascii")
    assert "start /w KB948465.exe /quiet /norestart" in text
    assert "expand.exe" not in text


@pytest.mark.parametrize("folder", ['C:\\a" & del *', "C:\\%TEMP%", "C:\\a\r\nb", "C:\\ä"])
def test_what_a_batch_file_cannot_carry_is_refused(folder: str) -> None:
    with pytest.raises(ValueError, match="cannot be written into a batch file"):
        Job("KB4493730", folder, "a.xml", SHA1, "2026-11-01T06:00:00Z")


def test_the_task_needs_no_language_no_date_and_no_password() -> None:
    data = JOB.task_xml()
    assert data[:2] == b"\xff\xfe"
    root = ElementTree.fromstring(data)
    assert (root.tag, root.get("version")) == (f"{TASK}Task", "1.2")
    assert root.findtext(f".//{TASK}UserId") == "S-1-5-18"
    assert len(root.find(f"{TASK}Triggers") or ()) == 0
    found = {name: root.findtext(f"{TASK}Settings/{TASK}{name}") for name in SETTINGS}
    assert found == SETTINGS
    assert root.findtext(f".//{TASK}Arguments") == f'/d /c "{FOLDER}\\job.cmd"'


SETTINGS = {
    "MultipleInstancesPolicy": "IgnoreNew",
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "RunOnlyIfIdle": "false",
    "ExecutionTimeLimit": "PT259200S",
}


def test_the_report_is_read_as_far_as_it_is_written() -> None:
    text = "boot 2026-11-01T06:00:00Z\r\nphase verify\r\nverify 0\r\nphase expand\r\nexpand 0\r\nphase install\r\ninst"
    assert parse_state(text) == JobState("2026-11-01T06:00:00Z", "install", {"verify": 0, "expand": 0})
    done = parse_state("boot b\r\nunverified\r\ninstall -2145124329\r\ndone\r\njudged pending\r\n")
    assert done == JobState("b", None, {"install": -2145124329}, unverified=True, done=True, judged="pending")
    assert parse_state("boot b\r\n\0\0\0\0\r\n") == JobState("b")
    with pytest.raises(ValueError, match="a line that no job writes: 'hello'"):
        parse_state("hello\r\n")


CODES = [
    (0, "0 ERROR_SUCCESS", "ok"),
    (3010, "3010 ERROR_SUCCESS_REBOOT_REQUIRED", "restart"),
    (2359302, "0x00240006 WU_S_ALREADY_INSTALLED", "already"),
    (-2145124329, "0x80240017 WU_E_NOT_APPLICABLE", "failure"),
    (2149842967, "0x80240017 WU_E_NOT_APPLICABLE", "failure"),
    (-2146885628, "0x80092004 CRYPT_E_NOT_FOUND", "failure"),
    (-2146498530, "0x800F081E CBS_E", "failure"),
    (5, "5 ERROR_ACCESS_DENIED", "failure"),
    (4242, "4242 unknown code: no source of this collection lists it", "failure"),
]


@pytest.mark.parametrize(("code", "words", "kind"), CODES, ids=[str(case[0]) for case in CODES])
def test_a_code_is_explained_in_either_sign(code: int, words: str, kind: str) -> None:
    meaning = results.explain(code)
    assert meaning.sentence.startswith(words)
    assert meaning.kind == kind
    assert "Next: " in meaning.sentence


# Sections 2 and 4 of the facts on servicing: every code that they name.
NAMED = {
    **{0: "ok", 3010: "restart", 1641: "restart", 2359301: "restart", 2359302: "already"},
    **{0x80240017: "failure", 0x80240016: "failure", 5: "failure", 0x80070005: "failure", 3011: "failure"},
    **{0x80070002: "failure", 0x80070003: "failure", 0x800F0800: "failure", 0x800F08FF: "failure"},
    **{1722: "failure", 0x800706BA: "failure", 0x80092004: "failure", 0x800B0109: "failure", 0x80096010: "failure"},
    **{0xC0000428: "failure", 0x80070643: "failure", 0x80070661: "failure", 0x80070490: "failure"},
    **{0xC8000266: "failure"},
}


@pytest.mark.parametrize("code", NAMED, ids=results.spell)
def test_every_code_of_the_facts_has_a_cause_and_a_next_step_however_it_is_written(code: int) -> None:
    signed = code - 2**32 if code >= 2**31 else code
    meaning = results.explain(code)
    assert meaning.kind == NAMED[code]
    assert "unknown" not in meaning.name
    assert meaning.cause and meaning.next
    for written in (hex(code), str(code), str(signed), f" 0x{code:08X} "):
        assert results.explain(results.read(written)) == meaning
    assert results.explain(signed).to_json()["signed"] == signed


def test_only_what_the_facts_allow_is_tried_again() -> None:
    table = yaml.safe_load((Path(results.__file__).parent / "data" / "results.yml").read_text(encoding="utf-8"))
    retried = {entry["code"] for entry in table["results"] if entry.get("retry")}
    assert retried == {results.read(text) for text in AGAIN} == {1722, 0x800706BA}


def test_the_table_of_codes_is_complete_and_without_doubles() -> None:
    table = yaml.safe_load((Path(results.__file__).parent / "data" / "results.yml").read_text(encoding="utf-8"))
    codes = [entry["code"] for entry in table["results"]]
    assert len(codes) == len(set(codes))
    for entry in [*table["results"], *table["ranges"]]:
        assert entry["kind"] in ("ok", "restart", "already", "failure")
        assert all(entry[name] for name in ("name", "meaning", "cause", "next", "confidence"))


def test_a_watch_doubts_once_a_minute_and_after_every_lost_answer() -> None:
    one = watch.Watch(0.0)
    assert not one.doubtful(30)
    assert one.doubtful(60)
    assert not one.doubtful(61)
    assert one.silent(62) is False
    assert one.doubtful(63)
    one.heard(JobState("b", "install"), 64)
    assert one.silent(64 + watch.SILENCE + 1)


def test_a_watch_speaks_when_the_phase_changes_and_once_a_minute() -> None:
    one = watch.Watch(0.0)
    one.heard(JobState("b", "expand"), 1)
    assert [one.news(now) for now in (1, 2, 60.5, 61.5)] == [True, False, False, True]
    one.heard(JobState("b", "install"), 62)
    assert one.news(62)
