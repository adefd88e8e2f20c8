# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the documentation of all modules has in common that change a machine."""

from __future__ import annotations


class ModuleDocFragment:
    """Used as ``extends_documentation_fragment: sunset.ws2008.changes.<part>``."""

    LOCK = r"""
options:
  break_lock:
    description:
      - Whoever changes a machine holds a lock on it. A second run ends with a sentence that says who holds it and since
        when, before it changes anything.
      - A run that was killed loses the lock at once to the next one on the same control node, and to others when it has
        been silent for longer than it announced. Set this to V(true) to take the lock from a run that you know is dead.
    type: bool
    default: false
"""

    JOURNAL = r"""
options:
  journal:
    description: Folder on the control node for the journals. Each machine and run gets a folder of its own in it.
    type: path
    default: ~/.ansible/sunset.ws2008/journal
"""
