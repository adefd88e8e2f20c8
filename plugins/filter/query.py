# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JMESPath over results and snapshots, as a filter."""

from __future__ import annotations

DOCUMENTATION = r"""
name: query
author: The sunset.ws2008 founders (@sunset-ws2008)
short_description: Select from a snapshot, a record or a report with JMESPath
version_added: 1.0.0
description:
  - Applies a JMESPath expression to any data, for instance to what M(sunset.ws2008.facts) returned.
  - Names with blanks or backslashes, such as registry keys, stand in double quotes within the expression.
requirements:
  - jmespath on the control node
positional: _input, expression
options:
  _input:
    description: The data.
    type: raw
    required: true
  expression:
    description: A JMESPath expression.
    type: str
    required: true
seealso:
  - name: JMESPath
    description: The language of the expression.
    link: https://jmespath.org
"""

EXAMPLES = r"""
- name: Name every failing control of the fleet
  ansible.builtin.debug:
    msg: "{{ report | sunset.ws2008.query('hosts[].findings[?status==`fail`].id[]') }}"

- name: Name the services that run under an account of their own
  ansible.builtin.debug:
    msg: "{{ assessment.snapshot | sunset.ws2008.query(expression) }}"
  vars:
    expression: "answers.services.values(@)[?state=='running' && account!='LocalSystem'].path"
"""

RETURN = r"""
_value:
  description: What the expression selects; null when it selects nothing.
  type: raw
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.sunset.ws2008.plugins.plugin_utils._action import plain
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.libraries import missing

try:
    import jmespath
    from jmespath.exceptions import JMESPathError
except ImportError as error:
    JMESPATH_MISSING: ImportError | None = error
else:
    JMESPATH_MISSING = None


def query(data: Any, expression: str) -> Any:
    """Return what a JMESPath expression selects; raises `AnsibleFilterError` with a sentence."""
    if JMESPATH_MISSING is not None:
        raise AnsibleFilterError(str(missing(JMESPATH_MISSING))) from JMESPATH_MISSING
    try:
        return jmespath.search(str(expression), plain(data))
    except JMESPathError as error:
        raise AnsibleFilterError(f"the JMESPath expression {expression!r} cannot be applied: {error}") from error


class FilterModule:
    """Offers the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters of this file by name."""
        return {"query": query}
