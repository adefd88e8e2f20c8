# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the ``report`` action; the work is done by the action plugin of the same name."""

from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Write what a run found, did and proved
version_added: 1.0.0
description:
  - Puts the records of all machines together into C(report.json) and writes C(index.html) and other formats from it.
  - Works on the control node alone, in a play for C(localhost), so that it also runs when every machine has failed.
options:
  path:
    description: Folder on the control node that receives the files. It is made where it is missing.
    type: path
    required: true
  after:
    description:
      - The newest record of each machine, as M(sunset.ws2008.facts) returns it in RV(sunset.ws2008.facts#module:host).
    type: list
    elements: dict
    default: []
  before:
    description: The records from before the changes, to compare with.
    type: list
    elements: dict
    default: []
  expected:
    description:
      - Names of all machines that the report should speak of. Those without a record are listed as unreached.
    type: list
    elements: str
    default: []
  formats:
    description:
      - Which files to write. V(json) is always written, because the others are made from it.
      - V(html) is C(index.html), for people; V(csv) is C(findings.csv), one row for each control of each machine.
      - V(junit) is C(junit.xml), for a build server; whatever neither passed nor failed is skipped there.
      - V(prometheus) is C(sunset_ws2008.prom), for the textfile collector of a node exporter.
    type: list
    elements: str
    choices: [json, html, csv, junit, prometheus]
    default: [json, html]
attributes:
  check_mode:
    description: Can run in check mode and return what it would write.
    support: full
  diff_mode:
    description: Will return details on what has changed when in diff mode.
    support: none
author:
  - The sunset.ws2008 founders (@sunset-ws2008)
seealso:
  - plugin: sunset.ws2008.judge
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the report of the play
  sunset.ws2008.report:
    path: report
    expected: "{{ groups['plant'] }}"
    after: "{{ assessed | map(attribute='assess_facts.host') }}"
  vars:
    assessed: "{{ groups['plant'] | map('extract', hostvars) | selectattr('assess_facts.host', 'defined') }}"
"""

RETURN = r"""
files:
  description: The files that were written, or would be.
  returned: success
  type: list
  elements: str
  sample: [report/report.json, report/index.html]
summary:
  description: Machines by state and build, findings by status.
  returned: success
  type: dict
  sample: {hosts: 1, states: {good: 1}, builds: {clean_6003: 1}, lost: []}
lines:
  description: One line of text for each machine, before and after.
  returned: success
  type: list
  elements: str
"""
