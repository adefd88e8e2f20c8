# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shell of our doors: cmd.exe and nothing else."""

from __future__ import annotations

DOCUMENTATION = r"""
name: cmd_only
author: The sunset.ws2008 founders (@sunset-ws2008)
short_description: Turns a stock module on a Windows Server 2008 into one clear sentence
version_added: 1.0.0
description:
  - Belongs to the connections of this collection, which choose it by themselves; nothing has to be configured.
  - No supported ansible-core can run a module on Windows Server 2008, because they all need a PowerShell that this
    system cannot have. C(ansible.builtin.raw) and the actions of this collection work; everything that would copy a
    module to the target fails with a sentence that says what to use instead.
extends_documentation_fragment:
  - shell_common
"""

from typing import Any, NoReturn

from ansible.errors import AnsibleError
from ansible.plugins.shell import ShellBase

INSTEAD = (
    "this task wants to run a module on the target, and no ansible-core can do that on Windows Server 2008 (it has no "
    "PowerShell 5.1 and cannot get one). Use the modules of sunset.ws2008 (facts, command, reboot, updates, baseline), "
    "or ansible.builtin.raw for one cmd.exe line. If no task of yours is to blame, it was fact gathering: set "
    "`gather_facts: false` on the play and use sunset.ws2008.facts"
)


class ShellModule(ShellBase):  # type: ignore[misc]
    """Everything that is the preparation of a module ends in `INSTEAD`; joining paths is all that works."""

    COMPATIBLE_SHELLS: frozenset[str] = frozenset()
    SHELL_FAMILY = "cmd"
    _SHELL_REDIRECT_ALLNULL = ">nul 2>&1"
    _SHELL_AND = "&&"
    _IS_WINDOWS = True

    def join_path(self, *args: str) -> str:
        """Join Windows path parts."""
        return "\\".join(part.strip("\\/") if index else part.rstrip("\\/") for index, part in enumerate(args))

    def get_remote_filename(self, pathname: str) -> str:
        """Return the last part of a path."""
        return pathname.replace("/", "\\").rpartition("\\")[2]

    def path_has_trailing_slash(self, path: str) -> bool:
        """Whether a path ends like a folder's."""
        return path.endswith(("\\", "/"))

    def env_prefix(self, **_kwargs: Any) -> str:
        """Return nothing: `environment:` belongs to modules, and cmd.exe has no prefix for it."""
        return ""

    def mkdtemp(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Called first for every module that is about to be copied."""
        raise AnsibleError(INSTEAD)

    # ansible-core 2.19 and later ask for the folder under this name.
    _mkdtemp2 = mkdtemp

    def build_module_command(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Called for a module that needs no folder (pipelining)."""
        raise AnsibleError(INSTEAD)

    def expand_user(self, user_home_path: str, username: str = "") -> NoReturn:
        """Called before files are copied or read."""
        raise AnsibleError(INSTEAD)

    # The rest of what core's file actions ask a remote shell for; none of it exists in cmd.exe.
    remove = exists = checksum = chmod = chown = chgrp = set_user_facl = build_module_command
