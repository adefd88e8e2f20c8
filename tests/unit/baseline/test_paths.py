# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import datetime as dt

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.evaluate import evaluate
from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.selection import select
from support.baseline_cases import machine


def judged(path: str | None) -> tuple[str, str]:
    services = {
        "Spooler": {"path": "C:\\Windows\\System32\\spoolsv.exe"},
        "Dhcp": {"path": "C:\\Windows\\system32\\svchost.exe -k Local Service"},
        "Agent": {"path": path},
    }
    snapshot = machine(services=services)
    snapshot["answers"]["services"] = services
    (finding,) = evaluate(snapshot, select(ids=["svc-no-unquoted-paths"]), dt.date(2026, 11, 20))
    return finding.status.value, finding.observed


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("C:\\Program Files\\Agent\\agent.exe", "fail"),
        ("C:\\Program Files\\Agent\\agent.exe -service", "fail"),
        ("C:\\Agent\\my agent.EXE /run", "fail"),
        ('"C:\\Program Files\\Agent\\agent.exe" -service', "pass"),
        ("C:\\Agent\\agent.exe -config C:\\Program Files\\a b.exe.config", "pass"),
        ("C:\\PROGRA~1\\Agent\\agent.exe", "pass"),
        ("\\SystemRoot\\System32\\drivers\\a b.sys", "pass"),
        (None, "notchecked"),
        ("", "notchecked"),
    ],
)
def test_a_path_with_blanks_wants_quotes(path: str | None, status: str) -> None:
    assert judged(path)[0] == status


def test_what_is_wrong_is_named_also_where_another_path_is_not_known() -> None:
    assert judged("C:\\Program Files\\Agent\\agent.exe") == ("fail", "Agent")
