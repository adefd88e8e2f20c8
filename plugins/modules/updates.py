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
    for another architecture, another language or another Windows, or present twice ends the task with nothing changed.
  - So do a disk that is too full, a damaged component store, an installation that runs already, a clock by which
    signatures fail, a restart that somebody else left pending, and an update that is known to do harm on such a
    machine. The message says what to do. Check mode refuses the same.
  - A package is installed by a job that the task scheduler of the machine runs as SYSTEM, because the Windows Update
    Agent refuses to install for a WinRM logon. Whether it is in is judged by the component store and by file
    versions, never by an exit code.
  - An interrupted run is continued by the next one. What still runs is waited for, and nothing is installed twice.
  - What cannot be undone is said before it is done. Each run writes a journal on the control node and on the machine,
    before and after each step.
options:
  target:
    description:
      - The state to reach.
      - V(servicing_stack) is the stack that reads SHA-2 packages, and a newer one when O(media) has it and SHA-2
        support is in.
      - V(sha2) is SHA-2 support and the restart after it.
      - V(build_6003) is the newest public rollup in O(media), each of which since April 2019 makes the build 6003.
      - V(last_public) is the rollup of January 2020, the last one without Extended Security Updates.
      - V(esu_preparation) is the newest licensing preparation for Extended Security Updates in O(media).
      - V(latest) is the newest rollup that the machine is entitled to.
      - A number such as V(KB4534303) is that package with everything that it requires.
    type: str
    default: last_public
  media:
    description:
      - Folder on the control node that holds the package files, in any folders below it.
      - The vendor's file names are understood, and any other that has the KB number and the architecture in it.
      - Needed as soon as a package has to be installed. With O(source=unc) and O(source=http) it may be missing where
        the catalog knows name and SHA-1 of each package.
      - Files that a C(media.lock.yml) beside them pins must be those files.
    type: path
  source:
    description:
      - V(controller) sends the files through the connection.
      - V(unc) has the machine copy them from O(share), V(http) has it fetch them from O(mirror). Both are quicker for
        large files. All packages of the plan are fetched, and compared with their SHA-1, before the first is installed.
      - For V(http) the machine uses its own bitsadmin, and certutil where that fails. Neither was tried on a real
        Windows Server 2008 by the authors.
    type: str
    choices: [controller, unc, http]
    default: controller
  share:
    description:
      - UNC path of a folder with the same files in the same folders as O(media), for O(source=unc).
      - SYSTEM goes there with the account of the machine.
    type: str
  mirror:
    description:
      - Address of a folder with the same files in the same folders as O(media), for O(source=http), such as
        V(http://mirror.example.com/ws2008).
      - No password and no query. The SHA-1 makes sure of the files, so that plain http will do; a server of today
        mostly offers no TLS version that Windows Server 2008 has.
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
  pending_restart:
    description:
      - What to do about a restart that waits already and that no run of this collection caused.
      - V(refuse) fails before anything is changed and names what waits. Nobody here knows what takes effect then.
      - V(complete) restarts first and goes on, unless O(reboot=never).
    type: str
    choices: [refuse, complete]
    default: refuse
  accept_risks:
    description:
      - Risks that would stop the task otherwise, by the ids that its messages name.
      - V(clock) installs in spite of a wrong clock, V(component_store) in spite of a damaged component store,
        V(unhashed_media) files that the machine fetched and cannot compute a hash of. All others are known-bad updates.
    type: list
    elements: str
    default: []
  window_end:
    description:
      - When the maintenance window closes, with its offset, such as V(2026-11-21T04:00:00+01:00).
      - A step that is estimated to take longer than what is left is not begun. The task then ends well, with
        RV(window_closed) true and the rest of the plan in RV(left).
    type: str
  window_minutes:
    description:
      - The same in minutes from the start of this task. The earlier of both closes the window.
    type: int
  window_estimates:
    description:
      - Minutes that a step may take, by kind, where you know better than the estimates of this collection.
      - Those are 90 for V(service_pack), 45 for V(monthly_rollup), 30 for V(security_only), 15 for V(sha2) and
        V(update), 10 for V(servicing_stack) and V(esu_preparation), 20 for a V(restart) with its configuring. They are
        the authors' own, as no published figures were found. A package counts together with its restart.
    type: dict
    default: {}
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
extends_documentation_fragment:
  - sunset.ws2008.attributes
  - sunset.ws2008.packages
  - sunset.ws2008.entitlement
  - sunset.ws2008.changes.journal
  - sunset.ws2008.changes.lock
attributes:
  check_mode:
    support: full
    details:
      - Returns the plan. Package files and machine are checked, and nothing is changed.
      - Whether the machine reaches O(share) or O(mirror) takes a job on it, and is not tried in check mode.
  diff_mode:
    support: full
    details: Shows the steps of the plan.
notes:
  - A package that needs an entitlement is planned only where Windows itself says that a licence is active, or you state
    that Azure licenses the machine.
  - An installer that ends in 1722 or 0x800706BA is started again up to four times, 5 seconds apart. After 0x80240016
    the machine is restarted and the package tried once more. Nothing else is tried again.
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

- name: Have the machine fetch its packages from a mirror, within the window of the night
  sunset.ws2008.updates:
    target: last_public
    media: /srv/media/ws2008
    source: http
    mirror: http://mirror.example.com/ws2008
    window_end: "2026-11-21T04:00:00+01:00"

- name: Add TLS 1.2 on the way, and finish what somebody else left pending
  sunset.ws2008.updates:
    target: last_public
    also: [KB4019276]
    media: /srv/media/ws2008
    pending_restart: complete

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
    final:
      description: What of the plan cannot be undone, in sentences.
      type: list
      elements: str
installed:
  description:
    - Packages that went in, with the evidence for it, the exit codes of the job's steps, its seconds, and those of each
      phase. C(retried) are the codes after which the installer was started again.
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
window_closed:
  description: Whether the maintenance window kept a step from being begun. In check mode, whether it would.
  returned: always
  type: bool
left:
  description: Steps that were not begun, because the window closes or a restart is yours to make.
  returned: always
  type: list
  elements: dict
risks:
  description:
    - Updates of the plan that are known to do harm on machines such as this, or may, with effect and remedy. The
      same as warnings.
  returned: always
  type: list
  elements: dict
journal:
  description:
    - The folders of this run's journal, on the control node and on the machine. Null when nothing was changed.
    - Each holds a C(servicing.json) with every step, file, digest and code, and the command that removes a package
      where there is one.
  returned: always
  type: dict
log:
  description: The lines that were shown while the task ran, each with the time since its start.
  returned: always
  type: list
  elements: str
failure:
  description: Package, exit codes, phases, evidence, and the last lines that CBS.log got about it.
  returned: when a package did not go in
  type: dict
"""
