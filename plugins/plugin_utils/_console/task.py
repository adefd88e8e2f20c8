# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Task files for ``schtasks /create /xml`` (private to this collection).

A file, because the options of schtasks spell dates and account names in the language of the system. SYSTEM is named by
its SID, nothing carries a date, and neither battery nor idle conditions apply: a server that was virtualised may still
believe that it runs on a battery.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

SYSTEM_SID = "S-1-5-18"
_BELOW_NORMAL = 5  # the default of 7 runs with low disk priority too


def system_task(description: str, script: str, folder: str, limit: int, at_boot: bool = False) -> bytes:
    """Return a task that runs a batch file as SYSTEM, when it is told to and with `at_boot` at every start as well.

    `script` and `folder` are full paths on the target, `limit` is in seconds, 0 for none. A second start while it runs
    is ignored. UTF-16 with a byte order mark, the form that Task Scheduler 1.2 of NT 6.0 takes.
    """
    settings = {
        "MultipleInstancesPolicy": "IgnoreNew",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "AllowHardTerminate": "true",
        "StartWhenAvailable": "false",
        "RunOnlyIfNetworkAvailable": "false",
        "AllowStartOnDemand": "true",
        "Enabled": "true",
        "Hidden": "false",
        "RunOnlyIfIdle": "false",
        "WakeToRun": "false",
        "ExecutionTimeLimit": f"PT{limit}S",
        "Priority": str(_BELOW_NORMAL),
    }
    triggers = "<Triggers><BootTrigger><Enabled>true</Enabled></BootTrigger></Triggers>" if at_boot else "<Triggers/>"
    text = (
        '<?xml version="1.0" encoding="UTF-16"?>\r\n'
        '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">\r\n'
        f"  <RegistrationInfo><Description>{escape(description)}</Description></RegistrationInfo>\r\n"
        f"  {triggers}\r\n"
        f'  <Principals><Principal id="System"><UserId>{SYSTEM_SID}</UserId>'
        "<RunLevel>HighestAvailable</RunLevel></Principal></Principals>\r\n"
        "  <Settings>\r\n"
        "    <IdleSettings><StopOnIdleEnd>false</StopOnIdleEnd><RestartOnIdle>false</RestartOnIdle></IdleSettings>\r\n"
        + "".join(f"    <{name}>{value}</{name}>\r\n" for name, value in settings.items())
        + "  </Settings>\r\n"
        '  <Actions Context="System"><Exec>'
        "<Command>%SystemRoot%\\System32\\cmd.exe</Command>"
        f"<Arguments>/d /c &quot;{escape(script)}&quot;</Arguments>"
        f"<WorkingDirectory>{escape(folder)}</WorkingDirectory>"
        "</Exec></Actions>\r\n"
        "</Task>\r\n"
    )
    return text.encode("utf-16")
