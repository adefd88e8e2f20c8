# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The text that lies in the journal on the target, for whoever stands at its console (private to this collection)."""

from __future__ import annotations

FILE = "README.txt"
# findstr on the target looks for this line; a new text gets a new number.
VERSION_LINE = "Text 1 of the journal of sunset.ws2008"
_TEXT = f"""\
{VERSION_LINE}

WHAT THIS IS
Each folder here belongs to one run of the Ansible collection sunset.ws2008 on this
machine. Its name is the time of the run, in UTC: 20261120T180000Z-1a2b is
20 November 2026, 18:00:00. Before a run changed a setting, it wrote here what was
there. Nothing in here is needed for the machine to work.

HOW TO TAKE A RUN BACK AT THIS MACHINE, WITHOUT THE COLLECTION
1. Log in as Administrator and open a command prompt (cmd.exe, "Run as administrator").
2. Go to the folder of the run and look into undo.cmd with notepad: it is plain text.
3. Type: undo.cmd
   It ends with 0 when everything went back: type  echo %errorlevel%  to see that.
4. Restart the machine. Some settings act only then.
To take several runs back, begin with the newest. undo.cmd restores every value of its
run, also one that somebody else has changed since. In the journal of a run that itself
took another one back ("undoes" in journal.json), undo.cmd does that run again.

WHAT LIES IN A FOLDER
journal.json    every setting of the run: what was there ("before"; null: nothing was
                there) and what the run wrote ("after")
undo.cmd        puts all of that back, with undo.reg and the other files beside it
outcome.json    how the run ended; where it is missing, the run was interrupted, and
                some of its settings may not have been written
servicing.json  updates that were installed. They do not come out again from here; it
                says of each what Windows can do.
audit.csv, firewall.wfw, security.inf
                the whole policy as it was, where a run was about a part of it, for
                auditpol /restore, netsh advfirewall import, and to look up

WITH THE COLLECTION
From the Ansible control node: ansible-playbook sunset.ws2008.rollback
It refuses to overwrite what somebody has changed since, and shows the values.

PLEASE
Do not edit these files: each carries a digest, and one that does not fit is refused.
Do not delete a folder as long as its settings are in force: it may hold the only
record of what was there at the very beginning.
"""


def readme() -> bytes:
    """Return the text in the form that notepad of NT 6.0 shows."""
    return _TEXT.replace("\n", "\r\n").encode("ascii")
