# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the ``rollback`` action; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rollback
short_description: List what was changed on a Windows Server 2008, and take it back
version_added: 1.0.0
description:
  - Before M(sunset.ws2008.baseline) changes a setting, it writes what was there to a journal on the control node and on
    the target. This module reads both, and puts back exactly what was there, type and absence included. It takes back a
    run, single groups of it, or single controls.
  - One of the two journals is enough. Where one is torn or was edited, the other is used. Where both are whole and
    differ, nothing is done.
  - A value that somebody has changed since is left alone, together with the other values of its control. It is shown as
    it was before, as the run wrote it, and as it is now. Everything else goes back, and the task fails with that
    sentence; with O(all_or_nothing), nothing goes back. Name the control in O(force) to restore it all the same.
  - A rollback is a run of its own, with a journal of its own. It can be taken back by its name, and what O(force)
    overwrote is in there.
  - Updates are listed and never removed. RV(runs[].cannot_be_undone) says of each what Windows can do about it, and
    this is said of those that went in since the run that is taken back, before anything is done.
notes:
  - Nothing is restarted. RV(restart_for) names the controls that act only after a restart.
  - At the machine, C(undo.cmd) in the folder of the run does the same without the collection and without asking.
options:
  state:
    description:
      - V(listed) returns the runs and changes nothing.
      - V(rolled_back) takes back what O(run), O(groups) and O(controls) name.
      - V(tidied) removes from the journals what O(keep_runs) and O(keep_megabytes) let go.
    type: str
    choices: [listed, rolled_back, tidied]
    default: listed
  run:
    description:
      - The name of a run, as V(20261120T180000Z-1a2b).
      - V(last) is the last run that set something, whether it is in force or not. Asking twice takes back one run.
      - V(all) are all runs in force, the newest first. A control that is refused in one of them is left alone in the
        older ones, too.
      - Required with O(state=rolled_back).
    type: str
  groups:
    description: Groups of the run to take back, by id. When empty, all of them are.
    type: list
    elements: str
    default: []
  controls:
    description: Controls to take back, by id. When empty, all of them are.
    type: list
    elements: str
    default: []
  force:
    description:
      - Controls, by id, that are restored although somebody has changed a value of them since.
      - Each value that is overwritten is said in a warning before anything is done, and is in the journal of the
        rollback. A control of which nobody has changed a value is said, too, so that it does not stay in a playbook.
    type: list
    elements: str
    default: []
  all_or_nothing:
    description: Change nothing at all when a single value was changed by somebody else since.
    type: bool
    default: false
  confirm_minutes:
    description:
      - Before anything is put back, a task of the system account is started on the machine. When no new login of this
        task has come in after so many minutes, it does again what was taken back. V(0) switches this off.
    type: int
    default: 10
  keep_runs:
    description:
      - How many runs are kept for each machine, on the control node and on the target.
      - A run whose values are in force is never removed, unless another one that is kept holds all that it holds.
    type: int
    default: 50
  keep_megabytes:
    description: How many megabytes of journals are kept for each machine, on the control node and on the target.
    type: int
    default: 20
extends_documentation_fragment:
  - sunset.ws2008.attributes
  - sunset.ws2008.changes.journal
  - sunset.ws2008.changes.lock
attributes:
  check_mode:
    support: full
    details: Looks at the machine, and returns what would be restored and what would be refused.
  diff_mode:
    support: full
    details: One before and after for each control.
author:
  - The sunset.ws2008 founders (@sunset-ws2008)
"""

EXAMPLES = r"""
- name: See what was done to a machine
  sunset.ws2008.rollback:
  register: journal

- name: See what taking the last run back would do
  sunset.ws2008.rollback:
    state: rolled_back
    run: last
  check_mode: true
  diff: true

- name: Take one control back, wherever it was set
  sunset.ws2008.rollback:
    state: rolled_back
    run: all
    controls: [smb1-server-off]

- name: Take a group of a run back, over what somebody else has set since
  sunset.ws2008.rollback:
    state: rolled_back
    run: 20261120T180000Z-1a2b
    groups: [ntlm]
    force: [ntlm-lmcompat-level]
"""

RETURN = r"""
runs:
  description: The runs in the journals of the machine, oldest first.
  returned: when O(state=listed)
  type: list
  elements: dict
  contains:
    run:
      description: Its name.
      type: str
    started:
      description: When it began, in UTC.
      type: str
    host:
      description: The machine, as the control node called it then.
      type: str
    what:
      description: One of C(settings), C(updates), C(rollback of) another run, or C(nothing).
      type: str
    state:
      description:
        - What the journals say of it. Only O(state=rolled_back) looks at the machine, also in check mode.
        - One of C(open), C(rolled back), C(partly rolled back); C(interrupted), which may have set a part of what it
          meant to and can be taken back as well; C(never began), which broke off before its first change;
          C(cannot be undone), which installed updates; C(unusable), of which RV(runs[].notes) says why.
      type: str
    undoes:
      description: The run that it took back, else null.
      type: str
    groups:
      description: Id and title of its groups.
      type: list
      elements: dict
    controls:
      description: Ids of its controls.
      type: list
      elements: str
    values:
      description: Each value with what was there before and what the run wrote.
      type: list
      elements: str
    restart_for:
      description: Its controls that act only after a restart.
      type: list
      elements: str
    forced:
      description: Guards that were overruled for it, and values of somebody else that a rollback overwrote.
      type: list
      elements: dict
    kept_on:
      description: Where its journal is, C(controller), C(target) or both.
      type: list
      elements: str
    cannot_be_undone:
      description: A sentence for each package that it installed.
      type: list
      elements: str
    notes:
      description: What is wrong with a copy of its journal.
      type: list
      elements: str
  sample:
    - run: 20261120T180000Z-1a2b
      started: '2026-11-20T18:00:00Z'
      host: cerberus
      what: settings
      state: open
      undoes: null
      groups: [{id: smb1, title: SMBv1 off}]
      controls: [smb1-server-off]
      values: ['HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters SMB1: absent -> REG_DWORD 0']
      restart_for: [smb1-server-off]
      forced: []
      kept_on: [controller, target]
      cannot_be_undone: []
      notes: []
restored:
  description: Every value that was put back, or would be in check mode.
  returned: when O(state=rolled_back)
  type: list
  elements: dict
  sample:
    - run: 20261120T180000Z-1a2b
      control: smb1-server-off
      kind: registry_value
      key: HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters
      name: SMB1
      fate: restored
      before: absent
      written: REG_DWORD 0
      now: REG_DWORD 0
refused:
  description:
    - Every value that was left alone, because somebody has changed it, or another value of its control, since.
    - C(written_by) is the run of this collection that wrote what is there now, if one did.
  returned: when O(state=rolled_back)
  type: list
  elements: dict
  sample:
    - run: 20261120T180000Z-1a2b
      control: ntlm-lmcompat-level
      kind: registry_value
      key: HKLM\SYSTEM\CurrentControlSet\Control\Lsa
      name: LmCompatibilityLevel
      fate: changed since by somebody else
      before: absent
      written: REG_DWORD 5
      now: REG_DWORD 3
      written_by: null
already:
  description: Every value that already was as before the run.
  returned: when O(state=rolled_back)
  type: list
  elements: dict
restart_required:
  description: Whether something that was put back acts only after a restart.
  returned: when O(state=rolled_back)
  type: bool
restart_for:
  description: The restored controls that act only after a restart.
  returned: when O(state=rolled_back)
  type: list
  elements: str
journal:
  description: The journals of this rollback, one for each run that it took back.
  returned: when O(state=rolled_back)
  type: list
  elements: dict
  sample:
    - run: 20261121T080000Z-3c4d
      undoes: 20261120T180000Z-1a2b
      controller: /home/ops/.ansible/sunset.ws2008/journal/cerberus/20261121T080000Z-3c4d
      target: C:\ProgramData\sunset.ws2008\journal\20261121T080000Z-3c4d
removed:
  description: The runs that were removed from the journals, or would be in check mode.
  returned: when O(state=tidied)
  type: list
  elements: str
warnings:
  description: What a person should look at, and what stays whatever is taken back.
  returned: when O(state=rolled_back) or O(state=tidied)
  type: list
  elements: str
"""
