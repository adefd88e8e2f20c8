# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the ``command`` action; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: command
short_description: Run one cmd.exe line on a Windows Server 2008
version_added: 1.0.0
description:
  - Runs a line in cmd.exe of the machine and returns its exit code and text. Takes the place of
    C(ansible.windows.win_command) and C(ansible.windows.win_shell), which cannot work on this system.
  - The exit codes of O(success_codes) are successes. A success counts as a change, unless O(read_only) is set or
    O(changed_codes) says which ones are.
options:
  command:
    description:
      - The line, at most 8000 characters, without line breaks. It may use all that cmd.exe knows, such as C(&&), C(|)
        and C(%VARIABLES%).
    type: str
    required: true
    aliases: [cmd]
  stdin:
    description: Text for the standard input of the command; it is encoded in the OEM code page of the machine.
    type: str
  timeout:
    description: Seconds that the command may take. Unset, the connection's C(ansible_winrs_command_timeout) holds.
    type: float
  creates:
    description: Path of a file or folder on the machine; where it exists, the command is not run.
    type: str
  removes:
    description: Path of a file or folder on the machine; where it does not exist, the command is not run.
    type: str
  success_codes:
    description: Exit codes that are no failure, as cmd.exe shows them - signed.
    type: list
    elements: int
    default: [0]
  changed_codes:
    description: Which of the O(success_codes) mean that something was changed. Unset, all of them do.
    type: list
    elements: int
  read_only:
    description:
      - Declares that the command changes nothing. It then runs in check mode too, and never reports a change.
    type: bool
    default: false
extends_documentation_fragment:
  - sunset.ws2008.attributes
attributes:
  check_mode:
    support: partial
    details:
      - A command that O(read_only) declares harmless is run. Any other is not - it is reported as a change where
        O(creates) or O(removes) shows that it would run, and skipped otherwise.
  diff_mode:
    support: none
seealso:
  - module: ansible.builtin.raw
author:
  - The sunset.ws2008 founders (@sunset-ws2008)
"""

EXAMPLES = r"""
- name: Look at the listeners
  sunset.ws2008.command:
    command: netstat -nao
    read_only: true

- name: Make the folder for the packages once
  sunset.ws2008.command:
    command: mkdir "%ProgramData%\packages"
    creates: '%ProgramData%\packages'

- name: Stop a service that may be stopped already
  sunset.ws2008.command:
    command: sc stop wuauserv
    success_codes: [0, 1062]
    changed_codes: [0]
"""

RETURN = r"""
rc:
  description: The exit code, signed as cmd.exe shows it.
  returned: when it was run
  type: int
  sample: 0
stdout:
  description: What it wrote, decoded from the machine's code page.
  returned: when it was run
  type: str
  sample: "Microsoft Windows [Version 6.0.6003]"
stdout_lines:
  description: The same, as lines.
  returned: when it was run
  type: list
  elements: str
stderr:
  description: What it wrote to its error output.
  returned: when it was run
  type: str
stderr_lines:
  description: The same, as lines.
  returned: when it was run
  type: list
  elements: str
elapsed:
  description: Seconds that it took.
  returned: when it was run
  type: float
  sample: 0.4
"""
