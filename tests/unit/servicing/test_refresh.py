# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command that compares MSRC documents with the shipped data: what it reads, shows, writes and never touches."""

from __future__ import annotations

import contextlib
import copy
import importlib
import json
import shutil
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import catalog as catalogs
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import vulnerability_records as records

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests/data/servicing/msrc"
DOCUMENT = CASES / "2026-Jan.json"
TEXT = DOCUMENT.read_text(encoding="utf-8")
MALFORMED = yaml.safe_load((CASES / "malformed.yml").read_text(encoding="utf-8"))
SCHEMA = json.loads((catalogs.DATA.parent / "catalog.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def refresh() -> Any:
    """Return the command as a module; its neighbours are imported by their bare names, as from the command line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "extensions/catalog"))
        yield importlib.import_module("refresh")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a copy of the shipped CVE data."""
    return Path(shutil.copytree(records.DATA, tmp_path / "data"))


def changed(changes: dict[str, Any]) -> str:
    """Return the recorded document with other values at these paths."""
    document = json.loads(TEXT)
    for path, value in changes.items():
        *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
        place = document
        for step in way:
            place = place[step]
        place[last] = value
    return json.dumps(document)


def compare(refresh: ModuleType, *texts: str) -> Any:
    documents = [refresh.msrc.read(text, "test") for text in texts]
    return refresh.compare(documents, catalogs.load(), records.shipped())


def test_a_document_gives_the_updates_and_vulnerabilities_of_this_product_only(refresh: Any) -> None:
    document = refresh.msrc.read(TEXT, "2026-Jan.json")
    assert (document.name, document.month, document.released) == ("2026-Jan", "2026-01", "2026-01-13")
    assert set(document.updates) == {"KB5073697", "KB5073700", "KB5099001", "KB5099002", "KB5099003"}
    new = document.updates["KB5099001"]
    assert (new.architectures, new.supersedes) == ({"x64"}, {"KB5073697", "KB5071504"})
    assert (new.builds, new.restarts, new.types) == ({"6.0.6003.23801"}, {"Yes"}, {"Monthly Rollup"})
    rows = {(row.vulnerability, row.update, row.component, row.severity, *row.architectures) for row in document.rows}
    assert ("CVE-2026-99001", "KB5099001", "Windows Print Spooler Components", "Critical", "x64-core") in rows
    assert (
        "CVE-2026-99002", "KB5099002", "Microsoft .NET Framework 3.0 Service Pack 2", "Moderate", "x86"
    ) in rows  # fmt: skip
    assert ("CVE-2026-99002", "KB5099003", "Internet Explorer 9", "-", "x64") in rows
    assert not any(row.vulnerability == "CVE-2026-99003" for row in document.rows), "that one is of 2008 R2"


def test_what_is_left_out_is_said(refresh: Any) -> None:
    said = refresh.msrc.read(TEXT, "test").left_out
    assert "CVE-2026-99001: the remedy 'Release Notes' is no update number: left out" in said
    assert "KB5099003: the fixed build '1.001' is no version number: left out" in said


def test_new_records_are_catalog_records_and_no_plan_takes_them(refresh: Any, tmp_path: Path) -> None:
    found = compare(refresh, TEXT)
    path = tmp_path / "packages.yml"
    path.write_text(refresh.as_yaml(found.packages), encoding="utf-8")
    jsonschema.validate(
        {"schema": catalogs.SCHEMA, "packages": found.new}, SCHEMA, format_checker=jsonschema.FormatChecker()
    )
    widened = catalogs.load(files=[path])
    kinds = {name: widened.get(name).kind.value for name in ("KB5099001", "KB5099002", "KB5099003")}
    assert kinds == {"KB5099001": "monthly_rollup", "KB5099002": "dotnet", "KB5099003": "ie_cumulative"}
    record = widened.get("KB5099001")
    assert (record.title, record.released, record.confidence) == (
        "Monthly rollup, January 2026",
        "2026-01-13",
        "single",
    )
    assert record.sources == ("msrc",)
    assert record.not_planned and "not reviewed" in record.not_planned
    assert all(file.name is None and file.sha1 is None for file in record.architectures.values())


def test_what_differs_from_a_shipped_record_is_shown_and_becomes_an_overlay(refresh: Any) -> None:
    found = compare(refresh, TEXT)
    assert [record["id"] for record in found.changed] == ["KB5073697"]
    overlay = found.changed[0]
    assert overlay["fixed_builds"] == ["6.0.6003.23717", "6.0.6003.23719"]
    assert set(overlay) == {"id", "fixed_builds", "confidence", "sources"}
    assert any(
        text == "KB5073697: fixed_builds shipped 6.0.6003.23717, 2026-Jan has 6.0.6003.23719 as well"
        for text in found.differences
    )


def test_only_rows_that_are_not_shipped_are_new(refresh: Any) -> None:
    found = compare(refresh, TEXT)
    pairs = {(row.vulnerability, row.update) for row in found.rows}
    assert pairs == {
        ("CVE-2026-99001", "KB5073697"),
        ("CVE-2026-99001", "KB5099001"),
        ("CVE-2026-99002", "KB5099002"),
        ("CVE-2026-99002", "KB5099003"),
    }
    assert found.supersedes == {"KB5099001": {"KB5073697", "KB5071504"}}
    assert {fix.source for fix in found.fixes} == {"single:msrc"}


def test_another_severity_is_shown_and_not_written(refresh: Any) -> None:
    found = compare(refresh, changed({"Vulnerability.0.Threats.2.Description.Value": "Critical"}))
    assert "CVE-2026-20849 by KB5073697: severity shipped Important, 2026-Jan Critical" in found.differences
    assert not any(row.vulnerability == "CVE-2026-20849" for row in found.rows)


def test_two_documents_about_one_new_update_become_one_record(refresh: Any) -> None:
    second = changed({
        "DocumentTracking.Identification.ID.Value": "2026-Feb",
        "Vulnerability.1.Remediations.1.ProductID": ["101"],
    })  # fmt: skip
    found = compare(refresh, TEXT, second)
    assert [one["id"] for one in found.new].count("KB5099001") == 1
    record = next(one for one in found.new if one["id"] == "KB5099001")
    assert list(record["architectures"]) == ["x64", "x86"]


def test_the_command_prints_and_changes_nothing_by_itself(
    refresh: Any, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    assert refresh.main([str(DOCUMENT), "--data", str(data)]) == 0
    printed = capsys.readouterr().out
    assert "2026-Jan: 3 vulnerabilities, 5 updates for Server 2008 SP2" in printed
    assert "new: KB5099001 (Monthly rollup, January 2026)" in printed
    assert "id: KB5099001" in printed
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before


def test_a_folder_with_findings_is_never_overwritten(
    refresh: Any, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "review"
    assert refresh.main([str(DOCUMENT), "--out", str(out), "--data", str(data)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["fixes.txt", "packages.yml", "supersedes.txt"]
    assert len(list(records.parse_fixes((out / "fixes.txt").read_text(encoding="utf-8"), "fixes.txt"))) == 5
    (out / "packages.yml").write_text("mine", encoding="utf-8")
    assert refresh.main([str(DOCUMENT), "--out", str(out), "--data", str(data)]) == 1
    assert "has packages.yml and fixes.txt and supersedes.txt already" in capsys.readouterr().err
    assert (out / "packages.yml").read_text(encoding="utf-8") == "mine"


def test_merging_adds_lines_and_keeps_every_line_that_was_there(refresh: Any, data: Path) -> None:
    before = (data / "fixes.txt").read_text(encoding="utf-8").splitlines()
    assert refresh.main([str(DOCUMENT), "--merge", "--data", str(data)]) == 0
    after = (data / "fixes.txt").read_text(encoding="utf-8").splitlines()
    assert set(before) <= set(after)
    assert len(after) == len(before) + 5
    merged = records.load(data)
    assert merged.supersedes["KB5099001"] == ("KB5071504", "KB5073697")
    assert refresh.main([str(DOCUMENT), "--merge", "--data", str(data)]) == 0
    assert (data / "fixes.txt").read_text(encoding="utf-8").splitlines() == after, "a second time adds nothing"


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: str(case["name"]))
def test_what_is_no_document_gets_a_sentence(refresh: Any, case: dict[str, Any]) -> None:
    text = case["text"] if "text" in case else changed(case["change"])
    with pytest.raises(refresh.msrc.BadDocument) as caught:
        refresh.msrc.read(text, "some.json")
    assert case["says"] in str(caught.value)
    assert str(caught.value).startswith("some.json")


def test_a_nested_bomb_gets_a_sentence(refresh: Any) -> None:
    with pytest.raises(refresh.msrc.BadDocument, match="nested too deeply|is no JSON"):
        refresh.msrc.read("[" * 200_000, "some.json")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("no/such/file.json", "cannot be read: No such file"),
        ("http://example.invalid/cvrf/2026-Jan", "only https addresses and files are read"),
        ("ftp://example.invalid/2026-Jan", "only https addresses and files are read"),
    ],
)
def test_a_source_that_is_none_gets_a_sentence(
    refresh: Any, source: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refresh.main([source]) == 1
    assert says in capsys.readouterr().err


def test_bytes_that_are_no_text_get_a_sentence(
    refresh: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.json").write_bytes(b"\xff\xfe{\x00}\x00")
    assert refresh.main([str(tmp_path / "x.json")]) == 1
    assert "is no UTF-8 text" in capsys.readouterr().err


def test_a_server_that_cannot_prove_itself_is_refused(refresh: Any, tmp_path: Path) -> None:
    with (
        _tls_server(tmp_path) as port,
        pytest.raises(refresh.msrc.BadDocument, match="could not be fetched.*certificate"),
    ):
        refresh.load(f"https://127.0.0.1:{port}/cvrf/v2.0/cvrf/2026-Jan")


@contextlib.contextmanager
def _tls_server(folder: Path) -> Any:
    """Serve the document with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "own.pem").write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")

    class Quiet(HTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is what this test wants."""

    server = Quiet(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**12),
    st.floats(),
    st.text(max_size=12),
    st.lists(st.one_of(st.none(), st.integers(0, 9), st.text(max_size=4)), max_size=3),
    st.dictionaries(st.sampled_from(["Value", "Type", "ProductID", "x"]), st.text(max_size=4), max_size=2),
)


def _paths(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [way, *(path for key, inner in value.items() for path in _paths(inner, (*way, key)))]
    if isinstance(value, list):
        return [way, *(path for index, inner in enumerate(value) for path in _paths(inner, (*way, index)))]
    return [way]


PATHS = [path for path in _paths(json.loads(TEXT)) if path]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(PATHS), JUNK), min_size=1, max_size=3))
def test_whatever_stands_in_a_document_it_is_read_or_refused_with_its_place(
    refresh: Any, junk: list[tuple[tuple[Any, ...], Any]]
) -> None:
    document = copy.deepcopy(json.loads(TEXT))
    for path, value in junk:
        place: Any = document
        with contextlib.suppress(KeyError, IndexError, TypeError):
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value
    try:
        read = refresh.msrc.read(json.dumps(document), "fuzzed")
    except refresh.msrc.BadDocument as error:
        assert str(error).startswith("fuzzed")
        return
    found = refresh.compare([read], catalogs.load(), records.shipped())
    written = records.write_fixes(found.fixes)
    again = list(records.parse_fixes(written, "fixes.txt"))
    assert not records.faults(records.Knowledge(tuple(again), {}))
    yaml.safe_load(refresh.as_yaml(found.packages))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(refresh: Any, text: str) -> None:
    with pytest.raises(refresh.msrc.BadDocument):
        refresh.msrc.read(text, "fuzzed")
