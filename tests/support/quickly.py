# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What makes ten thousand stories affordable: messages written faster, and no waiting for the disk of the test.

xmltodict checks every name of every message again, which is a fifth of a story. `message` writes the same bytes
(`tests/unit/baseline/test_faults.py` compares them over a whole run). The journal of the controller is flushed to the
disk before each change; a story does not cut the power of the controller's machine, so it need not be.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock
from xml.sax.saxutils import escape, quoteattr

import xmltodict


def message(document: Mapping[str, Any]) -> str:
    """Return a message as `xmltodict.unparse` writes it."""
    out = ['<?xml version="1.0" encoding="utf-8"?>\n']
    for name, value in document.items():
        _element(name, value, out)
    return "".join(out)


def _element(name: str, value: Any, out: list[str]) -> None:
    if isinstance(value, list):
        for one in value:
            _element(name, one, out)
        return
    held = value if isinstance(value, dict) else {} if value is None else {"#text": value}
    out.append(f"<{name}")
    out += [f" {key[1:]}={quoteattr(_text(one))}" for key, one in held.items() if key[0] == "@"]
    out.append(">")
    for key, one in held.items():
        if key[0] not in "@#":
            _element(key, one, out)
    if held.get("#text") is not None:
        out.append(escape(_text(held["#text"])))
    out.append(f"</{name}>")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.decode() if isinstance(value, bytes) else str(value)


@contextlib.contextmanager
def quickly() -> Iterator[None]:
    """Write messages and journals in the quick way."""
    with mock.patch.object(xmltodict, "unparse", message), mock.patch.object(os, "fsync"):
        yield
