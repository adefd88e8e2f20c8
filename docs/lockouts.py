# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write docs/lockouts.md from the records of the guards: python docs/lockouts.py [--check]."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
RECORDS = ROOT / "plugins" / "plugin_utils" / "_baseline" / "data" / "lockouts.yml"
PAGE = ROOT / "docs" / "lockouts.md"
HEAD = """# What can lock you out, and what stops it

A hardening that cuts off the machine it hardens is worse than none. This page is made from the records that stop it
(`python docs/lockouts.py`), one for each act that is known to cut off or break a Server 2008 that is managed from afar.

A guard looks at what a control is about to change, whatever control that is, one of your own file included. It holds
the control when it sees harm, and also when it cannot see enough: unknown is never taken for harmless. The result of
[`sunset.ws2008.baseline`](../plugins/modules/baseline.py) has each held control with what was seen, what would lift
it, and the id of the guard:

```yaml
held:
  - control: smb1-server-off
    reasons:
      - "in use: SMB 1 session of scanner from 10.0.0.9 (Windows 2002 5.1); replace the client, or wait until it was not
         seen for 30 days [guard smb1-in-use]"
    guards: [smb1-in-use]
```

## Who uses the machine

Some guards ask whether anybody would miss what goes. Every run that changes something asks this first; an assessment
asks it with `dependencies: true`, shows it in the report, and lays it over the runs before, in one file for each
machine:

```yaml
- sunset.ws2008.facts:
    dependencies: true
    observations: ~/.ansible/sunset.ws2008/observations
```

{ways}

Nothing of this is a translated word. It costs five requests more at most, on WinRM 1.1 and 2.0 alike; the lines for
cmd.exe travel with all others (`python -m pytest tests/unit/dependencies -k five_messages`). On a large Security log
the event service may take long to look through all of it; how long on a real machine has not been measured.

## To lift a guard

Do what it says, and run again. What is in use is asked again in every run that changes something; what was seen in
earlier assessments (`observations` of [`sunset.ws2008.facts`](../plugins/modules/facts.py)) counts for 30 days.

## To force a guard

```yaml
- sunset.ws2008.baseline:
    state: enforced
    force: [smb1-in-use]
```

A forced guard is said in a warning with what it saw, stands in the result under `forced`, and in the journal of the
run on both sides. A word that is no guard is refused with the nearest one; a forced guard that held nothing is said, so
that it does not stay in a playbook. Force overrules guards only: a control without its prerequisites, or one whose
value could not be put back, stays held.

"""

# What is asked about, how it is seen, and what that cannot tell.
WAYS = (
    (
        "file sharing",
        "`Win32_ServerSession`, `Win32_ServerConnection`, connections to ports 139 and 445",
        "who comes at another time",
    ),
    (
        "SMB 1",
        "a client that told the name of its system, which only SMB 1 has a field for (inferred)",
        "a client of SMB 1 that tells no name",
    ),
    (
        "NTLMv1",
        "event 4624 with `NTLM V1`, the newest 20",
        "anything, where logons are not audited; then it is not known",
    ),
    (
        "TLS",
        "each version offered to each listener from the control node; `winrm identify` from the machine to its own "
        "listeners; event 36880 of Schannel",
        "clients, unless `EventLogging` is 7; then it is not known",
    ),
    ("Remote Desktop", "logon sessions of type 10, connections to its port", "who comes at another time"),
    (
        "accounts",
        "what services and scheduled tasks run as, against user rights",
        "whether an unknown SID is a known name; then it is not known",
    ),
    ("shares", "`Win32_Share`, those that Windows makes left out", "who uses them at another time"),
)


SHOWN = (
    "What each act does with guards and trials switched off is shown on a rehearsal server, one by one, and that it\n"
    "does not come about with them: [the table](faults.md#lock-outs)."
)


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` tell whether it is as it should be."""
    text = page(yaml.safe_load(RECORDS.read_text(encoding="utf-8"))["lockouts"])
    if arguments == ["--check"]:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


def page(records: list[dict[str, Any]]) -> str:
    """Return the page: one table to find a guard, then each of them."""
    lines = ["## The guards", "", SHOWN, "", "| Guard | What it stops |", "| --- | --- |"]
    known = [one for one in records if "never" not in one]
    lines += [f"| [`{one['id']}`](#{one['id']}) | {one['act']} |" for one in known]
    for one in known:
        lines += ["", f"### {one['id']}", "", one["act"], ""]
        lines += [f"- **What happens**: {one['happens']}", f"- **What is looked at**: {one['look']}"]
        lines += [f"- **What lifts it**: {one['lift'][:1].upper()}{one['lift'][1:]}."]
        if one.get("own"):
            controls = ", ".join(f"`{name}`" for name in one["own"])
            lines.append(f"- **Guards of these controls belong to it**: {controls}")
        lines.append(f"- **Source**: {one['source']} (confidence {one['confidence']})")
    lines += ["", "## What cannot happen here", "", "| Act | Why not |", "| --- | --- |"]
    lines += [f"| {one['act']} {one['happens']} | {one['never']['why']} |" for one in records if "never" in one]
    ways = ["| What | How it is seen | What that cannot tell |", "| --- | --- | --- |"]
    ways += [f"| {' | '.join(row)} |" for row in WAYS]
    return HEAD.replace("{ways}", "\n".join(ways)) + "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
