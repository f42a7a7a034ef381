"""A report as JUnit XML, as continuous integration reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from mock_server.contract.model import Outcome

if TYPE_CHECKING:
    from mock_server.contract.model import Report, Result


def junit(report: Report) -> bytes:
    """One suite, a test case for each check: its id is the name, the part of the contract the
    class. Critical differences are its failure; the others stand in its `system-out`."""
    total = sum(result.seconds for result in report.results)
    counts = {
        "tests": str(len(report.results)),
        "failures": str(len(report.failures)),
        "errors": "0",
        "skipped": str(report.count(Outcome.SKIPPED)),
        "time": f"{total:.3f}",
    }
    root = ET.Element("testsuites", {"name": "contract", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": "contract", **counts})
    properties = ET.SubElement(suite, "properties")
    for name, value in (("backend", report.url), ("dialect", report.dialect or "unknown")):
        ET.SubElement(properties, "property", {"name": name, "value": value})
    for result in report.results:
        _case(suite, result)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _case(suite: ET.Element, result: Result) -> None:
    check = result.check
    case = ET.SubElement(
        suite,
        "testcase",
        {
            "classname": f"contract.{check.part.lower().replace(' ', '-')}",
            "name": check.id,
            "time": f"{result.seconds:.3f}",
        },
    )
    critical = [str(one) for one in result.differences if one.severity == "critical"]
    others = [f"{one.severity}: {one}" for one in result.differences if one.severity != "critical"]
    if result.outcome is Outcome.SKIPPED:
        ET.SubElement(case, "skipped", {"message": result.reason.format(of=result.of)})
    if critical:
        message = f"{check.title}: {critical[0]}"
        failure = ET.SubElement(case, "failure", {"type": "critical", "message": message})
        failure.text = "\n".join(critical)
    if others:
        ET.SubElement(case, "system-out").text = "\n".join(others)
