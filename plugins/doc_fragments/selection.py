# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the documentation of all modules has in common that judge controls of the baseline."""

from __future__ import annotations


class ModuleDocFragment:
    """Used as ``extends_documentation_fragment: sunset.ws2008.selection``."""

    DOCUMENTATION = r"""
options:
  profile:
    description: The selection of controls to start from.
    type: str
    default: sunset
  levels:
    description: Levels to take. When empty, those of the profile are taken.
    type: list
    elements: str
    choices: [baseline, strict, opt-in, report]
    default: []
  controls:
    description: Ids of single controls. When given, exactly these are taken, whatever their profile, level and area.
    type: list
    elements: str
    default: []
  site_values:
    description:
      - The site's own values by control id, for controls that allow a range.
      - For example C(ntlm-lmcompat-level) may be V(3) while clients with NTLMv1 remain.
    type: dict
    default: {}
  waivers:
    description: Controls that may fail for a while. They are reported as C(waived) and are not changed.
    type: list
    elements: dict
    default: []
    suboptions:
      control:
        description: Id of the control.
        type: str
        required: true
      reason:
        description: Why it may fail.
        type: str
        required: true
      approver:
        description: Who answers for it.
        type: str
        required: true
      expires:
        description:
          - The last day of the waiver, as C(2027-01-31), which ends at midnight UTC. From the day after, the control
            fails again.
        type: str
        required: true
"""
