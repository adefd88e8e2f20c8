# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the documentation of all modules has in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Used as ``extends_documentation_fragment: sunset.ws2008.attributes``."""

    DOCUMENTATION = r"""
options: {}
notes:
  - Needs one of the connections of this collection, and C(gather_facts) set to C(false) on the play.
attributes:
  check_mode:
    description: Can run in check mode and return what it would do, without doing it.
  diff_mode:
    description: Returns what has changed, or would change, when in diff mode.
"""
