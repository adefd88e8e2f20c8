# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The evidence door: what collect.cmd gathers on a rehearsal machine, read back; and every way it can be damaged."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.connection.twin import TwinSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.text import ConsoleError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host import collect, probes
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.evidence import (
    EvidenceError,
    EvidenceSession,
    snapshot_from_evidence,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import NotCaptured, ReadOnly
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.clock import VirtualClock
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.twin import build

EVIDENCE = Path(__file__).parents[3] / "extensions" / "evidence"
KEYS = [r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa", r"HKLM\SOFTWARE\a & b (x) ^!", r"HKLM\SOFTWARE\None"]
# The folder itself takes room on the disk, and a login over the network has other groups than one at the console.
ANSWERED_ALIKE = set(probes.IDS) - {"account", "disk", "listeners", "os"}


def machine(locale: str = "en-US") -> Any:
    """Return a rehearsal machine."""
    state = {"answers": {"os": {"version": "6.0.6002", "build": 6002, "arch": "x64"}}, "twin": {"locale": locale}}
    return build(state, clock=VirtualClock())


def gather(twin: Any, into: Path, keys: Sequence[str], more: Sequence[Any] = ()) -> Path:
    """Run the script on the machine and carry its folder away."""
    twin.files.make_dir("C:\\stick")
    twin.files.make_dir("C:\\my answers")
    twin.files.write("C:\\stick\\collect.cmd", collect.generate(keys, more).encode("ascii"))
    account = next(user.name for user in twin.accounts.users.values() if user.rid == 500)
    rc, _said, _complaint = twin.run('"C:\\stick\\collect.cmd" "C:\\my answers"', twin.accounts.token(account))
    assert rc == 0
    (folder,) = twin.files.list_dir("C:\\my answers")
    carried = into / folder.name
    carried.mkdir()
    for entry in twin.files.list_dir(f"C:\\my answers\\{folder.name}"):
        data = twin.files.read(f"C:\\my answers\\{folder.name}\\{entry.name}")
        (carried / entry.name).write_bytes(data)
    return carried


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that nobody may change."""
    return gather(machine(), tmp_path_factory.mktemp("evidence"), KEYS)


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may damage."""
    copy = tmp_path / pristine.name
    copy.mkdir()
    for file in pristine.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    return copy


def file_of(folder: Path, key: str) -> Path:
    """Return the file that holds the answer to a question."""
    line = next(line for line in (folder / collect.INDEX).read_text().splitlines() if line.endswith(f'"{key}"'))
    return folder / line.split()[0]


@pytest.mark.parametrize("locale", ["en-US", "de-DE", "ru-RU"])
def test_a_collected_folder_tells_what_the_live_machine_tells(locale: str, tmp_path: Path) -> None:
    twin = machine(locale)
    carried = snapshot_from_evidence(gather(twin, tmp_path, KEYS), KEYS)
    session = TwinSession("x", twin, lambda notice: None)
    try:
        live = take(session, KEYS)
    finally:
        session.close()
    assert carried["door"] == "evidence"
    assert carried["unknown"] == live["unknown"] == {}
    for probe in sorted(ANSWERED_ALIKE):
        assert carried["answers"][probe] == live["answers"][probe], probe
    assert carried["answers"]["account"]["administrator"] is True
    for name in ("version", "build", "arch", "language", "product_type", "windows_directory"):
        assert carried["answers"]["os"][name] == live["answers"]["os"][name]
    assert carried["answers"]["registry"][r"HKLM\SOFTWARE\None"] is None


def test_the_shipped_script_is_what_the_probes_and_controls_say() -> None:
    spec = importlib.util.spec_from_file_location("generate", EVIDENCE / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    shipped = (EVIDENCE / "collect.cmd").read_bytes()
    assert shipped == generator.script(), "run extensions/evidence/generate.py"


def test_the_script_is_plain_ascii_that_cmd_can_read() -> None:
    script = collect.generate(KEYS).encode("ascii")
    lines = script.split(b"\r\n")
    assert b"\n" not in script.replace(b"\r\n", b"")
    assert max(len(line) for line in lines) < 8191
    assert not any(line.lower().startswith((b"powershell", b"cscript")) for line in lines)


def test_the_script_asks_every_probe() -> None:
    script = collect.generate()
    for probe in probes.ROWS:
        assert f'"rows:{probe.id}"' in script
    for probe in probes.LINES:
        for question in probe.questions:
            assert f'"{question.key}"' in script


def test_a_folder_that_is_not_there_gets_a_sentence_and_nothing_is_written() -> None:
    twin = machine()
    twin.files.write("C:\\collect.cmd", collect.generate().encode())
    twin.files.write("C:\\file", b"")
    account = next(user.name for user in twin.accounts.users.values() if user.rid == 500)
    rc, said, _complaint = twin.run('C:\\collect.cmd "C:\\file"', twin.accounts.token(account))
    assert rc == 1
    assert "name a folder" in said


def test_the_folder_above_is_understood_unless_it_holds_two(folder: Path) -> None:
    assert snapshot_from_evidence(folder.parent)["answers"]["os"]["version"] == "6.0.6002"
    second = folder.parent / "sunset-evidence-OTHER"
    second.mkdir()
    (second / collect.INDEX).write_text('q001.txt 0 "extra:version"\n')
    with pytest.raises(EvidenceError, match="2 collections"):
        snapshot_from_evidence(folder.parent)


def test_a_missing_file_costs_its_own_answer(folder: Path) -> None:
    file_of(folder, "rows:services").unlink()
    file_of(folder, "stack").unlink()
    taken = snapshot_from_evidence(folder)
    assert "is missing" in taken["unknown"]["services"]
    assert "is missing" in taken["unknown"]["stack"]
    assert set(taken["answers"]) == set(probes.IDS) - {"services", "stack"}


@pytest.mark.parametrize("junk", [b"", b"\x00\x01\x02", b"junk\r\n", "Zugriff verweigert\r\n".encode("utf-16")])
def test_a_broken_file_costs_its_own_answer(folder: Path, junk: bytes) -> None:
    for key in ("rows:files", "listeners", "account", "oem"):
        file_of(folder, key).write_bytes(junk)
    taken = snapshot_from_evidence(folder)
    assert {"listeners", "account", "codepage"} <= set(taken["unknown"])
    assert taken["answers"]["markers"]["pending_xml"] is False


def test_where_wmi_was_broken_systeminfo_answers(folder: Path) -> None:
    for key in ("rows:os", "rows:computer", "rows:hotfixes"):
        file_of(folder, key).write_bytes(b"ERROR:\r\nDescription = Invalid class\r\n")
    taken = snapshot_from_evidence(folder)
    assert taken["answers"]["os"]["version"] == "6.0.6002"
    assert taken["answers"]["hotfixes"] == ["KB955430"]


@pytest.mark.parametrize(
    ("index", "says"),
    [
        ("", "stopped before its first answer"),
        ("hello world\n", "does not write"),
        ('../../etc/passwd 0 "extra:version"\n', "does not write"),
    ],
)
def test_an_index_that_is_none_gets_a_sentence(folder: Path, index: str, says: str) -> None:
    (folder / collect.INDEX).write_text(index)
    with pytest.raises(EvidenceError, match=says):
        snapshot_from_evidence(folder)


def bad_paths(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield what people give by mistake, and what they are told."""
    (folder / "empty.txt").write_bytes(b"\r\n \r\n")
    (folder / "binary").write_bytes(bytes(range(256)) * 40)
    (folder / "letter.txt").write_text("Dear all,\nthe server is fine.\n")
    (folder / "other").mkdir()
    (folder / "other" / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" * 100)
    yield folder / "empty.txt", "is empty"
    yield folder / "binary", "no evidence"
    yield folder / "letter.txt", "no evidence"
    yield folder / "other", "no evidence"
    yield folder / "nowhere", "cannot be read"


def test_every_mistaken_path_gets_one_sentence(tmp_path: Path) -> None:
    for path, says in bad_paths(tmp_path):
        with pytest.raises(EvidenceError, match=says) as refused:
            EvidenceSession(path)
        assert "\n" not in str(refused.value)


def test_a_folder_of_loose_texts_of_one_machine_is_understood(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"HotFixID\r\nKB955430\r\nKB4493730\r\n")
    (tmp_path / "b.txt").write_bytes(b"\r\nMicrosoft Windows [Version 6.0.6002]\r\n")
    (tmp_path / "notes.txt").write_bytes(b"do not forget the milk\r\n")
    taken = snapshot_from_evidence(tmp_path)
    assert taken["answers"]["os"]["version"] == "6.0.6002"
    assert taken["answers"]["hotfixes"] == ["KB955430", "KB4493730"]


def test_the_door_changes_nothing_and_says_what_it_does_not_know(folder: Path) -> None:
    session = EvidenceSession(folder)
    place = probes.Place()
    assert session.query(probes.ROWS[0].wql(place))[0]["Version"] == "6.0.6002"
    assert session.run("whoami /groups /fo csv /nh 2>&1").rc == 0
    for ask in (
        lambda: session.query("SELECT * FROM Win32_Process"),
        lambda: session.run("dir"),
        lambda: session.get("Win32_Service", {"Name": "x"}),
        lambda: session.download("C:\\x"),
        session.identify,
    ):
        with pytest.raises(NotCaptured):
            ask()
    with pytest.raises(ReadOnly, match="captured evidence"):
        session.upload(b"", "C:\\x")
    with pytest.raises(ReadOnly):
        session.invoke("Win32_Process", "Create", {"CommandLine": "x"})


def test_a_key_without_a_hive_is_refused(folder: Path) -> None:
    with pytest.raises(ConsoleError):
        snapshot_from_evidence(folder, ["SOFTWARE"])
