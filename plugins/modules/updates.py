# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the ``updates`` action; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: updates
short_description: Bring a Windows Server 2008 to a servicing state
version_added: 1.0.0
description:
  - Looks at the machine, plans the packages and restarts that lead to O(target) in the only order that works, and
    does them. The plan gives a reason for each step and for each package that it leaves out.
  - Each package is checked on the control node before anything is sent. A file that is missing, cut short, altered,
    for another architecture or another Windows, or present twice ends the task with nothing changed.
  - A package is installed by a job that the task scheduler of the machine runs as SYSTEM, because the Windows Update
    Agent refuses to install for a WinRM logon. Whether it is in is judged by the component store and by file
    versions, never by an exit code.
  - An interrupted run is continued by the next one. What still runs is waited for, and nothing is installed twice.
options:
  target:
    description:
      - The state to reach.
      - V(servicing_stack) is the stack that reads SHA-2 packages, and a newer one when O(media) has it and SHA-2
        support is in.
      - V(sha2) is SHA-2 support and the restart after it.
      - V(build_6003) is the newest public rollup in O(media), each of which since April 2019 makes the build 6003.
      - V(last_public) is the rollup of January 2020, the last one without Extended Security Updates.
      - V(latest) is the newest rollup that the machine is entitled to.
      - A number such as V(KB4534303) is that package with everything that it requires.
    type: str
    default: last_public
  media:
    description:
      - Folder on the control node that holds the package files, in any folders below it.
      - The vendor's file names are understood, and any other that has the KB number and the architecture in it.
      - Needed as soon as a package has to be installed.
    type: path
  source:
    description:
      - V(controller) sends the files through the connection.
      - V(unc) has the machine copy them from O(share), which is quicker for large files. They are checked in O(media)
        first, and compared with that on the machine.
    type: str
    choices: [controller, unc]
    default: controller
  share:
    description:
      - UNC path of a folder with the same files as O(media), for O(source=unc).
      - SYSTEM goes there with the account of the machine.
    type: str
  reboot:
    description:
      - V(when_required) restarts where the plan demands it or the machine asks for it.
      - V(never) stops in front of the first such restart and says so in RV(pending_restart). Run the task again after
        a restart.
      - V(always) also restarts once when packages went in and none of them asked for it.
    type: str
    choices: [never, when_required, always]
    default: when_required
  hold:
    description: Packages that must not be installed, such as V(KB4565353).
    type: list
    elements: str
    default: []
  catalog_extra:
    description:
      - Records of your own for the catalog, or fields that complete a shipped record, such as a hash that is not
        known there.
      - The shape is that of the files in C(plugins/plugin_utils/_servicing/data/catalog).
    type: list
    elements: dict
    default: []
  job_timeout:
    description:
      - Seconds that one package may take. A job that takes longer is not stopped, and the next run waits for it
        again.
    type: int
    default: 7200
  reboot_timeout:
    description: Seconds that one restart may take, with the configuring of updates before and after it.
    type: int
    default: 3600
  reboot_settle:
    description: Seconds for which a restarted machine must stay up before it counts as back.
    type: int
    default: 10
  poll_interval:
    description: Longest pause in seconds between two looks at a job.
    type: int
    default: 10
attributes:
  check_mode:
    description: Can run in check mode and return the plan. The package files are checked, and nothing is changed.
    support: full
  diff_mode:
    description: Shows the steps of the plan.
    support: full
notes:
  - A package that needs an entitlement is planned only where Windows itself says that a licence is active.
  - Packages and their licences come from you. Nothing is downloaded.
author:
  - The sunset.ws2008 founders (@sunset-ws2008)
seealso:
  - module: sunset.ws2008.facts
  - module: sunset.ws2008.reboot
"""

EXAMPLES = r"""
- name: What would be done?
  sunset.ws2008.updates:
    target: last_public
    media: /srv/media/ws2008
  check_mode: true
  register: plan

- name: Bring the machine to the last public rollup
  sunset.ws2008.updates:
    target: last_public
    media: /srv/media/ws2008

- name: Go as far as possible without a restart
  sunset.ws2008.updates:
    target: sha2
    media: /srv/media/ws2008
    reboot: never

- name: Complete a shipped record with a hash of your own
  sunset.ws2008.updates:
    target: KB4534303
    media: /srv/media/ws2008
    catalog_extra:
      - id: KB4534303
        architectures:
          x64:
            sha256: "{{ sha256_of_the_rollup }}"
"""

RETURN = r"""
plan:
  description: The plan as it was before the first step.
  returned: when the machine could be judged
  type: dict
  contains:
    target:
      description: The target in its own spelling.
      type: str
    steps:
      description: Packages and restarts in order, each with its reason.
      type: list
      elements: dict
    already:
      description: What the plan builds on, each with the evidence for it.
      type: list
      elements: dict
    sentence:
      description: The plan in one sentence.
      type: str
    unreachable:
      description: Why the target cannot be reached. Null when it can.
      type: str
installed:
  description:
    - Packages that went in, with the evidence for it, the exit codes of the job's steps and its seconds.
    - C(verified) is false when the machine had no means to compare the file's hash.
  returned: always
  type: list
  elements: dict
omitted:
  description: Packages that somebody might have expected in the plan, each with the reason why it is not there.
  returned: when the machine could be judged
  type: list
  elements: dict
restarts:
  description: How often the machine was restarted.
  returned: always
  type: int
pending_restart:
  description: Whether the run stopped in front of a restart.
  returned: always
  type: bool
log:
  description: The lines that were shown while the task ran, each with the time since its start.
  returned: always
  type: list
  elements: str
failure:
  description: Package, exit codes, evidence and the last lines of CBS.log.
  returned: when a package did not go in
  type: dict
"""
