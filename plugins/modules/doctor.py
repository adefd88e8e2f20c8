# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the ``doctor`` action; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: doctor
short_description: Try the road to a Windows Server 2008 step by step
version_added: 1.0.0
description:
  - Looks, in the order a person would, at name, port, TLS, login, rights, WinRM, operating system, WMI, shell,
    standard input, certutil, task scheduler, component store, clock and disk, and changes nothing.
  - Each step says what it saw. Where the road is blocked it says what mends it and, where there is one, the exact
    line to type at the console of the machine.
  - Assumptions that no real NT 6.0 machine has confirmed yet are tried here, with their fallbacks.
options:
  evidence:
    description:
      - Folder on the control node under which the raw answers of the machine are kept, in a folder of its own for
        each host.
      - P(sunset.ws2008.evidence#connection) reads such a folder.
    type: path
  strict:
    description: Fail the task when a step failed. Otherwise the result tells.
    type: bool
    default: true
extends_documentation_fragment:
  - sunset.ws2008.attributes
attributes:
  check_mode:
    support: full
    details: The module only looks, so it does the same in check mode.
  diff_mode:
    support: none
author:
  - The sunset.ws2008 founders (@sunset-ws2008)
seealso:
  - module: sunset.ws2008.facts
"""

EXAMPLES = r"""
- name: Is the road to the machine open?
  sunset.ws2008.doctor:
    evidence: "{{ playbook_dir }}/evidence"
"""

RETURN = r"""
steps:
  description: Every step, in order.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Short name of the step.
      type: str
    title:
      description: Its name for people.
      type: str
    result:
      description: One of V(ok), V(warning), V(failed) or V(skipped).
      type: str
    evidence:
      description: What was seen.
      type: list
      elements: str
    mend:
      description: What to do about it, as a sentence.
      type: str
    type_this:
      description: The line to type at the console of the machine.
      type: str
verdict:
  description: The gravest result of all steps.
  returned: always
  type: str
  sample: ok
evidence:
  description: The folder with the raw answers.
  returned: when O(evidence) was given and the machine answered
  type: str
"""
