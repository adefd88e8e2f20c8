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


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` tell whether it is as it should be."""
    text = page(yaml.safe_load(RECORDS.read_text(encoding="utf-8"))["lockouts"])
    if arguments == ["--check"]:
        return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


def page(records: list[dict[str, Any]]) -> str:
    """Return the page: one table to find a guard, then each of them."""
    lines = ["## The guards", "", "| Guard | What it stops |", "| --- | --- |"]
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
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
