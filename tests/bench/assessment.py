# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one assessment costs: messages, bytes and processor time of the control node, for each WinRM version.

`make bench` runs it and writes build/bench/assessment.json. The rehearsal server runs in a process of its own, so that
its work is not counted. Wall time depends on the machine and is not shown; messages and bytes do not.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import socket
import statistics
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ansible_collections.sunset.ws2008.plugins.plugin_utils._assessment import assess, question
from ansible_collections.sunset.ws2008.plugins.plugin_utils._host.snapshot import take
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.live import LiveSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import Login, Settings
from support.fleet import Fleet

ROOT = Path(__file__).parents[2]
PASSWORD = "Bench-2008!"
BUDGET = {"1.1": 40, "2.0": 25, "3.0": 25}


def snapshot(winrm: str, hotfixes: int) -> dict[str, Any]:
    """Return a machine with as many updates as machines of that age have."""
    packages = [
        {"identity": f"Package_for_KB{2000000 + number}~31bf3856ad364e35~amd64~~6.0.1.0", "state": 7}
        for number in range(hotfixes)
    ]
    return {
        "schema": "sunset.ws2008/snapshot/1",
        "taken": "2026-11-20T18:00:00Z",
        "door": "winrs",
        "answers": {
            "os": {"build": 6002, "arch": "x64", "product_type": 3},
            "computer": {"name": "BENCH"},
            "packages": packages,
        },
        "twin": {"winrm": winrm, "password": PASSWORD},
    }


def serve(winrm: str, hotfixes: int, channel: Connection) -> None:
    """Run one rehearsal server until told to stop; answers with its count of messages when asked."""
    with Fleet([snapshot(winrm, hotfixes)]) as fleet:
        endpoint = fleet["bench"]
        channel.send(endpoint.port)
        while channel.recv() == "count":
            channel.send((endpoint.http_requests, endpoint.shells_open))


class Meter(threading.Thread):
    """A relay between client and server that counts bytes both ways."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.sent = self.received = 0

    def run(self) -> None:
        """Accept until the process ends."""
        while True:
            near, _address = self._listener.accept()
            far = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._copy, args=(near, far, "sent"), daemon=True).start()
            threading.Thread(target=self._copy, args=(far, near, "received"), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket, counter: str) -> None:
        while data := source.recv(65536):
            setattr(self, counter, getattr(self, counter) + len(data))
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def measure(winrm: str, hotfixes: int, rounds: int) -> dict[str, Any]:
    """Assess one machine `rounds` times and return medians."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(winrm, hotfixes, theirs), daemon=True)
    server.start()
    meter = Meter(ours.recv())
    meter.start()
    against = question()
    messages: list[int] = []
    processor: list[float] = []
    traffic: list[int] = []
    for _turn in range(rounds):
        ours.send("count")
        before, _shells = ours.recv()
        moved, spent = meter.sent + meter.received, _cpu()
        session = LiveSession(
            Settings(host="127.0.0.1", port=meter.port, login=Login(user="Administrator", secret=PASSWORD)),
            lambda _: None,
        )
        assess(take(session, against.registry_keys), "bench", against)
        session.close()
        processor.append(_cpu() - spent)
        ours.send("count")
        after, shells = ours.recv()
        assert shells == 0
        messages.append(after - before)
        traffic.append(meter.sent + meter.received - moved)
    ours.send("stop")
    server.join()
    return {
        "winrm": winrm,
        "updates_on_the_machine": hotfixes,
        "requests": int(statistics.median(messages)),
        "budget": BUDGET[winrm],
        "kilobytes": round(statistics.median(traffic) / 1024, 1),
        "controller_cpu_milliseconds": round(statistics.median(processor) * 1000, 1),
    }


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="what one assessment costs")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rows = [measure(winrm, hotfixes, options.rounds) for winrm in BUDGET for hotfixes in (5, 120)]
    for row in rows:
        print(
            f"WinRM {row['winrm']}, {row['updates_on_the_machine']:>3} updates: "
            f"{row['requests']:>3} requests (budget {row['budget']}), "
            f"{row['kilobytes']:>6} kB, {row['controller_cpu_milliseconds']:>6} ms of processor time"
        )
    target = ROOT / "build" / "bench"
    target.mkdir(parents=True, exist_ok=True)
    (target / "assessment.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
