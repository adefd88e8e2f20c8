# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the ``facts`` action; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: facts
short_description: Ask a Windows Server 2008 every question once, and judge the answers
version_added: 1.0.0
description:
  - Takes one snapshot of the machine in a handful of round trips (WMI and cmd.exe, never PowerShell), and judges it.
    Which build it runs, whether a restart is outstanding, how far it is up the servicing ladder, what is left to
    install, how long the product was supported, and which controls of the baseline it meets.
  - Works through every connection of this collection. Through P(sunset.ws2008.evidence#connection) it judges a machine
    that no network reaches.
  - Other versions of Windows are recognised and get their support dates. They are never changed by this collection.
  - A question that is not answered does not fail the task. It stands in RV(snapshot.unknown) with the reason, and what
    depends on it is reported as unknown.
notes:
  - This module takes the place of C(ansible.builtin.setup), which cannot run on this system.
  - The snapshot holds no password and no product key. It does hold names of services, updates and open ports.
options:
  target:
    description: The servicing state to plan for, as in M(sunset.ws2008.updates).
    type: str
    default: last_public
  vulnerabilities:
    description:
      - How much of RV(host.vulnerabilities) to return.
      - V(summary) counts them and says what would close how many. V(full) lists every one, which is about a megabyte
        for each machine. V(none) leaves them out.
    type: str
    choices: [summary, full, none]
    default: summary
  dependencies:
    description:
      - Also ask who uses the machine, SMB and its old dialect, NTLMv1, TLS 1.0, Remote Desktop, services and tasks with
        accounts of their own, shares. It costs five requests more.
      - A run of M(sunset.ws2008.baseline) that changes something asks this in any case.
    type: bool
    default: false
  observations:
    description:
      - Folder on the control node where O(dependencies) are laid over those of earlier runs, one file for each machine.
      - What came and went between two runs is seen in none, so run it often, at different times of day and month.
    type: path
    default: ~/.ansible/sunset.ws2008/observations
  registry_keys:
    description:
      - Registry keys to ask for besides those that the judgement needs.
      - For example C(HKLM\SOFTWARE\Example). The whole key is read, its subkeys are not.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - sunset.ws2008.attributes
  - sunset.ws2008.selection
  - sunset.ws2008.entitlement
attributes:
  check_mode:
    support: full
    details: The module only reads, so it does the same in check mode.
  diff_mode:
    support: N/A
    details: Nothing is changed, so there is nothing to show.
  platform:
    description: Windows Server 2008 SP2; others are recognised.
    support: full
    platforms: windows
author:
  - The sunset.ws2008 founders (@sunset-ws2008)
seealso:
  - module: sunset.ws2008.updates
  - module: sunset.ws2008.baseline
  - module: sunset.ws2008.report
"""

EXAMPLES = r"""
- name: Ask and judge, in a play with gather_facts set to false
  sunset.ws2008.facts:
  register: assessment

- name: Say it in one sentence
  ansible.builtin.debug:
    msg: "{{ assessment.host.build.sentence }}"

- name: Keep a snapshot, to rehearse on it later
  ansible.builtin.copy:
    content: "{{ assessment.snapshot | to_nice_json }}"
    dest: "snapshots/{{ inventory_hostname }}.json"
    mode: "0600"
  delegate_to: localhost

- name: Judge a server without a network from what collect.cmd wrote there
  sunset.ws2008.facts:
  vars:
    ansible_connection: sunset.ws2008.evidence
    ansible_evidence_path: evidence/sunset-evidence-PRESS3-20261120180000
"""

RETURN = r"""
host:
  description: The record of the machine, as reports carry it.
  returned: success
  type: dict
  contains:
    name:
      description: The inventory name.
      type: str
    door:
      description: How the machine was asked, one of C(winrs), C(twin), C(evidence).
      type: str
    taken:
      description: When the answers were given, in UTC.
      type: str
    identity:
      description: Name, product, architecture, role, language and WinRM version.
      type: dict
    build:
      description:
        - The build verdict with what is running, registered and on disk, the kernel's revision, and the month that the
          files prove.
        - C(verdict) is one of C(rtm_6001), C(clean_6002), C(pending_6003), C(clean_6003), C(mixed), C(not_2008),
          C(unknown).
      type: dict
      sample:
        verdict: clean_6003
        running: 6.0.6003
        registered: 6.0.6003
        on_disk: 6.0.6003.20706
        revision: 20706
        month: 2020-01
        stack: 6.0.6003.20484
        sentence: Service Pack 2 at build 6003. ...
        evidence: [running 6.0.6003 (Win32_OperatingSystem.Version)]
        unknown: []
    servicing:
      description:
        - The rung of the ladder, installed and missing updates, the plan, the outstanding restart and who waits for it.
        - C(omitted) are the packages that the plan leaves out, put together by reason.
        - C(warnings) are the known risks of the packages that are planned, C(known_bad) those of updates that are there
          already, each with its evidence and what to do.
      type: dict
    store:
      description:
        - Whether the component store can be serviced, by what can be read without a tool. C(verdict) is one of
          C(healthy), C(doubtful), C(damaged), C(unknown), and C(next_step) says what to do.
        - Null for another Windows.
      type: dict
    entitlement:
      description:
        - What entitles the machine to updates after January 2020, and whether that fits what is installed, as in
          M(sunset.ws2008.esu). C(finding) is true where somebody has to look at it.
        - Null for another Windows.
      type: dict
    vulnerabilities:
      description: Known vulnerabilities by verdict and severity, what would close them, and the ones asked for by name.
      type: dict
    dependencies:
      description:
        - Who uses the machine now and used it in earlier runs, by kind; accounts of services and tasks; shares.
        - Null without O(dependencies).
      type: dict
    lifecycle:
      description: Until when the product got updates, and with which entitlement.
      type: dict
    findings:
      description:
        - One entry a control, as in M(sunset.ws2008.baseline).
        - C(source) is left out of those that pass or do not apply. It is on the control's page.
      type: list
      elements: dict
    unknown:
      description: What could not be asked, each with the reason.
      type: dict
    summary:
      description: One word, one sentence, and the number of findings by status.
      type: dict
snapshot:
  description:
    - All answers as plain data, enough to judge the machine again later, or to rehearse on a model of it.
    - Registry keys that were asked and do not exist are null.
  returned: success
  type: dict
  contains:
    schema:
      description: Name and version of this format.
      type: str
      sample: sunset.ws2008/snapshot/1
    taken:
      description: When the answers were given, in UTC.
      type: str
    door:
      description: How the machine was asked.
      type: str
    identity:
      description: The WS-Man Identify answer, null where there was none.
      type: dict
    answers:
      description: One entry for each question that was answered.
      type: dict
    unknown:
      description: One entry for each question that was not, with the reason.
      type: dict
"""
