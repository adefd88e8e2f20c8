# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the ``reboot`` action; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: reboot
short_description: Restart a Windows Server 2008 and wait until it is really back
version_added: 1.0.0
description:
  - Restarts the machine with C(shutdown), or over WMI where that fails, and waits until its boot time has changed and
    it stays up - through "configuring updates", a closed port, and a further restart that the machine adds by itself.
  - Takes the place of M(ansible.builtin.reboot), which cannot work on this system.
options:
  timeout:
    description: Seconds until the machine must be back. Configuring a rollup may take half an hour on old hardware.
    type: float
    default: 3600
  settle:
    description: Seconds that the machine has to stay up before it counts as back.
    type: float
    default: 10
  message:
    description: The reason, for people at the console and for the event log of the machine.
    type: str
    default: Restart by Ansible
  undo_script:
    description:
      - Full path of a script on the machine that takes a change back, such as the C(undo.cmd) of a journal.
      - It is put on trial - unless a new login comes in after the restart, a task of the system account runs the script
        and restarts the machine once more, whether the control node or the network are there or not.
    type: str
  confirm_minutes:
    description:
      - Minutes that the machine counts before it runs O(undo_script), the time of the restart included. V(0) never
        runs it.
    type: int
    default: 30
extends_documentation_fragment:
  - sunset.ws2008.attributes
  - sunset.ws2008.changes.lock
attributes:
  check_mode:
    support: full
    details: Says that it would restart, and does not.
  diff_mode:
    support: none
seealso:
  - module: sunset.ws2008.updates
author:
  - The sunset.ws2008 founders (@sunset-ws2008)
"""

EXAMPLES = r"""
- name: Restart, and give an old machine two hours
  sunset.ws2008.reboot:
    timeout: 7200
    message: Change 4711
"""

RETURN = r"""
rebooted:
  description: Whether the machine was restarted.
  returned: always
  type: bool
  sample: true
boot_before:
  description: When the machine had been started before, UTC.
  returned: when it was restarted
  type: str
  sample: "2026-11-01T06:00:00Z"
boot_after:
  description: When it was started now, UTC.
  returned: when it was restarted
  type: str
  sample: "2026-11-20T18:05:12Z"
elapsed:
  description: Seconds from the order to the end of the waiting.
  returned: when it was restarted
  type: float
  sample: 312.4
restarts:
  description: How many boots were seen; more than one when the machine added one by itself.
  returned: when it was restarted
  type: int
  sample: 1
"""
