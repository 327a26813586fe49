# SPDX-License-Identifier: MIT
"""junit.xml: a test suite a grade, a test case a check."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as xml

from kmodlab.classroom.formats import common
from kmodlab.classroom.grade import Grade, Roster
from kmodlab.grading import reports
from kmodlab.packs.catalog import Pack

FILE = "junit.xml"
COUNTS = ("tests", "failures", "errors", "skipped")


def write(grades: Sequence[Grade], pack: Pack, roster: Roster, folder: Path) -> None:
    """Write junit.xml into `folder`; raise LabError when it cannot be written."""
    common.put(folder / FILE, text(grades))


def text(grades: Sequence[Grade]) -> str:
    """The grades as JUnit XML."""
    suites = [_suite(grade) for grade in grades]
    counts = {name: str(sum(int(suite.attrib[name]) for suite in suites)) for name in COUNTS}
    root = xml.Element("testsuites", {"name": "kmodlab", **counts})
    root.extend(suites)
    return reports.junit_text(root) + "\n"


def _suite(grade: Grade) -> xml.Element:
    name = f"{grade.student}.{grade.lesson}"
    if grade.report:
        suite = reports.junit_suite(grade.report, name)
        properties = suite.find("properties")
        assert properties is not None
        if grade.score is not None:
            xml.SubElement(
                properties, "property", name="score", value=f"{grade.score:g}/{grade.max_points:g}"
            )
        return suite
    return _without_report(grade, reports.printable(name))


def _without_report(grade: Grade, name: str) -> xml.Element:
    """One test case that says why there is no report: a failure, or an error when the lab is to blame."""
    tag = "error" if grade.score is None else "failure"
    counts = dict.fromkeys(COUNTS, "0") | {"tests": "1", f"{tag}s": "1"}
    suite = xml.Element("testsuite", {"name": name, "time": "0", **counts})
    case = xml.SubElement(suite, "testcase", classname=name, name="submission", time="0")
    xml.SubElement(case, tag, message=reports.printable(grade.problem or ""))
    return suite
