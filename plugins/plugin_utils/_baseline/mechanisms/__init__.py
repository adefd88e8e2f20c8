# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ways in which a control is read and set, by the `kind` of its record (private to this collection).

A new mechanism is a new file beside this one with an object of the shape `Mechanism`, and a line in `MECHANISMS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..._change.values import Change
from ..._target.session import Session
from ..answers import Answers
from ..findings import Judged
from ..records import Control
from .registry import RegistryMechanism


class Mechanism(Protocol):
    """Everything but `apply` is pure. `name` names the batch: a group sets all of one mechanism in one go."""

    name: str

    def check_record(self, control: Control) -> None:
        """Raise `RecordError` for settings that this mechanism cannot read."""

    def registry_keys(self, control: Control) -> tuple[str, ...]:
        """Return the registry keys that a snapshot must hold for this control."""

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare; raises `Unknown` where the snapshot has no answer and `BadValue` where it holds nonsense."""

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return what makes the control pass, in the order in which it has to be done."""

    def with_site_value(self, control: Control, value: object) -> Control:
        """Return the control with the site's own value; `RecordError` when it has none or the value is out of range."""

    def apply(self, session: Session, changes: Sequence[Change], folder: str, label: str) -> None:
        """Do all changes of a group in one go; files go to `folder` on the target. Raises `TargetError`."""


_REGISTRY = RegistryMechanism()
MECHANISMS: dict[str, Mechanism] = {"registry": _REGISTRY, "registry_set": _REGISTRY}
