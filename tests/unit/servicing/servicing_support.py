# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A clean 6002 for planning, and changes laid over it."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any

SHA2_KEY = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Servicing\Codesigning\SHA2"

CLEAN: dict[str, Any] = {
    "os": {
        "caption": "Microsoft Windows Server 2008 Standard",
        "version": "6.0.6002",
        "build": 6002,
        "service_pack": 2,
        "product_type": 3,
        "sku": 7,
        "arch": "x64",
        "last_boot": "2026-11-01T06:00:00Z",
        "local_time": "2026-11-20T18:00:00Z",
        "windows_directory": "C:\\Windows",
        "system_drive": "C:",
    },
    "hotfixes": [],
    "packages": [],
    "stack": ["6.0.6002.18005"],
    "files": {
        "C:\\Windows\\system32\\ntoskrnl.exe": "6.0.6002.18005",
        "C:\\Windows\\system32\\crypt32.dll": "6.0.6002.18005",
        "C:\\Windows\\system32\\cmitrust.dll": None,
    },
    "registry": {SHA2_KEY: None},
    "markers": {},
    "disk": {"drive": "C:", "free": 20 * 2**30, "size": 40 * 2**30},
    "licences": [],
    "features": [14],
}


def snapshot(changes: Mapping[str, Any] | None = None, without: Collection[str] = ()) -> dict[str, Any]:
    """Return the clean 6002 with changed answers; mappings are merged, everything else replaced."""
    answers = copy.deepcopy(CLEAN)
    for name, value in (changes or {}).items():
        answers[name] = {**answers[name], **value} if isinstance(value, Mapping) else value
    return {
        "schema": "sunset.ws2008/snapshot/1",
        "taken": "2026-11-20T18:00:00Z",
        "door": "evidence",
        "identity": None,
        "answers": {name: value for name, value in answers.items() if name not in without},
        "unknown": dict.fromkeys(without, "it was not captured"),
    }
