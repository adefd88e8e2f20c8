# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The twin's accounts (private to this collection): users, groups, tokens, and who may log on.

Names are localised as Windows localises them, SIDs never are. A local administrator who comes over
the network is filtered (KB951016) unless it is RID 500 or the policy value lifts the filter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from . import event_logs
from .data_files import read_data
from .process import Account, Logon

if TYPE_CHECKING:
    from .machine import Machine

LSA = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
NETLOGON = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Netlogon\\Parameters"
POLICIES = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System"
ADMINISTRATORS = "S-1-5-32-544"
SYSTEM_SID = "S-1-5-18"
MACHINE_SID = "S-1-5-21-2897436511-3051762945-1183640225"  # made up; every twin was cloned without sysprep

# Names the account database accepts in every language when a program passes them (Windows does this for the
# service accounts and SYSTEM only; group names are looked up in the machine's own language).
_ALWAYS = {
    "system": "S-1-5-18",
    "localsystem": "S-1-5-18",
    "nt authority\\system": "S-1-5-18",
    "nt authority\\localservice": "S-1-5-19",
    "nt authority\\local service": "S-1-5-19",
    "localservice": "S-1-5-19",
    "nt authority\\networkservice": "S-1-5-20",
    "nt authority\\network service": "S-1-5-20",
    "networkservice": "S-1-5-20",
}

_PACKAGES = ("kerberos", "msv1_0", "schannel", "wdigest", "tspkg")
_LOCKOUT_MINUTES = 30  # LockoutDuration, where a threshold was set and nothing else


def names_of(locale: str) -> Mapping[str, str]:
    """Return the names of well-known SIDs (and of RID ``500`` and ``501``) in a language."""
    names: Mapping[str, str] = read_data("names.yml")["names"][locale]
    return names


@dataclass
class User:
    """A local account; `password` is kept in the clear because the twin must compute NTLM answers.

    `locked_at` and `password_set` are moments in ISO form, empty where none is known: then neither ends by itself.
    """

    name: str
    rid: int
    password: str = field(default="", repr=False)
    disabled: bool = False
    full_name: str = ""
    comment: str = ""
    password_expires: bool = True
    password_required: bool = True
    locked: bool = False
    bad_passwords: int = 0
    locked_at: str = ""
    password_set: str = ""


@dataclass(frozen=True)
class TokenGroup:
    """One group of a token: `kind` is Alias, Well-known group or Label; `deny_only` is what UAC leaves of it."""

    sid: str
    domain: str
    name: str
    kind: str
    deny_only: bool = False
    owner: bool = False


class Accounts:
    """The local account database of one machine, plus one optional domain administrator."""

    def __init__(self, machine: Machine, machine_sid: str = MACHINE_SID) -> None:
        self._machine = machine
        self.machine_sid = machine_sid
        names = names_of(machine.locale)
        self.users: dict[str, User] = {}
        self.members: dict[str, list[str]] = {sid: [] for sid in names if sid.startswith("S-1-5-32-")}
        self.local_groups: dict[str, str] = {}  # extra groups: SID -> name
        self.add_user(User(names["500"], 500, password_expires=False), (ADMINISTRATORS,))
        self.add_user(
            User(names["501"], 501, disabled=True, password_expires=False, password_required=False), ("S-1-5-32-546",)
        )
        self.domain_users: dict[str, tuple[str, bool]] = {}  # lower name -> (password, is a domain admin)
        self._packages: list[str] = []

    # -- names and SIDs --------------------------------------------------------------------------

    def well_known(self, sid: str) -> str:
        """Return the localised name of a well-known SID (or of RID ``500``/``501``)."""
        return names_of(self._machine.locale)[sid]

    def administrator(self) -> User:
        """Return the built-in administrator, whatever he is called now."""
        return next(user for user in self.users.values() if user.rid == 500)

    def sid_of(self, user: User) -> str:
        """Return a local user's SID."""
        return f"{self.machine_sid}-{user.rid}"

    def lookup(self, sid: str) -> tuple[str, str] | None:
        """Return (domain, name) of a SID in the machine's language, None when nobody has it."""
        names = names_of(self._machine.locale)
        for user in self.users.values():
            if self.sid_of(user) == sid:
                return self._machine.name, user.name
        if sid in self.local_groups:
            return self._machine.name, self.local_groups[sid]
        if sid in self._of_domain():
            domain, _backslash, name = self._of_domain()[sid].rpartition("\\")
            return domain, name
        if sid not in names:
            return None
        if sid.startswith("S-1-5-32-"):
            return names["S-1-5-32"], names[sid]
        if sid.startswith("S-1-16-"):
            return names["S-1-16"], names[sid]
        return ("" if sid in ("S-1-1-0", "S-1-3-0") else names["S-1-5"]), names[sid]

    def _of_domain(self) -> Mapping[str, str]:
        """Return whom the domain knows (knob ``domain_names``): SID -> ``DOMAIN\\name``; nobody when it is silent."""
        names: Mapping[str, str] = self._machine.knobs.get("domain_names") or {}
        return names

    def resolve(self, name: str) -> str | None:
        """Return the SID of ``name``, ``DOMAIN\\name`` or ``*SID``, None when nobody is called so."""
        text = name.strip()
        if text.upper().startswith(("*S-", "S-1-")):
            return text.lstrip("*")
        if text.lower() in _ALWAYS:
            return _ALWAYS[text.lower()]
        domain, _backslash, bare = text.rpartition("\\")
        wanted, where = bare.lower(), domain.lower()
        local = where in ("", ".", self._machine.name.lower())
        if local and wanted in self.users:
            return self.sid_of(self.users[wanted])
        if local:
            for sid, group in self.local_groups.items():
                if group.lower() == wanted:
                    return sid
        for sid, called in self._of_domain().items():
            if called.lower() == text.lower():
                return sid
        for sid in names_of(self._machine.locale):
            found = self.lookup(sid) if sid.startswith("S-1-") else None
            if found and found[1].lower() == wanted and where in ("", found[0].lower()):
                return sid
        return None

    # -- users and groups ---------------------------------------------------------------------------

    def add_user(self, user: User, groups: tuple[str, ...] = ("S-1-5-32-545",)) -> User:
        """Enter a user into the database and into groups."""
        self.users[user.name.lower()] = user
        for sid in groups:
            self.members.setdefault(sid, []).append(self.sid_of(user))
        return user

    def rename(self, user: User, name: str) -> User:
        """Give a user another name; the SID and everything that hangs on it stay."""
        user.name = name
        self.users = {one.name.lower(): one for one in self.users.values()}
        return user

    def next_rid(self) -> int:
        """Return the RID of the next new account."""
        return (
            max(
                [
                    999,
                    *(user.rid for user in self.users.values()),
                    *(int(sid.rpartition("-")[2]) for sid in self.local_groups),
                ]
            )
            + 1
        )

    def groups_of(self, sid: str) -> list[str]:
        """Return the SIDs of the local groups that hold this SID directly."""
        return [group for group, members in self.members.items() if sid in members]

    # -- logging on ---------------------------------------------------------------------------------

    def authenticate(self, user: str, domain: str, password: str, logon: Logon = Logon.NETWORK) -> Account | None:
        """Return the account when name and password are right and the logon is allowed, else None.

        A domain that is neither this machine nor the one it belongs to means the machine's own accounts, as for
        every Windows that has nobody to ask about it; on a workgroup host that is any domain.
        """
        if self.knows_domain(domain):
            return self._domain_logon(user, domain, password, logon)
        found = self.users.get(user.lower())
        if found is None or found.disabled or self.is_locked(found):
            return None
        if found.password != password:
            self._count_failure(found)
            return None
        found.bad_passwords = 0
        if self._outlived(found):
            return None
        return self._admitted(self._as_guest(self.token(found.name, logon)))

    @property
    def packages(self) -> list[str]:
        """The security packages that the LSA loaded when the machine started."""
        if not self._packages:
            self.boot()
        return self._packages

    def boot(self) -> None:
        """Load the security packages, which are read at the start and not again; an empty list is the stock one."""
        named = [str(one).lower() for one in self._machine.registry.data(LSA, "Security Packages", []) or []]
        self._packages = [one for one in named if one.strip('"')] or list(_PACKAGES)

    def is_locked(self, user: User) -> bool:
        """Say whether too many wrong passwords keep this account out; that ends by itself (MS-GPSB)."""
        minutes = int(self._machine.policy.system_access.get("LockoutDuration", _LOCKOUT_MINUTES))
        if user.locked and user.locked_at and minutes >= 0:
            over = datetime.fromisoformat(user.locked_at) + timedelta(minutes=minutes)
            if self._machine.clock.now() >= over:
                user.locked, user.locked_at, user.bad_passwords = False, "", 0
        return user.locked

    def _outlived(self, user: User) -> bool:
        """Say whether a password has to be changed first, which nobody can do over WinRM."""
        days = int(self._machine.policy.system_access.get("MaximumPasswordAge", -1))
        if not user.password_expires or not user.password_set or days < 0:
            return False
        return self._machine.clock.now() > datetime.fromisoformat(user.password_set) + timedelta(days=days)

    def knows_domain(self, domain: str) -> bool:
        """Say whether this is the domain that the machine belongs to, by DNS or NetBIOS name."""
        machine, name = self._machine, domain.lower()
        own = (machine.domain.lower(), machine.domain.partition(".")[0].lower())
        return machine.part_of_domain and name in own and name != machine.name.lower()

    def _domain_logon(self, user: str, domain: str, password: str, logon: Logon) -> Account | None:
        machine = self._machine
        netlogon = machine.services.get("Netlogon")
        if netlogon is None or not netlogon.running:
            return None  # no secure channel, no domain logon (facts: hardening 1a #1)
        sealed = machine.registry.data(NETLOGON, "SealSecureChannel", 1)
        if machine.knobs.get("domain_controllers") == "2023-07" and not sealed:
            return None  # such a controller refuses a channel that is not sealed (KB5021130; 1a #18)
        held = self.domain_users.get(user.lower())
        if held is None or held[0] != password:
            return None
        sid = f"S-1-5-21-1004336348-1177238915-682003330-{1100 + len(user)}"
        return self._admitted(Account(user, sid, held[1], logon, domain))

    def _as_guest(self, account: Account) -> Account:
        """With ForceGuest local accounts come in over the network as Guest (facts: hardening 1a #16)."""
        if account.logon is not Logon.NETWORK or not self._machine.registry.data(LSA, "ForceGuest", 0):
            return account
        guest = next(user for user in self.users.values() if user.rid == 501)
        return Account(guest.name, self.sid_of(guest), False, account.logon, account.domain)

    def _admitted(self, account: Account) -> Account | None:
        """Return the account when the rights of a network logon let it in; a denial beats every grant (1a #12).

        NTLM, which all network logons of the twin are, is the package msv1_0 (1a #17).
        """
        if account.logon is not Logon.NETWORK:
            return account
        if "msv1_0" not in self.packages or not event_logs.logged_on(self._machine, account.administrator):
            return None
        rights = self._machine.policy.rights
        mine = {
            account.sid,
            *(group.sid for group in self.token_groups(account) if not group.sid.startswith("S-1-16-")),
        }
        denied = mine & set(rights.get("SeDenyNetworkLogonRight", ()))
        return account if not denied and mine & set(rights.get("SeNetworkLogonRight", mine)) else None

    def may_run_services(self, name: str) -> bool:
        """Say whether a service can log on as this account: Windows' own always can, others by their right (1a #13)."""
        sid = self.resolve(name)
        if name.lower() in _ALWAYS or not name:
            return True
        rights = self._machine.policy.rights
        groups = set(self.groups_of(sid)) if sid else set()
        mine = {sid or name, name, "S-1-5-11", "S-1-1-0", *groups}
        denied = mine & set(rights.get("SeDenyServiceLogonRight", ()))
        return not denied and bool(mine & set(rights.get("SeServiceLogonRight", ())))

    def _count_failure(self, user: User) -> None:
        threshold = int(self._machine.policy.system_access.get("LockoutBadCount", 0))
        user.bad_passwords += 1
        if threshold and user.bad_passwords >= threshold and user.rid != 500:
            user.locked, user.locked_at = True, self._machine.clock.now().isoformat()

    def token(self, name: str, logon: Logon = Logon.NETWORK) -> Account:
        """Return the token a local user gets in this kind of logon."""
        user = self.users[name.lower()]
        sid = self.sid_of(user)
        administrator = ADMINISTRATORS in self.groups_of(sid) and not self._filtered(user, logon)
        return Account(user.name, sid, administrator, logon, self._machine.name)

    def _filtered(self, user: User, logon: Logon) -> bool:
        """Say whether UAC takes the administrator out of the token (KB951016; facts: hardening 1a #10)."""
        registry = self._machine.registry
        if not registry.data(POLICIES, "EnableLUA", 1):
            return False
        if user.rid == 500:
            return bool(registry.data(POLICIES, "FilterAdministratorToken", 0))
        return not (logon is Logon.NETWORK and registry.data(POLICIES, "LocalAccountTokenFilterPolicy", 0))

    def system(self) -> Account:
        """Return LocalSystem."""
        return Account("SYSTEM", SYSTEM_SID, True, Logon.SYSTEM, "NT AUTHORITY")

    def token_groups(self, account: Account) -> list[TokenGroup]:
        """Return the groups of a token in the order `whoami /groups` prints them."""
        if account.sid == SYSTEM_SID:
            label, held = "S-1-16-16384", [(ADMINISTRATORS, False), ("S-1-1-0", False), ("S-1-5-11", False)]
        else:
            groups = self.groups_of(account.sid)
            denied = ADMINISTRATORS in groups and not account.administrator
            kind = "S-1-5-2" if account.logon is Logon.NETWORK else "S-1-5-4"
            if account.administrator and ADMINISTRATORS not in groups:
                groups = [ADMINISTRATORS, *groups]
            rest = [sid for sid in groups if sid not in (ADMINISTRATORS, "S-1-5-32-545")]
            held = [("S-1-1-0", False)]
            held += [(sid, False) for sid in rest]
            held += [(ADMINISTRATORS, denied)] if ADMINISTRATORS in groups else []
            held += [
                ("S-1-5-32-545", False),
                (kind, False),
                ("S-1-5-11", False),
                ("S-1-5-15", False),
                ("S-1-5-64-10", False),
            ]
            label = "S-1-16-12288" if account.administrator else "S-1-16-8192"
        rows = [self._token_group(sid, deny) for sid, deny in held]
        return [*rows, self._token_group(label, False)]

    def _token_group(self, sid: str, deny: bool) -> TokenGroup:
        domain, name = self.lookup(sid) or ("", sid)
        kind = (
            "Label"
            if sid.startswith("S-1-16")
            else "Alias"
            if sid.startswith(("S-1-5-32-", "S-1-5-21-"))
            else "Well-known group"
        )
        return TokenGroup(sid, domain, name, kind, deny, owner=sid == ADMINISTRATORS and not deny)

    # -- state ----------------------------------------------------------------------------------------

    def to_state(self) -> dict[str, Any]:
        """Return users and groups as JSON."""
        return {
            "users": [asdict(user) for user in self.users.values()],
            "members": self.members,
            "local_groups": self.local_groups,
            "domain_users": {name: list(held) for name, held in self.domain_users.items()},
            "packages": list(self.packages),
        }

    def from_state(self, state: Mapping[str, Any]) -> None:
        """Take over users and groups."""
        self.users = {row["name"].lower(): User(**row) for row in state["users"]}
        self.members = {sid: list(members) for sid, members in state["members"].items()}
        self.local_groups = dict(state["local_groups"])
        self.domain_users = {name: (held[0], held[1]) for name, held in state["domain_users"].items()}
        self._packages = [str(one) for one in state.get("packages") or ()]
