"""A gate as JUnit XML, which CI services show: a test for each check, and one for each case that came out wrong.

A file whose tests fail while the gate passes would turn a build red that should be green, so that a failed case is a
failed test only where the gate fails too; else, and where it failed in the baseline already, it stands as skipped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from evals.comparison.gate import Gate
    from evals.runs.run_folder import StoredCase

# all that XML 1.0 cannot hold, and the marks that end a line in some readers
_UNWRITABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(gate: Gate) -> str:
    """The gate as a document with two suites, ``checks`` and ``cases``."""
    root = ET.Element("testsuites", name="rag eval gate")
    checks = ET.SubElement(root, "testsuite", name="checks")
    known = ET.SubElement(checks, "properties")
    for name, value in gate.run.fingerprints.items():
        ET.SubElement(known, "property", name=_writable(name), value=_writable(value))
    for check in gate.checks:
        test = _test(checks, "gate", check.name)
        if not check.passed:
            _outcome(test, "failure", check.found, check.found)
    cases = ET.SubElement(root, "testsuite", name="cases")
    for case in gate.failed_cases:
        _case(cases, case, gate)
    for suite in (checks, cases):
        _count(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, case: StoredCase, gate: Gate) -> None:
    test = _test(suite, "case", case.id)
    told = f"question: {case.question}\nreference: {case.reference}\nanswer: {case.error or case.answer or ''}"
    if gate.was_failed(case):
        _outcome(test, "skipped", "came out wrong in the baseline too", told)
    elif gate.passed:
        _outcome(test, "skipped", "came out wrong, and the gate passes", told)
    elif case.error is not None:
        _outcome(test, "error", case.error, told)
    else:
        _outcome(test, "failure", "came out wrong", told)


def _test(suite: ET.Element, kind: str, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=kind, name=_writable(name), time="0")


def _outcome(test: ET.Element, kind: str, message: str, text: str) -> None:
    attributes = {"message": _writable(message)}
    if kind != "skipped":
        attributes["type"] = kind
    ET.SubElement(test, kind, attributes).text = _writable(text)


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite.findall("./testcase"))))
    for plural, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(plural, str(len(suite.findall(f"./testcase/{kind}"))))
    suite.set("time", "0")


def _writable(text: str) -> str:
    """What XML cannot hold is written out, as a terminal would be shown it."""
    return _UNWRITABLE.sub(lambda found: ascii(found.group())[1:-1], text)
