# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site's own values, held against what the control allows (private to this collection).

A record says with `site_value` what a site may choose: the type, the range, and where it goes. Everything is checked
before anybody connects.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .._target.names import nearest
from .records import DATA, Control, RecordError, read

_SID = re.compile(r"S-1(-\d+)+", re.ASCII)
# "Local account", and the same with administrators: begin with 8.1 and 2012 R2 (hardening facts, section 7).
_NEWER = ("S-1-5-113", "S-1-5-114")
# Functions of Cryptography\Configuration\SSL\00010002 holds this many characters at most (hardening facts, 2.3).
_MOST_SUITES = 1023


def applied(control: Control, value: object) -> Control:
    """Return the control with the site's value; `RecordError` when it takes none, or not this one."""
    allowed = control.settings.get("site_value")
    if not allowed:
        raise RecordError(f"{control.id} takes no site value; its value is fixed by its sources")
    try:
        data = _READERS[allowed["type"]](value, allowed)
    except ValueError as error:
        raise RecordError(f"the site value {value!r} of {control.id} is not {error}") from error
    known = [one["name"] for one in control.settings.get("features", ())]
    strange = [one for one in data if one.casefold() not in map(str.casefold, known)] if known else []
    if strange:
        raise RecordError(f"{control.id} looks at no feature {strange[0]!r}; {nearest(strange[0], known)}")
    if allowed.get("field") == "set" and str(data).casefold() in _delivered(control):
        raise RecordError(f"the site value {value!r} of {control.id} is a name that Windows comes with; choose another")
    return replace(control, settings={**control.settings, allowed.get("field", "value"): data})


def _delivered(control: Control) -> set[str]:
    names = (control.settings["value"], *(one["name"] for one in control.settings.get("elsewhere", ())))
    return {str(name).casefold() for name in names}


@functools.cache
def suites() -> tuple[str, ...]:
    """Return the names of all cipher suites of NT 6.0, in the delivered order."""
    return tuple(read(DATA / "cipher_suites.yml")["suites"])


def _number(value: object, allowed: Mapping[str, Any]) -> int:
    """Read a whole number, also as text: values from ``-e`` and from Jinja arrive as text."""
    low, high = int(allowed["minimum"]), int(allowed["maximum"])
    text = str(value).strip()
    plain = isinstance(value, (int, str)) and not isinstance(value, bool) and text.isascii() and text.isdigit()
    if not plain or not low <= int(text) <= high:
        raise ValueError(f"a whole number from {low} to {high}")
    return int(text)


def _number_text(value: object, allowed: Mapping[str, Any]) -> str:
    return str(_number(value, allowed))


def _text(value: object, allowed: Mapping[str, Any]) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text")
    if "\0" in value or ("pattern" in allowed and not re.fullmatch(allowed["pattern"], value)):
        raise ValueError("a text that fits there" + (f": {allowed['pattern']}" if "pattern" in allowed else ""))
    return value


def _texts(value: object, _allowed: Mapping[str, Any]) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise ValueError("a list of names")
    return [one.strip() for one in value]


def _sids(value: object, allowed: Mapping[str, Any]) -> list[str]:
    """Names are translated and can be made by anybody; a SID is the same everywhere."""
    found = _texts(value, allowed) if isinstance(value, list) else []
    wrong = [one for one in found if not _SID.fullmatch(one)]
    if not found or wrong:
        raise ValueError("a list of SIDs such as S-1-5-32-544" + (f"; {wrong[0]!r} is none" if wrong else ""))
    for one in found:
        if no_account(one):
            raise ValueError(f"a list of SIDs of this system: {no_account(one)}")
    return found


def no_account(sid: str) -> str:
    """Return why a SID of newer systems means nobody here, or ""."""
    if sid not in _NEWER:
        return ""
    return f"{sid} does not exist on NT 6.0 and would mean nobody; name a group of your own that holds those accounts"


def _addresses(value: object, allowed: Mapping[str, Any]) -> list[str]:
    found = _texts(value, allowed) if isinstance(value, list) else []
    if not found:
        raise ValueError("a list of addresses, networks or ranges; an empty one would shut everybody out")
    for one in found:
        _address(one)
    return found


def _address(text: str) -> None:
    first, dash, last = text.partition("-")
    try:
        if dash:
            low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
            if low.version != high.version or int(low) > int(high):
                raise ValueError(text)
        else:
            ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise ValueError(
            f"a list of addresses: {text!r} is neither an address, nor a network such as 10.1.0.0/16, nor a range"
            " such as 10.1.0.1-10.1.0.9"
        ) from error


def _suites(value: object, allowed: Mapping[str, Any]) -> str:
    """Schannel drops names that it does not know, and a list of such names leaves nothing (facts 1a, row 4)."""
    names = [one.strip() for one in value.split(",")] if isinstance(value, str) else _texts(value, allowed)
    for name in names:
        if name not in suites():
            raise ValueError(f"a list of suites of NT 6.0: there is no {name!r} here; {nearest(name, suites())}")
    text = ",".join(names)
    if len(text) > _MOST_SUITES:
        raise ValueError(f"short enough: it has {len(text)} characters, and {_MOST_SUITES} is all that fits")
    if len(set(names)) < len(names):
        twice = next(name for at, name in enumerate(names) if name in names[:at])
        raise ValueError(f"a list of suites: it names {twice} twice")
    if not any(name.startswith(("TLS_RSA_WITH_AES", "TLS_ECDHE_RSA_WITH_AES")) for name in names):
        raise ValueError("safe: without a suite of RSA or ECDHE_RSA with AES no peer of today finds one in it")
    return text


def suites_refused(data: object) -> str:
    """Return what is wrong with a list of suites that a record would write, or ""."""
    try:
        _suites(list(data) if isinstance(data, tuple) else data, {})
    except ValueError as error:
        return str(error)
    return ""


_READERS: Mapping[str, Callable[[object, Mapping[str, Any]], Any]] = {
    "integer": _number,
    "number_text": _number_text,
    "text": _text,
    "texts": _texts,
    "sids": _sids,
    "addresses": _addresses,
    "suites": _suites,
}
