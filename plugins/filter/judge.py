# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The judgement of a stored snapshot, as a filter."""

from __future__ import annotations

DOCUMENTATION = r"""
name: judge
author: The sunset.ws2008 founders (@sunset-ws2008)
short_description: Judge a snapshot without the machine
version_added: 1.0.0
description:
  - Takes a snapshot that M(sunset.ws2008.facts) returned, and gives the record that it would give for it today.
  - Needs no connection. The same snapshot and the same day always give the same record.
positional: _input
options:
  _input:
    description: A snapshot.
    type: dict
    required: true
  name:
    description: The name that the record carries. Without it, the computer's own.
    type: str
  profile:
    description: The profile of controls to judge against.
    type: str
    default: sunset
  levels:
    description: Levels of controls to judge. Without it, those of the profile.
    type: list
    elements: str
    default: []
  controls:
    description: Single controls by id. When given, exactly these are judged.
    type: list
    elements: str
    default: []
  target:
    description: The servicing state to plan for.
    type: str
    default: last_public
  waivers:
    description: Controls that are excused, each with C(control), C(reason), C(approver) and C(expires).
    type: list
    elements: dict
    default: []
  site_values:
    description: Values of your own, by control id.
    type: dict
    default: {}
  entitlement:
    description: What is known about Extended Security Updates besides what Windows says, as in M(sunset.ws2008.facts).
    type: str
    choices: [auto, azure]
    default: auto
  vulnerabilities:
    description: How much of the known vulnerabilities to give, as in M(sunset.ws2008.facts).
    type: str
    choices: [summary, full, none]
    default: summary
"""

EXAMPLES = r"""
- name: Judge what was found last year against today's profile
  ansible.builtin.set_fact:
    record: "{{ lookup('ansible.builtin.file', 'press-line-3.json') | from_json | sunset.ws2008.judge }}"
"""

RETURN = r"""
_value:
  description: The record of the machine, as RV(sunset.ws2008.facts#module:host).
  type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import is_ours, plain
from ansible_collections.sunset.ws2008.plugins.plugin_utils._assessment import assess, question


def judge(snapshot: Mapping[str, Any], name: str | None = None, **options: Any) -> dict[str, Any]:
    """Return the record of a snapshot; raises `AnsibleFilterError` with our sentence."""
    data = plain(snapshot)
    if not isinstance(data, dict) or not str(data.get("schema", "")).startswith("sunset.ws2008/snapshot/"):
        raise AnsibleFilterError("judge takes a snapshot, as sunset.ws2008.facts returns it in `snapshot`")
    computer = (data.get("answers") or {}).get("computer") or {}
    try:
        return assess(data, plain(name) or computer.get("name") or "unknown", question(**plain(options)))
    except Exception as error:
        if not is_ours(error):
            raise
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"judge": judge}
