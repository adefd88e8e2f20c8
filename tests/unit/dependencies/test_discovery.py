# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who uses a twin is found out message by message, in every language, for few messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._dependencies import listeners, questions, use
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host import in_use
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.settings import AUDIT
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Listener
from support.transcripts import Yard

HOST = Path(questions.__file__).parents[1] / "_host" / "data" / "snapshot.schema.json"
LANGUAGES = ["en-US", "de-DE", "ru-RU"]
SECURITY = {"log": "Security", "provider": "Microsoft-Windows-Security-Auditing", "id": 4624}
OLD_LOGON = {
    "TargetUserName": "scan",
    "TargetDomainName": "W",
    "WorkstationName": "OLD",
    "IpAddress": "-",
    "LmPackageName": "NTLM V1",
}
HANDSHAKE = {"log": "System", "provider": "Schannel", "id": 36880, "at": "2026-11-19T10:00:00Z"}
USED = {
    "smb_sessions": [
        {"client": "10.0.0.9", "user": "scanner", "client_type": "Windows 2002 5.1", "share": "scans"},
        {"client": "10.0.0.3", "user": "backup", "share": "C$"},
    ],
    "connections": [
        {"port": 3389, "peer": "10.0.0.4", "peer_port": 50111, "process": "TermService"},
        {"port": 445, "peer": "10.0.0.9", "peer_port": 1033},
        {"port": 445, "peer": "10.0.0.7", "peer_port": 1033, "state": "time_wait"},
    ],
    "remote_logons": 1,
    "events": [
        SECURITY | {"at": "2026-11-19T10:00:00Z", "data": OLD_LOGON},
        SECURITY | {"at": "2026-11-19T11:00:00Z", "data": {"TargetUserName": "anna", "LmPackageName": "NTLM V2"}},
        HANDSHAKE | {"data": {"Protocol": "TLS 1.0"}},
        HANDSHAKE | {"provider": "Other", "data": {"Protocol": "SSL 2.0"}},
    ],
}
TASK = (
    '<?xml version="1.0" encoding="UTF-16"?><Task version="1.2" '
    'xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">\r\n<Triggers/>\r\n<Principals>\r\n'
    '<Principal id="Author">\r\n<UserId>S-1-5-18</UserId>\r\n<RunLevel>HighestAvailable</RunLevel>\r\n</Principal>\r\n'
    '</Principals>\r\n<Actions Context="Author"><Exec><Command>cmd.exe</Command></Exec></Actions></Task>'
)


def yard(locale: str = "en-US", winrm: str = "2.0", **knobs: Any) -> Yard:
    return Yard(
        {
            "schema": "sunset.ws2008/snapshot/1",
            "taken": "2026-11-20T18:00:00Z",
            "door": "twin",
            "identity": None,
            "answers": {
                "os": {"build": 6002, "arch": "x64", "product_type": 3},
                "computer": {"name": "CERBERUS", "domain_role": 2},
            },
            "unknown": {},
            "twin": {"winrm": winrm, "locale": locale, **knobs},
        }
    )


def asked(at: Yard, name: str = "one") -> tuple[dict[str, Any], int]:
    controller = at.controller(name)
    session = controller.open()
    found = take(session, [*in_use.KEYS], [*questions.ALL, AUDIT])
    session.close()
    return found, controller.messages


@pytest.fixture(params=LANGUAGES)
def used(request: pytest.FixtureRequest) -> Iterator[Yard]:
    with yard(request.param, **USED) as at:
        at.machine.tasks.create("\\Nightly", TASK, at.machine.accounts.system())
        yield at


def test_who_uses_a_machine_is_found_in_every_language(used: Yard) -> None:
    snapshot, _messages = asked(used)
    assert not {probe.id for probe in questions.ALL} & set(snapshot["unknown"])
    jsonschema.validate(snapshot, json.loads(HOST.read_text(encoding="utf-8")))
    seen = {kind: look(snapshot) for kind, look in in_use.SEEN.items()}
    assert seen["smb1"] == ["SMB 1 session of scanner from 10.0.0.9 (Windows 2002 5.1)"]
    assert [text.split(" from ")[1] for text in seen["smb"]] == ["10.0.0.9", "10.0.0.3"]
    assert seen["ntlm_v1"] == ["NTLMv1 logon of W\\scan from OLD"]
    assert seen["tls10"] == ["TLS 1.0 handshake"], "one of another source is none of Schannel's"
    assert "10.0.0.4 on port 3389" in seen["rdp"] and len(seen["rdp"]) == 2
    assert seen["admin_shares"] == ["C$ by backup from 10.0.0.3"]
    answers = snapshot["answers"]
    assert {one["peer"] for one in answers["peers"]} == {"10.0.0.4", "10.0.0.9"}, "who only waits out is gone"
    assert {"task": "\\Nightly", "user": "S-1-5-18", "group": None, "logon": None} in answers["tasks"]
    assert answers["login"]["sid"].endswith("-500") and answers["own_account"]["sid"] == answers["login"]["sid"]


@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_quiet_machine_is_told_from_one_that_was_not_asked(locale: str) -> None:
    with yard(locale) as at:
        at.machine.registry.set(in_use.SCHANNEL, "EventLogging", "REG_DWORD", 7)
        quiet, _messages = asked(at)
    assert {kind: look(quiet) for kind, look in in_use.SEEN.items()} == {kind: [] for kind in in_use.SEEN}
    silent = {**quiet, "answers": {}, "unknown": {}}
    for look in in_use.SEEN.values():
        with pytest.raises(in_use.NotKnown, match="not asked"):
            look(silent)


def test_without_an_audit_of_logons_an_empty_log_proves_nothing() -> None:
    with yard() as at:
        quiet, _messages = asked(at)
    quiet["answers"]["audit"]["subcategories"][in_use.LOGON_AUDIT] = {"type": "NUMBER", "data": 2}
    with pytest.raises(in_use.NotKnown, match="written down"):
        in_use.ntlm_v1(quiet)


def test_without_a_log_of_handshakes_an_empty_one_proves_nothing() -> None:
    with yard() as at:
        quiet, _messages = asked(at)
    with pytest.raises(in_use.NotKnown, match="EventLogging"):
        in_use.tls10(quiet)


def test_a_stopped_server_service_shares_nothing_with_nobody() -> None:
    with yard(**USED) as at:
        at.machine.services.stop("LanmanServer")
        found, _messages = asked(at)
    assert found["answers"]["smb_sessions"] == [] == found["answers"]["smb_connections"]


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_machine_itself_tells_which_listeners_its_programs_can_speak_with(locale: str) -> None:
    """Without a network from here, and before and after TLS 1.0 is off: its own programs know no other (KB4019276)."""
    with yard(locale) as at:
        at.machine.listeners += [Listener(port=port, process="System") for port in (443, 636, 5986)]
        before, _messages = asked(at)
        at.machine.registry.set(f"{in_use.SCHANNEL}\\Protocols\\TLS 1.0\\Server", "Enabled", "REG_DWORD", 0)
        after, _messages = asked(at, "two")
    seen = {one["port"]: one for one in before["answers"]["own_tls"]}
    assert {port: one["spoken"] for port, one in seen.items()} == {443: True, 636: True, 5986: True}
    assert [one["spoken"] for one in after["answers"]["own_tls"]] == [False] * 3
    told = listeners.offered(SimpleNamespace(), after)  # type: ignore[arg-type]
    assert {one["own"] for one in told} == {"Schannel found no version or suite in common (0x80072F7D)"}


@pytest.mark.parametrize("winrm", ["1.1", "2.0"])
def test_asking_costs_five_messages_at_most(winrm: str) -> None:
    with yard(winrm=winrm) as at:
        plain = at.controller("plain")
        session = plain.open()
        take(session, [*in_use.KEYS], [AUDIT])
        session.close()
        _snapshot, messages = asked(at, "asked")
    assert messages - plain.messages <= 5


def test_a_person_sees_what_depends_on_a_machine(used: Yard) -> None:
    snapshot, _messages = asked(used)
    found = use.summary(snapshot)
    assert found is not None and found["runs"] == 1 and found["since"] is None
    assert found["sentence"].startswith("in use now: file sharing, file sharing with SMB 1")
    assert found["shares"] == [] and found["accounts"] == []
    snapshot["answers"]["services"]["Backup"] = {"account": "CORP\\svc", "start": "auto", "state": "running"}
    del snapshot["answers"]["smb_sessions"]
    snapshot["unknown"]["smb_sessions"] = "WMI said no"
    found = use.summary(snapshot)
    assert found is not None and found["accounts"] == [{"account": "CORP\\svc", "by": ["service Backup"]}]
    assert "not known: file sharing, file sharing with SMB 1" in found["sentence"]
    assert next(one for one in found["uses"] if one["kind"] == "smb1")["unknown"].endswith("WMI said no")


def test_nothing_is_shown_where_nobody_asked() -> None:
    assert use.summary({"answers": {"os": {}}, "unknown": {}}) is None


def test_a_rehearsal_has_the_users_that_the_snapshot_saw(used: Yard) -> None:
    snapshot, _messages = asked(used)
    names = ["os", "computer", *(probe.id for probe in questions.ALL)]
    seed = {**snapshot, "answers": {name: snapshot["answers"][name] for name in names}, "twin": {"winrm": "2.0"}}
    with Yard(seed) as rehearsed:
        again, _messages = asked(rehearsed)
    for kind in ("smb1", "smb", "ntlm_v1", "tls10", "admin_shares"):
        assert in_use.SEEN[kind](again) == in_use.SEEN[kind](snapshot), kind
    assert len(in_use.rdp(again)) == len(in_use.rdp(snapshot))
