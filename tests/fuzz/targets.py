# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that reads what somebody else wrote, each with a few good inputs and the errors that it may raise.

Used twice: by quick tests that mutate the good inputs, and by the coverage-guided marathon (`marathon.py`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._change import journal
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.lock import Owner
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console import (
    auditpol,
    bcdedit,
    builtin,
    certificates,
    events,
    firewall,
    handshake,
    icacls,
    key_access,
    localgroup,
    netstat,
    principals,
    registry,
    sddl,
    secedit,
    shared_access,
    systeminfo,
    text,
    whoami,
    winrm,
    wmic,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._console.command import Reply
from ansible_collections.sunset.ws2008.plugins.plugin_utils._dependencies import observations, use
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing import cabinet, job, record_reading
from ansible_collections.sunset.ws2008.plugins.plugin_utils._servicing.errors import ServicingError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target import soap
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import TargetError
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin import cab, wql, wsman_envelope, wsman_http
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.tools import regfile

Reader = Callable[[bytes], object]


@dataclass(frozen=True)
class Target:
    """One reader of foreign input; an error that is not among `errors` is a defect."""

    read: Reader
    errors: tuple[type[BaseException], ...]
    seeds: tuple[bytes, ...]

    def try_(self, data: bytes) -> bool:
        """Read; true when it was accepted, false when it was refused as it may be."""
        try:
            self.read(data)
        except Exception as error:
            if not isinstance(error, self.errors):
                raise
            return False
        return True


def _text(read: Callable[[str], object]) -> Reader:
    return lambda data: read(data.decode("utf-8", "replace"))


def _soap(body: str) -> bytes:
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" '
        'xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" '
        'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd" '
        'xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service">'
        f"<s:Header/><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _file(read: Callable[[Path], object]) -> Reader:
    def wrapped(data: bytes) -> object:
        with tempfile.NamedTemporaryFile(suffix=".msu") as file:
            file.write(data)
            file.flush()
            return read(Path(file.name))

    return wrapped


def _whole_cabinet(path: Path) -> None:
    opened = cabinet.open_cabinet(path)
    for name in opened.names:
        opened.read(name)
    opened.verify()


def _twin_cabinet(data: bytes) -> None:
    found = cab.find_cabinet(data)
    for member in found.members if found else ():
        found.read(member)  # type: ignore[union-attr]


def _request(data: bytes) -> object:
    pieces = [data]

    def receive(size: int, timeout: float) -> bytes:
        head, pieces[0] = pieces[0][:size], pieces[0][size:]
        return head

    return wsman_http.Reader(receive, lambda _data: None, 1000).request(1.0)


def _own_record(data: bytes) -> object:
    return record_reading.parse_record(yaml.load(data, Loader=yaml.SafeLoader), "a file", 0)


def _journal(data: bytes) -> object:
    plain = yaml.load(data, Loader=yaml.SafeLoader)
    return journal.Journal.of(plain) if isinstance(plain, dict) else None


def _observed(data: bytes) -> object:
    """Read a file of observations, and lay a run over it: what was accepted must bear everything that is done to it."""
    held = observations.read(yaml.load(data, Loader=yaml.SafeLoader), "a file")
    session = {"client": "a", "user": "u", "client_type": "x", "dialect": "1"}
    snapshot = {"taken": "2026-11-20T18:00:00Z", "answers": {"smb_sessions": [session]}, "unknown": {}}
    return use.summary(snapshot, observations.merge(held, snapshot, "h"))


_YAML = (yaml.YAMLError, UnicodeDecodeError, ValueError)
_CONSOLE = (text.ConsoleError,)
_ENUMERATED = _soap(
    "<n:EnumerateResponse><n:EnumerationContext>uuid:1</n:EnumerationContext><w:Items><p:Win32_Service>"
    "<p:Name>W32Time</p:Name></p:Win32_Service></w:Items><w:EndOfSequence/></n:EnumerateResponse>"
)

TARGETS: dict[str, Target] = {
    "console_registry": Target(
        _text(registry.parse),
        _CONSOLE,
        (
            b"\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\X\r\n    a b    REG_DWORD    0x3\r\n"
            b"    m    REG_MULTI_SZ    A\\0B\r\n    (Default)    REG_SZ    x\r\n\r\n",
        ),
    ),
    "console_registry_search": Target(_text(lambda said: registry.parse(said, search=True)), _CONSOLE, (b"",)),
    "console_netstat": Target(
        _text(netstat.parse_listeners),
        _CONSOLE,
        (b"\r\n  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       836\r\n",),
    ),
    "console_peers": Target(
        _text(netstat.parse_peers),
        _CONSOLE,
        (b"  TCP    10.0.0.1:445           10.0.0.9:1033          ESTABLISHED     4\r\n",),
    ),
    "console_events": Target(
        _text(events.parse),
        _CONSOLE,
        (b"<Event xmlns='x'><System><EventID>4624</EventID><TimeCreated SystemTime='2026-11-19T10:00:00.000Z'/>"
         b"</System><EventData><Data Name='LmPackageName'>NTLM V1</Data></EventData></Event>\r\n",),
    ),
    "console_handshake": Target(
        _text(handshake.parse),
        _CONSOLE,
        (b"WSManFault\r\n    Message = x\r\n\r\nError number:  -2147012739 0x80072F7D\r\nx\r\n",),
    ),
    "console_principals": Target(
        _text(principals.parse),
        _CONSOLE,
        (b'<!-- \\A -->\r\n<Principal id="a">\r\n<UserId>x</UserId>\r\n</Principal>\r\n</Tasks>\r\n',),
    ),
    "console_user": Target(_text(whoami.parse_user), _CONSOLE, (b'"server\\anna","S-1-5-21-1-2-3-1004"\r\n',)),
    "observations": Target(
        _observed,
        (observations.BadObservations, *_YAML),
        (b"{schema: sunset.ws2008/observations/1, host: h, since: '2026-11-01T00:00:00Z', runs: 1, "
         b"not_known: {rdp: 1}, last: '2026-11-19T00:00:00Z', left_out: {}, seen: {smb1: [{what: a, "
         b"first: '2026-11-01T00:00:00Z', "
         b"last: '2026-11-19T00:00:00Z', times: 2}]}}",),
    ),
    "console_whoami": Target(
        _text(whoami.parse_groups),
        _CONSOLE,
        (b'"BUILTIN\\Administrators","Alias","S-1-5-32-544","Enabled group"\r\n',),
    ),
    "console_wmic_values": Target(_text(wmic.parse_values), _CONSOLE, (b"\r\r\n\r\r\nName=X\r\r\nStart=1\r\r\n",)),
    "console_wmic_table": Target(_text(wmic.parse_table), _CONSOLE, (b"Name  State  \r\r\nX     Running  \r\r\n",)),
    "console_hotfixes": Target(_text(wmic.parse_hotfixes), _CONSOLE, (b"HotFixID  \r\r\nKB955430  \r\r\n",)),
    "console_systeminfo": Target(systeminfo.parse, _CONSOLE, (b"\r\nHost Name:           A\r\nOS Version: 6.0\r\n",)),
    "console_names": Target(_text(builtin.parse_names), _CONSOLE, (b"6.0.6002.18005\r\n",)),
    "console_secedit": Target(
        _text(secedit.parse),
        _CONSOLE,
        (b"[Unicode]\r\nUnicode=yes\r\n[System Access]\r\nMinimumPasswordLength = 8\r\n[Version]\r\nRevision=1\r\n",),
    ),
    "console_auditpol": Target(
        _text(auditpol.parse),
        _CONSOLE,
        (b"Machine Name,Policy Target,Subcategory,Subcategory GUID,Inclusion Setting,Exclusion Setting,"
         b"Setting Value\r\nA,System,Logon,{0cce9215-69ae-11d9-bed3-505054503030},Success,,1\r\n",),
    ),
    "console_icacls": Target(_text(icacls.parse_saved), _CONSOLE, (b"Windows\r\nD:PAI(A;;FA;;;BA)\r\n",)),
    "console_icacls_named": Target(
        _text(lambda said: icacls.parse_named(said, contents=True)),
        _CONSOLE,
        (b"C:\\Windows\\NTDS\r\nedb.log\r\nD:AI(A;ID;FA;;;SY)\r\nntds.dit\r\nD:AI(A;ID;FA;;;BA)\r\n",),
    ),
    "console_key_access": Target(
        _text(lambda said: key_access.parse(Reply(0, said))),
        _CONSOLE,
        (b"x\r\r\ninstance of __PARAMETERS\n{\n\tDescriptor = \ninstance of Win32_SecurityDescriptor\n{\n"
         b"\tControlFlags = 33796;\n\tDACL = {\ninstance of Win32_ACE\n{\n\tAccessMask = 131097;\n\tAceFlags = 18;\n"
         b"\tAceType = 0;\n\tTrustee = \ninstance of Win32_Trustee\n{\n\tSID = {1, 1, 0, 0, 0, 0, 0, 5,"
         b" 18, 0, 0, 0};\n\tSIDString = \"S-1-5-18\";\n};\n}};\n};\n\tReturnValue = 0;\n};\n",
         b"instance of __PARAMETERS {ReturnValue = 2;};"),
    ),
    "console_shared_folders": Target(
        _text(lambda said: shared_access.folders(Reply(0, said), Reply(0, said))),
        _CONSOLE,
        (b"Name=A\r\r\nType=0\r\r\n\r\r\n",
         b'Name=A\nType=0\n\n(\\\\S\\ROOT\\CIMV2:Win32_LogicalShareSecuritySetting.Name="A")->GetSecurityDescriptor()\n'
         b"instance of __PARAMETERS {Descriptor = instance of D {ControlFlags = 4; DACL = {};}; ReturnValue = 0;};"),
    ),
    "console_shared_lists": Target(
        _text(lambda said: shared_access.folders(Reply(0, "Name=A\nType=0\n"), Reply(0, said))),
        _CONSOLE,
        (b'(\\\\S\\ROOT\\CIMV2:Win32_LogicalShareSecuritySetting.Name="A")->GetSecurityDescriptor()\n'
         b"instance of __PARAMETERS {Descriptor = instance of D {ControlFlags = 4; DACL = {};}; ReturnValue = 0;};",),
    ),
    "console_sddl_again": Target(
        _text(lambda said: sddl.read(sddl.render(sddl.read(said)))), _CONSOLE, (b"D:PAI(A;OICI;KA;;;BA)(D;;0x2;;;AN)",)
    ),
    "console_sddl": Target(
        _text(sddl.parse), _CONSOLE, (b"D:PAI(A;;FA;;;BA)(A;OICIIO;0x1200a9;;;CO)S:(AU;SA;FA;;;WD)",)
    ),
    "console_firewall": Target(
        _text(firewall.parse),
        _CONSOLE,
        (b"v2.0|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=5985|RA4=10.0.0.0/255.0.0.0|Name=x|",),
    ),
    "console_boot": Target(
        _text(bcdedit.parse_nx), _CONSOLE, (b"identifier              {current}\r\nnx                      OptIn\r\n",)
    ),
    "console_users": Target(
        _text(localgroup.parse_users), _CONSOLE, (b"Name=Anna\r\r\nSID=S-1-5-21-1-2-3-1001\r\r\n",)
    ),
    "console_certificate": Target(_text(certificates.parse), _CONSOLE, (b"200000000100000002000000abcd",)),
    "console_members": Target(
        _text(localgroup.parse), _CONSOLE, (b"Members\r\n\r\n" + b"-" * 79 + b"\r\nAnna\r\nDone.\r\n",)
    ),
    "console_winrm_config": Target(
        _text(winrm.parse_config),
        _CONSOLE,
        (b"Config\r\n    MaxEnvelopeSizekb = 150\r\n    Client\r\n        X = y\r\n",),
    ),
    "console_winrm_listeners": Target(
        _text(winrm.parse_listeners), _CONSOLE, (b"Listener\r\n    Address = *\r\n    Transport = HTTP\r\n",)
    ),
    "console_text": Target(lambda data: text.split_lines(text.decode(data)), _CONSOLE, (b"\xff\xfea\0", b"abc")),
    "wsman_page": Target(soap.page, (TargetError,), (_ENUMERATED,)),
    "wsman_instance": Target(
        soap.instance, (TargetError,), (_soap("<p:Win32_Service><p:Name>x</p:Name></p:Win32_Service>"),)
    ),
    "wsman_shells": Target(soap.shells, (TargetError,), (_ENUMERATED,)),
    "wsman_outcome": Target(
        lambda data: soap.outcome(data, "StartService"),
        (TargetError,),
        (_soap("<p:StartService_OUTPUT><p:ReturnValue>0</p:ReturnValue></p:StartService_OUTPUT>"),),
    ),
    "wsman_identity": Target(
        soap.identity,
        (TargetError,),
        (_soap("<i:IdentifyResponse><i:ProductVersion>OS: 6.0.6002 SP: 2.0 Stack: 1.1</i:ProductVersion>"
               "</i:IdentifyResponse>"),),
    ),
    "package_cabinet": Target(_file(_whole_cabinet), (cabinet.BadCabinet, ServicingError), (b"MSCF" + bytes(40),)),
    "job_state": Target(_text(job.parse_state), (ValueError,), (b"boot 2026-11-20T06:00:00Z\r\nphase expand\r\n",)),
    "catalog_record": Target(
        _own_record,
        (ServicingError, *_YAML),
        (b"{id: KB4493730, kind: update, title: x, architectures: {x64: {file: a, sha1: b}}, requires: [KB948465], "
         b"entitlement: none, restart: always, evidence: [{file: a, at_least: 6.0.6002.1}], confidence: single}",),
    ),
    "journal": Target(_journal, (TargetError, *_YAML), (b"{schema: sunset.ws2008/journal/1, run: a, groups: []}",)),
    "lock_owner": Target(_text(Owner.of), (), (b"run a\r\ntask b\r\nhost c\r\nboot d\r\nprocess 1-2\r\nbegan e\r\n",)),
    "twin_message": Target(
        wsman_envelope.parse_message, (wsman_envelope.BadXml, wsman_envelope.Fault), (_ENUMERATED,)
    ),
    "twin_request": Target(
        _request, (wsman_http.BadRequest,), (b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",)
    ),
    "twin_wql": Target(
        _text(wql.parse),
        (wql.QueryError,),
        (b"SELECT Name,State FROM Win32_Service WHERE Name='a' OR NOT State LIKE 'b%'",),
    ),
    "twin_regfile": Target(
        _text(regfile.parse),
        (regfile.NotARegistryFile,),
        (b'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\S]\r\n"a"=dword:00000001\r\n',),
    ),
    "twin_cabinet": Target(_twin_cabinet, (cab.CabError, cab.Unsupported), (b"MSCF" + bytes(40),)),
}  # fmt: skip
