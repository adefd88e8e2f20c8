# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The orders of every kind of setting, there and back, and the script that a person runs without us."""

from __future__ import annotations

import re

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.orders import assign, runs
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.undo import undo_files
from ansible_collections.sunset.ws2008.plugins.plugin_utils._change.values import BadValue, Change, Kind, Value, same

SERVICES = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"
GUID = "{0CCE9215-69AE-11D9-BED3-505054503030}"
ANNA = "S-1-5-21-1-2-3-1104"


def text(data: str) -> Value:
    return Value("TEXT", data)


def number(data: int) -> Value:
    return Value("NUMBER", data)


def accounts(*names: str) -> Value:
    return Value("ACCOUNTS", names)


def security(section: str, name: str, before: Value | None, after: Value | None) -> Change:
    return Change("c", section, name, before, after, Kind.SECURITY)


SPOOLER = Change("c", SERVICES + "Spooler", "start", text("delayed"), text("disabled"), Kind.SERVICE)
STOPPED = Change("c", SERVICES + "Spooler", "state", text("running"), text("stopped"), Kind.STATE)
AUDIT = Change("c", "subcategories", GUID, number(1), number(3), Kind.AUDIT)
WINRM = Change("c", "winrm/config/service/auth", "CredSSP", text("true"), text("false"), Kind.WINRM)
RULE = Change(
    "c", "rules", "sunset.ws2008 x", None, text("dir=in action=allow protocol=tcp profile=any"), Kind.FIREWALL
)
ADAPTER = "{6F2B9A31-0C0E-4B7D-9B25-1E7D7B3A8C11}"
BOOT = Change("c", "{current}", "nx", None, text("OptOut"), Kind.BOOT)
NETBIOS = Change("c", ADAPTER, "TcpipNetbiosOptions", number(0), number(2), Kind.NETBIOS)
LISTENED = 'Port="80";Hostname="";Enabled="true";URLPrefix="wsman";CertificateThumbprint=""'
LISTENER = Change("c", "Address=*+Transport=HTTP", "listener", text(LISTENED), None, Kind.LISTENER)
MEMBER = Change("c", "S-1-5-32-551", "anna b", text("member"), None, Kind.MEMBER)
GROUP = (
    'for /f "tokens=2 delims==" %a in (\'wmic path Win32_Group where "SID=\'S-1-5-32-551\'" get Name /value '
    '^<nul 2^>nul\') do @for /f "delims=" %b in ("%a") do '
    '@cscript //nologo "{{here}}x.{}.vbs" "%b" "{}"'
)
SET_NETBIOS = f"wmic path Win32_NetworkAdapterConfiguration where \"SettingID='{ADAPTER}'\" call SetTcpipNetbios "
SWITCHED = Change("c", "rules", "in Old agent", text("yes"), text("no"), Kind.RULE_STATE)
USERS = Change(
    "c",
    f"HKU\\{ANNA}\\Software\\Policies",
    "Lock",
    None,
    Value("REG_SZ", "1"),
    profile="%SystemDrive%\\Users\\anna b",
)


@pytest.mark.parametrize(
    ("change", "there", "back"),
    [
        (SPOOLER, ["sc config Spooler start= disabled"], ["sc config Spooler start= delayed-auto"]),
        (
            STOPPED,
            ["net stop Spooler <nul"],
            [
                "net start Spooler <nul || (reg query HKLM\\SYSTEM\\CurrentControlSet\\Services\\Spooler /v Start "
                '| find "0x4" >nul && (sc config Spooler start= demand & net start Spooler <nul & '
                "sc config Spooler start= disabled))"
            ],
        ),
        (
            AUDIT,
            [f'auditpol /set /subcategory:"{GUID}" /success:enable /failure:enable'],
            [f'auditpol /set /subcategory:"{GUID}" /success:enable /failure:disable'],
        ),
        (
            WINRM,
            ['call winrm set winrm/config/service/auth @{CredSSP="false"}'],
            ['call winrm set winrm/config/service/auth @{CredSSP="true"}'],
        ),
        (
            RULE,
            [
                'netsh advfirewall firewall delete rule name="sunset.ws2008 x"',
                'netsh advfirewall firewall add rule name="sunset.ws2008 x" dir=in action=allow protocol=tcp '
                "profile=any",
            ],
            ['netsh advfirewall firewall delete rule name="sunset.ws2008 x"'],
        ),
        (BOOT, ["bcdedit /set {current} nx OptOut"], ["bcdedit /deletevalue {current} nx"]),
        (
            NETBIOS,
            [SET_NETBIOS + "2 <nul"],
            [SET_NETBIOS + "0 <nul"],
        ),
        (
            LISTENER,
            [
                'call winrm delete winrm/config/Listener?Address=*+Transport=HTTP >"{here}x.winrm.txt" 2>&1 || '
                'find "0x80338000" "{here}x.winrm.txt" >nul || (type "{here}x.winrm.txt" & cmd /c exit 1)'
            ],
            [
                "(call winrm get winrm/config/Listener?Address=*+Transport=HTTP >nul 2>&1 && call winrm set "
                'winrm/config/Listener?Address=*+Transport=HTTP @{Port="80";Enabled="true";URLPrefix="wsman"}) || '
                "call winrm create winrm/config/Listener?Address=*+Transport=HTTP "
                '@{Port="80";Enabled="true";URLPrefix="wsman"}'
            ],
        ),
        (
            MEMBER,
            [GROUP.format("out", "%COMPUTERNAME%/anna b")],
            [GROUP.format("in", "%COMPUTERNAME%/anna b")],
        ),
        (
            SWITCHED,
            ['netsh advfirewall firewall set rule name="Old agent" dir=in new enable=no'],
            ['netsh advfirewall firewall set rule name="Old agent" dir=in new enable=yes'],
        ),
    ],
    ids=lambda one: one.kind.value if isinstance(one, Change) else "",
)
def test_one_line_each_way(change: Change, there: list[str], back: list[str]) -> None:
    assert [one.line for one in assign(change.kind, [change], "x").lines] == there
    assert [one.line for one in assign(change.kind, [change], "x", back=True).lines] == back


def test_a_policy_goes_as_one_template_with_a_database_of_its_own() -> None:
    changes = [
        security("System Access", "MinimumPasswordLength", number(0), number(14)),
        security("System Access", "NewGuestName", text("Гость"), text("nobody")),
        security("Privilege Rights", "SeTcbPrivilege", accounts("S-1-5-32-544", "Гость"), accounts()),
    ]
    there, back = assign(Kind.SECURITY, changes, "x"), assign(Kind.SECURITY, changes, "x", back=True)
    for orders in (there, back):
        (order,) = orders.lines
        assert order.line.startswith(
            '(if exist "{here}x.sdb" del "{here}x.sdb") & secedit /configure /db "{here}x.sdb" '
        )
        assert "/overwrite" not in order.line and order.ends == (0, 3)
    assert "MinimumPasswordLength = 14\r\n" in template(there.files["x.inf"])
    assert "SeTcbPrivilege = \r\n" in template(there.files["x.inf"])
    assert "MinimumPasswordLength = 0\r\n" in template(back.files["x.inf"])
    assert 'NewGuestName = "Гость"\r\n' in template(back.files["x.inf"])
    assert "SeTcbPrivilege = *S-1-5-32-544,Гость\r\n" in template(back.files["x.inf"])


def test_access_lists_go_as_a_template_each_in_its_own_section_and_area() -> None:
    """[MS-GPSB] 2.2.7 and 2.2.8: the name, mode 0 (let what is inheritable be passed on), and the list."""
    closed, opened = Value("SDDL", "D:PAI(A;CI;KA;;;BA)"), Value("SDDL", "D:AI(A;;KA;;;WD)(A;ID;KA;;;BA)")
    key = Change("c", "HKLM\\SOFTWARE\\A b", "dacl", opened, closed, Kind.KEY_ACL)
    file = Change("c", "%SystemRoot%\\x", "dacl", opened, closed, Kind.FILE_ACL)
    for change, section, place, area in (
        (key, "Registry Keys", "MACHINE\\SOFTWARE\\A b", "REGKEYS"),
        (file, "File Security", "%SystemRoot%\\x", "FILESTORE"),
    ):
        there, back = assign(change.kind, [change], "x"), assign(change.kind, [change], "x", back=True)
        assert f"/areas {area} " in there.lines[0].line
        assert template(there.files["x.inf"]).endswith(f'[{section}]\r\n"{place}",0,"{closed.data}"\r\n')
        assert template(back.files["x.inf"]).endswith(f'[{section}]\r\n"{place}",0,"{opened.data}"\r\n')


def template(data: bytes) -> str:
    assert data.startswith(b"\xff\xfe")
    return data.decode("utf-16")


def test_what_an_export_left_out_is_not_written_back() -> None:
    back = assign(Kind.SECURITY, [security("System Access", "LockoutDuration", None, number(15))], "x", back=True)
    assert "LockoutDuration" not in template(back.files["x.inf"])


def test_the_hive_of_a_user_is_loaded_only_when_it_is_not() -> None:
    orders = assign(Kind.REGISTRY, [USERS], "x")
    (order,) = orders.lines
    loaded, _mark, other = order.line.partition(" || ")
    assert loaded == f'(reg query "HKU\\{ANNA}" >nul 2>&1 && reg import "{{here}}x.{ANNA}.reg")'
    assert other.startswith(
        f'(reg load "HKU\\sunset.{ANNA}" "%SystemDrive%\\Users\\anna b\\NTUSER.DAT" && (reg import '
    )
    assert other.endswith(f'& reg unload "HKU\\sunset.{ANNA}"))'), "unloaded whatever became of the import"
    assert f"[HKEY_USERS\\{ANNA}\\Software\\Policies]" in orders.files[f"x.{ANNA}.reg"].decode("utf-16")
    assert f"[HKEY_USERS\\sunset.{ANNA}\\Software\\Policies]" in orders.files[f"x.{ANNA}.unloaded.reg"].decode("utf-16")


@pytest.mark.parametrize(
    "change",
    [
        Change("c", SERVICES + "X", "start", text("auto"), None, Kind.SERVICE),
        Change("c", SERVICES + 'X" & calc "', "start", text("auto"), text("manual"), Kind.SERVICE),
        Change("c", "subcategories", "Logon", number(0), number(3), Kind.AUDIT),
        Change("c", "C:\\x", "dacl", None, None, Kind.FILE_ACL),
        Change("c", "{current}", "nx", None, text("Off & on"), Kind.BOOT),
        Change("c", "{current}", "testsigning", None, text("OptOut"), Kind.BOOT),
        Change("c", "1", "TcpipNetbiosOptions", None, number(2), Kind.NETBIOS),
        Change("c", ADAPTER, "TcpipNetbiosOptions", None, number(3), Kind.NETBIOS),
        Change("c", "Address=*+Transport=FTP", "listener", None, None, Kind.LISTENER),
        Change("c", "Address=*+Transport=HTTP", "listener", None, text(LISTENED.replace("80", "%x%")), Kind.LISTENER),
        Change("c", "Administrators", "anna", None, None, Kind.MEMBER),
        Change("c", "S-1-5-32-551", 'anna" & del x', None, None, Kind.MEMBER),
        Change("c", "rules", "in all", None, text("no"), Kind.RULE_STATE),
        Change("c", "rules", "in @FirewallAPI.dll,-28753", None, text("no"), Kind.RULE_STATE),
        Change("c", "rules", "in Old agent", None, text("yes and no"), Kind.RULE_STATE),
        Change("c", "rules", "in Old agent", None, None, Kind.RULE_STATE),
        Change("c", "HKLM\\S", "dacl", None, Value("SDDL", 'D:(A;;KA;;;WD)"'), Kind.KEY_ACL),
        Change("c", "HKU\\S", "dacl", None, Value("SDDL", "D:(A;;KA;;;WD)"), Kind.KEY_ACL),
        security("System Access", "NewGuestName", text("a"), text('a"b')),
        security("Privilege Rights", "SeTcbPrivilege", accounts(), accounts("a,b")),
        Change("c", f"HKU\\{ANNA}\\S", "x", None, Value("REG_SZ", "1"), profile="C:\\100% sure"),
    ],
)
def test_what_cannot_be_said_is_refused_before_anything_is_sent(change: Change) -> None:
    with pytest.raises(BadValue):
        assign(change.kind, [change], "x")


def test_the_script_goes_backwards_and_on_after_a_failure() -> None:
    registry = Change("c", "HKLM\\SOFTWARE\\X", "a", None, Value("REG_DWORD", 1))
    files = undo_files(
        "run", [registry, STOPPED, SPOOLER, AUDIT, USERS], ["HKLM\\SOFTWARE\\X", f"HKU\\{ANNA}\\Software\\P"]
    )
    script = files["undo.cmd"].decode("ascii")
    orders = re.findall(r"^(?:\(reg query|auditpol|sc config|net start|reg import)", script, re.M)
    assert orders == ["(reg query", "auditpol", "sc config", "net start", "reg import"]
    assert "exit /b 1" in script.splitlines()[-2] and script.count('set "failed=1"') == len(orders)
    assert '"%~dp0' in script and "%%~dp0" not in script
    assert '"%SystemDrive%\\Users\\anna b\\NTUSER.DAT"' in script
    unloaded = script.rindex('reg unload "%hive%"')
    assert script.rindex('reg delete "%hive%\\Software\\P"') < unloaded
    assert {name for name in files if name.endswith((".reg", ".inf"))} >= {"undo.reg", "undo-5.reg"}


def test_the_script_speaks_the_code_page_of_its_machine() -> None:
    russian = Change("c", f"HKU\\{ANNA}\\S", "x", None, Value("REG_SZ", "1"), profile="C:\\Users\\Анна")
    assert "Анна" in undo_files("run", [russian], [], "866")["undo.cmd"].decode("cp866")
    with pytest.raises(BadValue, match="code page 437"):
        undo_files("run", [russian], [], "437")


def test_neighbours_of_one_kind_stay_together() -> None:
    found = runs([SPOOLER, SPOOLER, AUDIT, SPOOLER])
    assert [(kind, len(some)) for kind, some in found] == [(Kind.SERVICE, 2), (Kind.AUDIT, 1), (Kind.SERVICE, 1)]


def test_accounts_are_the_same_in_any_order_and_nobody_is_as_good_as_none() -> None:
    assert same(accounts("S-1-5-11", "Gast"), accounts("gast", "S-1-5-11"))
    assert same(None, accounts()) and not same(None, accounts("Gast"))
    assert not same(number(0), None) and not same(Value("REG_SZ", "1"), Value("REG_DWORD", 1))


ALL = [SPOOLER, STOPPED, AUDIT, WINRM, RULE, USERS, BOOT, NETBIOS, LISTENER, MEMBER, SWITCHED]


@pytest.mark.parametrize("change", ALL, ids=lambda one: one.kind.value)
def test_a_journal_keeps_every_kind(change: Change) -> None:
    assert Change.of(change.plain()) == change
