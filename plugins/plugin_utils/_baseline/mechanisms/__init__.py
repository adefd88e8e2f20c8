# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ways in which a control is read and set, by the `kind` of its record (private to this collection).

A new mechanism is a new file beside this one with an object of the shape `Mechanism`, and a line in `MECHANISMS`. How a
setting is written and put back is not said here but in `_change.orders`, by the kind of its place.
"""

from __future__ import annotations

from typing import Protocol

from ..._change.values import Change
from ..._console import secedit
from ..answers import Answers
from ..findings import Judged
from ..records import Control
from .access import FileAccessMechanism, KeyAccessMechanism
from .boot import BootMechanism
from .checks import (
    EmptyListMechanism,
    FeatureMechanism,
    FileVersionMechanism,
    ManualMechanism,
    StartOptionsMechanism,
    WmiMechanism,
)
from .firewall import FirewallRuleMechanism, FirewallRulesetMechanism, FirewallScopeMechanism
from .listeners import ListenerMechanism
from .members import MembersMechanism
from .netbios import NetbiosMechanism
from .paths import ServicePathsMechanism
from .policy import AuditMechanism, AuditReportMechanism, PolicyMechanism, RightMechanism
from .reads import Reads
from .registry import RegistryMechanism
from .service import AnyServiceMechanism, ServiceMechanism
from .shared import SharedFolderMechanism, SharedPrinterMechanism
from .winrm import WinrmMechanism


class Mechanism(Protocol):
    """Everything is pure."""

    def check_record(self, control: Control) -> None:
        """Raise `RecordError` for settings that this mechanism cannot read."""

    def reads(self, control: Control) -> Reads:
        """Return what a snapshot must hold for this control."""

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Compare; raises `Unknown` where the snapshot has no answer and `BadValue` where it holds nonsense."""

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return what makes the control pass, in the order in which it has to be done."""

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Return why a failing control cannot be changed from here, "" where it can."""


_REGISTRY = RegistryMechanism()
_SERVICE = ServiceMechanism()
MECHANISMS: dict[str, Mechanism] = {
    "registry": _REGISTRY,
    "registry_set": _REGISTRY,
    "registry_list_empty": EmptyListMechanism(),
    "registry_acl": KeyAccessMechanism(),
    "file_acl": FileAccessMechanism(),
    "shared_folder_acl": SharedFolderMechanism(),
    "shared_printer_acl": SharedPrinterMechanism(),
    "file_version": FileVersionMechanism(),
    "service": _SERVICE,
    "service_set": _SERVICE,
    "any_service": AnyServiceMechanism(),
    "service_paths": ServicePathsMechanism(),
    "secedit_system_access": PolicyMechanism(secedit.ACCESS),
    "secedit_kerberos": PolicyMechanism(secedit.KERBEROS),
    "user_right": RightMechanism(),
    "auditpol": AuditMechanism(),
    "auditpol_report": AuditReportMechanism(),
    "winrm_config": WinrmMechanism(),
    "winrm_listener": ListenerMechanism(),
    "firewall_rule": FirewallRuleMechanism(),
    "firewall_ruleset": FirewallRulesetMechanism(),
    "firewall_scope": FirewallScopeMechanism(),
    "group_members": MembersMechanism(),
    "wmi": WmiMechanism(),
    "boot_option": BootMechanism(),
    "netbios": NetbiosMechanism(),
    "feature_absent": FeatureMechanism(),
    "start_options": StartOptionsMechanism(),
    "manual": ManualMechanism(),
}


def mechanism_of(kind: str) -> Mechanism:
    """Return the mechanism of a kind; one that this version cannot read is looked at by hand, and never passes."""
    return MECHANISMS.get(kind, MECHANISMS["manual"])
