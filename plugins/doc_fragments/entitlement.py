# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the documentation of all modules has in common that look at the licence of a machine."""

from __future__ import annotations


class ModuleDocFragment:
    """Used as ``extends_documentation_fragment: sunset.ws2008.entitlement``."""

    DOCUMENTATION = r"""
options:
  entitlement:
    description:
      - Where the entitlement to Extended Security Updates is known from.
      - V(auto) believes what Windows itself says.
      - V(azure) states besides that the machine runs in Azure, which includes these updates without a key. Windows does
        not show them, so every result calls them stated by the operator, not proved.
    type: str
    choices: [auto, azure]
    default: auto
"""
