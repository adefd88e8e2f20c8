# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every trouble has a kind and a sentence, whatever library it came from."""

from __future__ import annotations

import builtins
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.sentences import (
    LastAnswer,
    Trouble,
    classify,
    explain,
    fault,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import Auth, Settings

CASES = yaml.safe_load((Path(__file__).parents[2] / "data" / "target" / "troubles.yml").read_text(encoding="utf-8"))
# The ancestors that the real classes have and that the telling apart goes by.
PARENTS = {
    "ConnectionError": ("RequestException", OSError),
    "ConnectTimeout": ("ConnectionError", OSError),
    "ReadTimeout": ("Timeout", OSError),
    "SSLError": ("ConnectionError", OSError),
    "TooManyRedirects": ("RequestException", OSError),
    "NewConnectionError": ("HTTPError", Exception),
    "NameResolutionError": ("NewConnectionError", Exception),
    "WinRMTransportError": ("WinRMTransportError", Exception),
    "InvalidCredentialsError": ("WinRMError", Exception),
    "WinRMError": ("WinRMError", Exception),
}


def error_class(name: str) -> type[Exception]:
    library, _dot, plain = name.rpartition(".")
    if not library:
        found: type[Exception] = getattr(builtins, plain)
        return found
    parent, base = PARENTS.get(plain, ("Exception", Exception))
    return type(plain, (type(parent, (base,), {}),), {})


def build(spec: list[Any]) -> Exception:
    kind, detail = spec
    if isinstance(detail, dict):
        ((inner, text),) = detail.items()
        detail = error_class(inner)(text)
    return error_class(kind)(detail)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_trouble_is_told_apart_and_explained(case: dict[str, Any], settings: Settings) -> None:
    error = build(case["error"])
    last = LastAnswer(case.get("status", 0), case.get("authenticate", ""), case.get("server", ""))
    for proved, key in ((False, "fresh"), (True, "proved")):
        if key in case:
            assert classify(error, last, proved) is Trouble[case[key]]
    settings = replace(settings, login=replace(settings.login, auth=Auth(case.get("auth", "ntlm"))))
    sentence = explain(error, "the question", settings, "5985", last)
    assert type(sentence).__name__ == case["kind"]
    for word in case["says"]:
        assert word in str(sentence)


def test_the_classes_really_have_these_names() -> None:
    import requests
    import urllib3.exceptions
    from cryptography.exceptions import UnsupportedAlgorithm
    from winrm import exceptions

    real = [
        requests.ConnectionError, requests.ConnectTimeout, requests.ReadTimeout, requests.exceptions.SSLError,
        requests.TooManyRedirects, urllib3.exceptions.NewConnectionError, exceptions.WinRMTransportError,
        exceptions.InvalidCredentialsError, exceptions.WinRMError, UnsupportedAlgorithm,
    ]  # fmt: skip
    names = {name.rpartition(".")[2] for case in CASES for name in [case["error"][0]]}
    assert {one.__name__ for one in real} >= names - {"PermissionError", "KeyError", "KerberosExchangeError"}


def test_a_defect_of_ours_is_not_explained_away(settings: Settings) -> None:
    assert explain(RuntimeError("a defect"), "x", settings, "5985", LastAnswer()) is None


def test_no_sentence_holds_the_password(settings: Settings) -> None:
    for case in CASES:
        assert "not-a-secret" not in str(explain(build(case["error"]), "x", settings, "1", LastAnswer()))


def test_fault_keeps_code_and_word_and_adds_what_helps() -> None:
    made = fault("the query 'x'", 0x80041010, "Invalid class\r\n", "DestinationUnreachable")
    assert (made.code, made.subcode) == (0x80041010, "DestinationUnreachable")
    assert "0x80041010" in str(made)
    assert "no such WMI class" in str(made)
