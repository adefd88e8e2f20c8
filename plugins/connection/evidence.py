# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The door to captured files: a server that no network reaches, judged from what was carried away from it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: evidence
author: The sunset.ws2008 founders (@sunset-ws2008)
short_description: Answers from captured files of a Windows Server 2008, read-only
version_added: 1.0.0
description:
  - Lets M(sunset.ws2008.facts), and the roles that only judge, work on a server that no network reaches.
  - The files are a folder that C(extensions/evidence/collect.cmd) of this collection wrote on the server, or a single
    C(systeminfo) text in any language and encoding.
  - What was not captured is reported as unknown, never as absent.
notes:
  - Nothing can be changed through this connection. Tasks that would change the machine fail, or show in check mode what
    they would do.
options:
  host:
    description: Name of the machine, for messages.
    type: str
    default: inventory_hostname
    vars:
      - name: inventory_hostname
  path:
    description: The folder that C(collect.cmd) wrote, a folder that holds exactly one such folder, or a text file.
    type: path
    required: true
    vars:
      - name: ansible_evidence_path
"""

from typing import Any, NoReturn

from ansible.errors import AnsibleError

from ansible_collections.sunset.ws2008.plugins.plugin_utils._door import Door
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.evidence import EvidenceSession


class Connection(Door):
    """Hands out an `EvidenceSession`; everything that would run or change something is refused with a sentence."""

    transport = "sunset.ws2008.evidence"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._session: EvidenceSession | None = None
        super().__init__(*args, **kwargs)

    @property
    def session(self) -> EvidenceSession:
        """The session. Raises `TargetError` when there is nothing readable."""
        if self._session is None:
            self._session = EvidenceSession(str(self.get_option("path")))
            self._connected = True
        return self._session

    def put_file(self, in_path: str, out_path: str) -> NoReturn:
        """Refuse: evidence is read-only."""
        raise AnsibleError(f"{out_path} cannot be written: this connection only reads captured evidence")

    def fetch_file(self, in_path: str, out_path: str) -> NoReturn:
        """Refuse: files of the machine are not part of the evidence."""
        raise AnsibleError(f"{in_path} cannot be fetched: the evidence holds answers, not files of the machine")

    def reset(self) -> None:
        """Read the files again when next asked."""
        self._session = None

    def close(self) -> None:
        """Forget what was read; there is nothing to close."""
        self.reset()
        self._connected = False
