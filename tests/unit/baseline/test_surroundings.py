# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._baseline.surroundings import Surroundings, surroundings_of
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import Auth, Login, Settings, Tls


def session(door: str = "winrs", **settings: Any) -> Any:
    login = Login(auth=Auth.NTLM, user="Administrator", secret="x")
    made = SimpleNamespace(door=door)
    if settings:
        made.settings = Settings(host="cerberus", login=login, **settings)
    return made


def test_http_has_no_tls_to_lose() -> None:
    assert surroundings_of(session(scheme="http", port=80)) == Surroundings("ntlm", "http", 80, None)


@pytest.mark.parametrize(("minimum", "proved"), [("1.0", set()), ("1.2", {5986}), ("1.3", {5986})])
def test_https_proves_what_it_insists_on(minimum: str, proved: set[int]) -> None:
    tls = Tls(minimum=minimum, legacy_ciphers=True)
    around = surroundings_of(session(scheme="https", port=5986, tls=tls), [443])
    assert around.tls == minimum
    assert around.proved_ports() == {443, *proved}


def test_a_session_that_tells_nothing_is_unknown_and_a_rehearsal_has_nothing_to_cut() -> None:
    assert surroundings_of(session()) == Surroundings()
    assert surroundings_of(session("twin")).scheme == "rehearsal"
