# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the ``baseline`` action; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: baseline
short_description: Judge a Windows Server 2008 against a hardening baseline, and make it pass
version_added: 1.0.0
description:
  - Takes one snapshot of the machine and judges each selected control on it. A control is a data record that knows what
    it needs, what it breaks and where it comes from.
  - With O(state=enforced), failing controls are set, one group after the other. Additions come first, risky groups go
    alone and are followed by a new login, TLS 1.0 goes last.
  - Before the first change, all values as they were are written to a journal on the control node and on the target
    (C(%ProgramData%\sunset.ws2008\journal)), with an C(undo.reg) and an C(undo.cmd) that need nothing else.
  - A control counts as fixed only when its own check passes afterwards.
  - What is not known is never reported as passed.
notes:
  - A failing control that would harm is held back. RV(held) says what was seen and what lifts it. Held controls do not
    fail the task.
  - Nothing is restarted. RV(restart_for) names the controls that act only after a restart.
options:
  state:
    description:
      - V(evaluated) judges and changes nothing.
      - V(enforced) also sets what fails and may be set.
    type: str
    choices: [evaluated, enforced]
    default: evaluated
  areas:
    description: Areas to take, such as V(tls) or V(smb). When empty, all of them are taken.
    type: list
    elements: str
    default: []
  tags:
    description: Take only controls with one of these tags. When empty, the tags do not matter.
    type: list
    elements: str
    default: []
  baseline_file:
    description: A file on the control node with a site's own controls and profiles, in the layout of the collection's.
    type: path
  tls12_proved:
    description:
      - Ports on which somebody has seen a live TLS 1.2 handshake with this machine, besides those that the control node
        tries itself before it enforces. RV(handshakes) says what it saw.
      - TLS 1.0 is switched off on the server side only when every listener on a usual TLS port has shaken hands.
    type: list
    elements: int
    default: []
  force:
    description:
      - Ids of guards to overrule, such as V(smb1-in-use). RV(held) names those that hold a control.
      - Each one is said in a warning with what the guard saw, and is kept in the journal. One that held nothing is said
        as well, and one that does not exist is refused.
    type: list
    elements: str
    default: []
  observations:
    description:
      - Folder on the control node with what M(sunset.ws2008.facts) saw in use in earlier runs. What was seen in the
        last 30 days counts for the guards as if it were there now.
    type: path
    default: ~/.ansible/sunset.ws2008/observations
  confirm_minutes:
    description:
      - Before a risky group is changed, a task of the system account is started on the machine. When no new login of
        this run has come in after so many minutes, the task takes the group back, whether the control node or the
        network are there or not.
      - Give it more time where logins are slow. V(0) switches this off, and then a group that locks you out stays.
    type: int
    default: 10
extends_documentation_fragment:
  - sunset.ws2008.attributes
  - sunset.ws2008.selection
  - sunset.ws2008.changes.journal
  - sunset.ws2008.changes.lock
attributes:
  check_mode:
    support: full
    details: Returns the changes that an enforcement would make on the machine as it is.
  diff_mode:
    support: full
    details: One before and after for each control.
author:
  - The sunset.ws2008 founders (@sunset-ws2008)
"""

EXAMPLES = r"""
- name: See where a machine stands
  sunset.ws2008.baseline:

- name: See what would change
  sunset.ws2008.baseline:
    state: enforced
  check_mode: true
  diff: true

- name: Harden, with one exception until summer
  sunset.ws2008.baseline:
    state: enforced
    waivers:
      - control: smb1-server-off
        reason: The scanner in hall 3 knows nothing newer; its replacement is ordered
        approver: J. Doe
        expires: "2027-06-30"

- name: Switch TLS 1.0 off where it can be proved safe
  sunset.ws2008.baseline:
    state: enforced
    controls: [tls-tls10-server-off]
    tls12_proved: [443]
"""

RETURN = r"""
findings:
  description: One entry for each selected control, as the machine is after the task (in check mode, before it).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The control.
      type: str
    title:
      description: What it asks for.
      type: str
    area:
      description: Its area.
      type: str
    level:
      description: Its level.
      type: str
    status:
      description: One of C(pass), C(fail), C(notapplicable), C(error), C(notchecked), C(waived).
      type: str
    observed:
      description: What was seen.
      type: str
    expected:
      description: What was wanted.
      type: str
    evidence:
      description: The answers of the machine that the verdict stands on.
      type: list
      elements: str
    source:
      description: Where the control comes from.
      type: list
      elements: str
    confidence:
      description: How well that is known for NT 6.0.
      type: str
    restart:
      description: Whether a change of it needs a restart, one of C(yes), C(no), C(maybe).
      type: str
  sample:
    - id: ntlm-no-lm-hash
      title: LM hashes are not stored
      area: ntlm
      level: baseline
      status: pass
      observed: NoLMHash = REG_DWORD 1
      expected: NoLMHash = REG_DWORD 1
      evidence: ['HKLM\SYSTEM\CurrentControlSet\Control\Lsa NoLMHash = REG_DWORD 1']
      source: [DISA 2008 STIG V-3379 (DC+MS)]
      confidence: high
      restart: 'no'
changes:
  description: Every value that was changed, or would be in check mode. A value of null means that it is not there.
  returned: when O(state=enforced)
  type: list
  elements: dict
  sample:
    - control: smb1-server-off
      kind: registry_value
      key: HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters
      name: SMB1
      before: null
      after: {type: REG_DWORD, data: 0}
groups:
  description: The groups that had something to change, in order, and what became of them.
  returned: when O(state=enforced)
  type: list
  elements: dict
  sample: [{id: smb1, title: SMBv1 off, risky: true, fixed: [smb1-server-off], unfixed: [], failures: []}]
held:
  description: Failing controls that were not changed, with what was seen and what lifts it.
  returned: when O(state=enforced)
  type: list
  elements: dict
  sample:
    - control: tls-tls10-server-off
      guards: [tls10-unproved]
      reasons: ['listening on TLS ports: 443; proof is missing of a live TLS 1.2 handshake on port 443']
forced:
  description: The guards that were overruled, with the control and what the guard saw.
  returned: when O(state=enforced)
  type: list
  elements: dict
  sample:
    - guard: smb1-in-use
      control: smb1-server-off
      saw: 'in use: SMB 1 session of scanner from 10.0.0.9 (Windows 2002 5.1)'
restart_required:
  description: Whether a change acts only after a restart.
  returned: when O(state=enforced)
  type: bool
handshakes:
  description: What each TLS listener said to TLS 1.2, where a control waits for that; tried from the control node.
  returned: when O(state=enforced)
  type: list
  elements: str
  sample: ["port 3389: TLS 1.2 refused: wrong version number"]
restart_for:
  description: The changed controls that act only after a restart.
  returned: when O(state=enforced)
  type: list
  elements: str
journal:
  description:
    - The folders of this run's journal on the control node and on the target, and the script there that takes all of it
      back. It is null when nothing was changed.
  returned: when O(state=enforced)
  type: dict
  sample:
    controller: /home/ops/.ansible/sunset.ws2008/journal/cerberus/20261120T180000Z-1a2b
    target: C:\ProgramData\sunset.ws2008\journal\20261120T180000Z-1a2b
    undo: C:\ProgramData\sunset.ws2008\journal\20261120T180000Z-1a2b\undo.cmd
warnings:
  description: What a person should look at.
  returned: when O(state=enforced)
  type: list
  elements: str
"""
