# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One twin in the foreground (private to this collection): the command behind ``make twin``."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from . import wsman_auth, wsman_tls
from .clock import Clock, RealClock
from .machine import Machine
from .winrm_server import Endpoint, Knobs
from .wsman_personality import PERSONALITIES

PASSWORD = "Sunset-2008!"


_OLD_TLS = [
    "pywinrm and most clients of today refuse what Schannel of this machine offers (TLS 1.0 at first, SHA-1 suites);",
    "`--tls modern` gives a listener that they take.",
]


class BadCall(Exception):
    """The command line asks for a twin that cannot be."""


def read_snapshot(path: str | Path) -> dict[str, Any]:
    """Read a snapshot from a YAML or JSON file. Raises `BadCall` with a sentence."""
    try:
        text = Path(path).read_text(encoding="utf-8")
        snapshot = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except OSError as error:
        raise BadCall(f"the snapshot {path} cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        raise BadCall(f"the snapshot {path} is neither YAML nor JSON: {' '.join(str(error).split())}") from error
    if not isinstance(snapshot, dict) or not str(snapshot.get("schema", "")).startswith("sunset.ws2008/snapshot/"):
        raise BadCall(f"{path} is not a snapshot: its `schema` is not sunset.ws2008/snapshot/1")
    return snapshot


def build(snapshot: Mapping[str, Any], clock: Clock | None = None, **knobs: Any) -> Machine:
    """Make the machine of a snapshot; `knobs` that are not None go before those of its ``twin`` section.

    Without a `clock`, time is real, and as fast as the knob ``speed`` says. Raises `BadCall`.
    """
    section = {**(snapshot.get("twin") or {}), **{name: value for name, value in knobs.items() if value is not None}}
    try:
        time_source = clock or RealClock(float(section.get("speed") or 1.0))
        return Machine.from_snapshot({**snapshot, "twin": section}, time_source)
    except (ValueError, KeyError, TypeError) as error:
        raise BadCall(f"no twin can be made of this snapshot: {error}") from error


def greeting(endpoint: Endpoint, user: str, password: str) -> str:
    """Say where the twin is and how to talk to it."""
    machine = endpoint.machine
    scheme = "https" if endpoint.tls else "http"
    old = endpoint.tls and endpoint.knobs.tls_versions == "schannel"
    inventory = [
        f"{machine.name.lower()} ansible_connection=sunset.ws2008.winrs ansible_host={endpoint.address}",
        f"ansible_port={endpoint.port} ansible_winrm_scheme={scheme} ansible_user={user} ansible_password='{password}'",
        *(["ansible_winrm_server_cert_validation=ignore"] if endpoint.tls else []),
        *(["ansible_winrs_tls_minimum=1.0 ansible_winrs_legacy_ciphers=true"] if old else []),
    ]
    trust = ", server_cert_validation='ignore'" if endpoint.tls else ""
    session = f"'{endpoint.url}', ('{user}', '{password}'), transport='ntlm'{trust}"
    what = f"{machine.hardware.caption}, {machine.version} {machine.arch}, WinRM {machine.winrm}"
    return "\n".join(
        [
            f"twin      {machine.name}: {what}",
            f"endpoint  {endpoint.url}",
            f"user      {user}",
            f"password  {password}",
            "",
            "inventory line:",
            f"  {' '.join(inventory)}",
            *(_OLD_TLS if old else ["or with pywinrm:", f"  winrm.Session({session}).run_cmd('ver')"]),
            "",
            "Ctrl-C ends it.",
        ]
    )


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    made = argparse.ArgumentParser(prog="make twin", description="Run one rehearsal server in the foreground.")
    made.add_argument("--port", type=int, default=5985, help="port on the loopback address; 0 takes a free one")
    made.add_argument("--address", default="127.0.0.1", help="address to listen on")
    made.add_argument("--winrm", choices=sorted(PERSONALITIES), help="WinRM version; the snapshot's, else 1.1")
    made.add_argument("--snapshot", help="snapshot file that the machine shall answer like; else a fresh 6002")
    made.add_argument(
        "--arch", choices=["x64", "x86", "ia64"], default="x64", help="architecture where there is no snapshot"
    )
    made.add_argument("--locale", choices=["en-US", "de-DE", "ru-RU"], help="language of the machine")
    made.add_argument("--user", help="the administrator's name")
    made.add_argument("--password", help=f"the administrator's password; the snapshot's, else {PASSWORD}")
    made.add_argument("--speed", type=float, help="machine seconds in one wall second")
    made.add_argument("--latency", type=float, default=0.0, help="wall seconds to wait before each answer")
    made.add_argument(
        "--tls",
        nargs="?",
        const="schannel",
        choices=["schannel", "modern"],
        help="an HTTPS listener with a certificate of its own: as the machine's Schannel offers it (a fresh one has TLS"
        " 1.0 with SHA-1 suites only, which most clients of today refuse), or a modern one that any client takes",
    )
    made.add_argument("--basic", action="store_true", help="take Basic logins too (and unencrypted messages)")
    made.add_argument("--log", action="store_true", help="print each WS-Man message")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C; returns the exit code."""
    asked = parser().parse_args(arguments)
    lacking = wsman_auth.LACKING or wsman_tls.LACKING
    if lacking is not None:
        print(
            f"error: a rehearsal server needs pyspnego ({lacking}): {sys.executable} -m pip install pyspnego",
            file=sys.stderr,
        )
        return 2
    try:
        snapshot = (
            read_snapshot(asked.snapshot)
            if asked.snapshot
            else {"answers": {"os": {"version": "6.0.6002", "build": 6002, "arch": asked.arch}}}
        )
        machine = build(
            snapshot,
            winrm=asked.winrm,
            locale=asked.locale,
            user=asked.user,
            password=asked.password,
            speed=asked.speed,
        )
        section = snapshot.get("twin") or {}
        user = asked.user or str(section.get("user") or machine.accounts.administrator().name)
        password = machine.accounts.users[user.lower()].password
        endpoint = Endpoint(
            machine,
            asked.port,
            asked.tls is not None,
            asked.basic,
            asked.basic,
            Knobs(latency=asked.latency, tls_versions=asked.tls or "schannel"),
            asked.address,
        )
        endpoint.start()
    except BadCall as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: port {asked.port} of {asked.address} cannot be used: {error.strerror}", file=sys.stderr)
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        # Asked for explicitly: what a script starts in the background inherits that Ctrl-C is ignored.
        signal.signal(number, signal.default_int_handler)
    print(greeting(endpoint, user, password), flush=True)
    try:
        _watch(endpoint, asked.log)
    except KeyboardInterrupt:
        print(f"\n{endpoint.requests} WS-Man messages, {endpoint.shells_open} shells open at the end.")
    finally:
        endpoint.stop()
        machine.close()
    return 0


def _watch(endpoint: Endpoint, talk: bool) -> None:
    seen = 0
    while True:
        time.sleep(0.5)
        for exchange in [held for held in list(endpoint.log) if talk and held.number > seen]:
            seen = max(seen, exchange.number)
            end = f" -> {exchange.answer}" if exchange.answer else ""
            print(f"{exchange.number:5} {exchange.verb:9} {exchange.seconds * 1000:7.1f} ms  {exchange.subject}{end}")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
