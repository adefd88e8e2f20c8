# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Firewall rules as the registry keeps them, and the words of netsh for them (private to this collection).

A rule is one text under ``FirewallRules``: a version and fields between bars, ``v2.0|Action=Allow|Active=TRUE|Dir=In|
Protocol=6|LPort=5985|RA4=10.0.0.0/255.0.0.0|Name=...|`` (MS-GPFAS 2.2.2.19). Fields repeat; one that is not there means
any. No language changes it, unlike what ``netsh advfirewall`` shows.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from .command import quote
from .text import ConsoleError

RULES = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules"
POLICY_RULES = r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\FirewallRules"
PROTOCOLS = {"tcp": "6", "udp": "17"}
_NAMES = {number: name for name, number in PROTOCOLS.items()}
_VERSION = re.compile(r"^v\d+\.\d+$")


@dataclass(frozen=True)
class Rule:
    """One rule. An empty `protocol`, `ports`, `remote` or `profiles` is any; `remote` is normalised, `ports` is not."""

    name: str
    active: bool
    allow: bool
    inbound: bool
    protocol: str
    ports: frozenset[str]
    remote: frozenset[str]
    profiles: frozenset[str]
    group: str
    program: str
    service: str

    def has_port(self, port: int) -> bool:
        """Tell whether the rule is about a port; ``RPC`` and other words are no ports."""
        return not self.ports or any(_within(port, one) for one in self.ports)

    def words(self) -> str:
        """Return the rule in the words of netsh, always in the same order, so that two can be compared."""
        parts = [f"dir={'in' if self.inbound else 'out'}", f"action={'allow' if self.allow else 'block'}"]
        parts.append(f"protocol={self.protocol or 'any'}")
        parts += [f"localport={','.join(sorted(self.ports))}"] if self.ports else []
        parts += [f"remoteip={','.join(sorted(self.remote))}"] if self.remote else []
        parts.append(f"profile={','.join(sorted(self.profiles)) or 'any'}")
        return " ".join(parts)

    def text(self) -> str:
        """Return the rule as the registry would keep it."""
        fields = [f"Action={'Allow' if self.allow else 'Block'}", f"Active={str(self.active).upper()}"]
        fields.append(f"Dir={'In' if self.inbound else 'Out'}")
        fields += [f"Protocol={PROTOCOLS[self.protocol]}"] if self.protocol else []
        fields += [f"LPort={one}" for one in sorted(self.ports)]
        fields += [f"RA{6 if ':' in one else 4}={one}" for one in sorted(self.remote)]
        fields += [f"Profile={one}" for one in sorted(self.profiles)]
        return "|".join(["v2.0", *fields, f"Name={self.name}", ""])


def parse(text: str) -> Rule:
    """Read the text of one rule; `ConsoleError` for anything else."""
    version, *parts = text.split("|")
    if not _VERSION.match(version) or (parts and parts[-1]):
        raise ConsoleError(f"not a firewall rule: {text[:200]!r}")
    fields: dict[str, list[str]] = {}
    for part in parts[:-1]:
        name, mark, value = part.partition("=")
        if not mark:
            raise ConsoleError(f"a field of a firewall rule without a value: {part[:200]!r}")
        fields.setdefault(name, []).append(value)
    protocol = _one(fields, "Protocol")
    remote = [one for name in ("RA4", "RA6") for value in fields.get(name, ()) for one in value.split(",")]
    return Rule(
        name=_one(fields, "Name"),
        active=_one(fields, "Active").upper() == "TRUE",
        allow=_one(fields, "Action").lower() == "allow",
        inbound=_one(fields, "Dir").lower() == "in",
        protocol=_NAMES.get(protocol, protocol if protocol != "256" else ""),
        ports=frozenset(one for value in fields.get("LPort", ()) for one in value.split(",") if one),
        remote=frozenset(address(one) for one in remote if one),
        profiles=frozenset(one.lower() for one in fields.get("Profile", ())),
        group=_one(fields, "EmbedCtxt"),
        program=_one(fields, "App"),
        service=_one(fields, "Svc"),
    )


def state_name(rule: Rule) -> str:
    """Return how netsh tells a rule from others, as far as it does: direction and name."""
    return f"{'in' if rule.inbound else 'out'} {rule.name}"


def switch(name: str, state: str) -> str:
    """Return the line that switches the rules of a `state_name` on or off; ``all`` would be every rule there is."""
    direction, _blank, bare = name.partition(" ")
    if direction not in ("in", "out") or state not in ("yes", "no") or bare.casefold() == "all" or bare.startswith("@"):
        raise ConsoleError(f"netsh cannot switch the firewall rule {bare!r} ({direction}) to {state!r}")
    return f"netsh advfirewall firewall set rule name={quote(bare)} dir={direction} new enable={state}"


def of_words(name: str, words: str) -> Rule:
    """Read what `Rule.words` wrote."""
    fields = dict(part.split("=", 1) for part in words.split(" "))
    profiles = fields.get("profile", "any")
    return Rule(
        name=name,
        active=True,
        allow=fields["action"] == "allow",
        inbound=fields["dir"] == "in",
        protocol="" if fields["protocol"] == "any" else fields["protocol"],
        ports=frozenset(filter(None, fields.get("localport", "").split(","))),
        remote=frozenset(address(one) for one in fields.get("remoteip", "").split(",") if one),
        profiles=frozenset(() if profiles == "any" else profiles.split(",")),
        group="",
        program="",
        service="",
    )


def address(text: str) -> str:
    """Return an address, network or range in one spelling; words such as LocalSubnet as they are."""
    first, mark, last = text.partition("-")
    try:
        if mark:
            return f"{ipaddress.ip_address(first)}-{ipaddress.ip_address(last)}"
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return text
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _one(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _within(port: int, written: str) -> bool:
    first, mark, last = written.partition("-")
    if not first.isdecimal() or (mark and not last.isdecimal()):
        return False
    return int(first) <= port <= int(last or first)
