# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Our errors as ansible-core wants them from a connection (private to this collection); both live doors use it."""

from __future__ import annotations

import contextlib

from ansible.errors import AnsibleConnectionFailure, AnsibleError

from ._target.session import LoginRefused, TargetError, Unreachable


class as_core_errors(contextlib.AbstractContextManager[None]):
    """Turn our errors into those that ansible-core knows: a broken conversation makes the host unreachable."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (Unreachable, LoginRefused)):
            raise AnsibleConnectionFailure(str(error)) from error
        if isinstance(error, TargetError):
            raise AnsibleError(str(error)) from error
