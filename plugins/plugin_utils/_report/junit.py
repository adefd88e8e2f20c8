# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report for a build server: a test suite a machine, a test case a finding (private to this collection).

``fail`` is a failure, ``error`` an error; ``notapplicable``, ``notchecked`` and ``waived`` are skipped, with a reason.
A machine that was never reached, or not again, is a suite with one error: silence must not look like success.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

_ELEMENTS = {
    "fail": "failure",
    "error": "error",
    "notapplicable": "skipped",
    "notchecked": "skipped",
    "waived": "skipped",
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Mapping[str, Any]) -> str:
    """Return a report (`result.combine`) as a JUnit XML document."""
    root = Element("testsuites", name="sunset.ws2008")
    for host in report["hosts"]:
        suite = SubElement(root, "testsuite", name=_text(host["name"]), timestamp=str(host["taken"]).removesuffix("Z"))
        for finding in host["findings"]:
            _case(suite, host["name"], finding)
        if host["lost"]:
            _unreached(suite, host["name"], "not reached again after the changes")
        _count(suite)
    for name in report["summary"]["unreached"]:
        suite = SubElement(root, "testsuite", name=_text(name))
        _unreached(suite, name, "not reached, and so not judged")
        _count(suite)
    for counted in ("tests", "failures", "errors", "skipped"):
        root.set(counted, str(sum(int(suite.get(counted, "0")) for suite in root)))
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(suite: Element, host: str, finding: Mapping[str, Any]) -> None:
    case = SubElement(suite, "testcase", classname=_text(f"{host}.{finding.get('area', 'controls')}"), time="0")
    case.set("name", _text(f"{finding['id']}: {finding['title']}"))
    element = _ELEMENTS.get(finding["status"])
    if element is None:
        return
    message = f"{finding['status']}: observed {finding['observed']}, expected {finding['expected']}"
    outcome = SubElement(case, element, message=_text(message))
    if element != "skipped":
        outcome.set("type", str(finding["status"]))
    outcome.text = _text("\n".join(finding["evidence"]))


def _unreached(suite: Element, host: str, message: str) -> None:
    case = SubElement(suite, "testcase", classname=_text(host), name="reached", time="0")
    SubElement(case, "error", message=message, type="unreached")


def _count(suite: Element) -> None:
    outcomes = Counter(outcome.tag for case in suite for outcome in case)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(outcomes["failure"]))
    suite.set("errors", str(outcomes["error"]))
    suite.set("skipped", str(outcomes["skipped"]))


def _text(text: str) -> str:
    """Drop the characters that no XML document may hold, escaped or not."""
    return _NOT_XML.sub("\ufffd", text)
