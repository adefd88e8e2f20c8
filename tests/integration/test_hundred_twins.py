# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One process carries a hundred twins, all of them asked at once, in less than 150 MB."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from winrm.protocol import Protocol

from support.endpoint import PASSWORD

LIMIT_MB = 150
SERVER = """
import json, resource, sys
from support.endpoint import Endpoint, machine

endpoints = []
for number in range(100):
    arch = "x86" if number % 2 else "x64"
    snapshot = {"answers": {"os": {"build": 6002, "arch": arch}, "computer": {"name": f"H{number}"}}}
    endpoints.append(Endpoint(machine(snapshot, winrm=("1.1", "2.0", "3.0")[number % 3])).start())
print(json.dumps([endpoint.url for endpoint in endpoints]), flush=True)
sys.stdin.readline()
for endpoint in endpoints:
    endpoint.stop()
print(json.dumps({
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    "requests": sum(endpoint.requests for endpoint in endpoints),
    "errors": [error for endpoint in endpoints for error in endpoint.errors],
}))
"""


def talk(url: str) -> bytes:
    client = Protocol(url, transport="ntlm", username="Administrator", password=PASSWORD)
    shell = client.open_shell()
    try:
        command = client.run_command(shell, "hostname")
        answer = client.get_command_output(shell, command)[0]
        client.cleanup_command(shell, command)
    finally:
        client.close_shell(shell)
    return answer


def test_a_hundred_twins_fit_into_150_mb() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        urls = json.loads(process.stdout.readline())
        with ThreadPoolExecutor(100) as pool:
            names = list(pool.map(talk, urls))
        process.stdin.write("\n")
        process.stdin.flush()
        measured = json.loads(process.stdout.readline())
    print(f"peak {measured['peak']} MB, {measured['requests']} WS-Man messages")
    assert names == [f"H{number}\r\n".encode() for number in range(100)]
    assert measured["errors"] == []
    assert measured["requests"] == 500
    assert measured["peak"] < LIMIT_MB
