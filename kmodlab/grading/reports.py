# SPDX-License-Identifier: MIT
"""Reports for other programs: JSON (docs/report.md lists the keys) and JUnit XML."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree as xml

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.evidence.finding import Finding
from kmodlab.evidence.klog import Record
from kmodlab.grading.verdict import SCHEMA, CheckVerdict, Outcome, Report, RunReport


def report_json(report: Report) -> str:
    """The report as JSON text."""
    return _text(report_table(report))


def report_table(report: Report) -> dict[str, Any]:
    """The report as plain values, with the keys that docs/report.md lists."""
    return {
        "schema": SCHEMA,
        "lesson": report.lesson,
        "kernel": report.kernel,
        "outcome": report.outcome,
        "points": report.points,
        "max_points": report.max_points,
        "seconds": round(report.seconds, 3),
        "checks": [_check_table(verdict) for verdict in report.checks],
        "findings": [_finding_table(finding) for finding in report.findings],
        "diagnostics": [_diagnostic_table(diagnostic) for diagnostic in report.diagnostics],
        "build_output": report.build_output,
    }


def run_json(report: RunReport) -> str:
    """The report of a run without a lesson, as JSON text."""
    return _text(
        {
            "schema": SCHEMA,
            "kernel": report.kernel,
            "outcome": report.outcome,
            "seconds": round(report.seconds, 3),
            "findings": [_finding_table(finding) for finding in report.findings],
            "diagnostics": [_diagnostic_table(diagnostic) for diagnostic in report.diagnostics],
            "build_output": report.build_output,
            "load_error": report.load_error,
            "log": _log_table(report.log),
        }
    )


def _check_table(verdict: CheckVerdict) -> dict[str, Any]:
    has_passed = verdict.outcome is Outcome.PASS
    return {
        "id": verdict.id,
        "title": verdict.title,
        "outcome": verdict.outcome,
        "points": verdict.points,
        "max_points": verdict.max_points,
        "seconds": round(verdict.seconds, 3),
        # The first only: a report must not give away what the learner has not asked for.
        "hint": None if has_passed or not verdict.hints else verdict.hints[0],
        "reason": verdict.reason,
        "expected": verdict.expected,
        "actual": verdict.actual,
        "difference": None if verdict.difference is None else str(verdict.difference),
        "findings": [_finding_table(finding) for finding in verdict.findings],
        "log": _log_table(verdict.log),
    }


def _finding_table(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "message": finding.message,
        "file": finding.file,
        "line": finding.line,
        "function": finding.function,
        "count": finding.count,
        "bytes": finding.bytes,
        "log": list(finding.log),
        "locations": [asdict(location) for location in finding.locations],
    }


def _diagnostic_table(diagnostic: Diagnostic) -> dict[str, Any]:
    table = asdict(diagnostic)
    del table["fix_its"]
    return table


def _log_table(records: Iterable[Record]) -> list[dict[str, Any]]:
    return [
        {"seconds": record.seconds, "level": record.level.name.lower(), "text": record.text}
        for record in records
    ]


def _text(table: dict[str, Any]) -> str:
    return json.dumps(table, indent=2, ensure_ascii=False)


def report_junit(report: Report) -> str:
    """The report as JUnit XML: a test case a check, for a CI service to show."""
    failed, broken, skipped = (_number(report.checks, outcomes) for outcomes in (_FAILED, _BROKEN, _SKIPPED))
    counts = {"tests": str(len(report.checks)), "failures": failed, "errors": broken, "skipped": skipped}
    labels = {"name": f"kmodlab.{report.lesson}", "time": f"{report.seconds:.3f}"}
    suite = xml.Element("testsuite", labels | counts)
    properties = xml.SubElement(suite, "properties")
    for name, value in (("kernel", report.kernel), ("points", f"{report.points:g}/{report.max_points:g}")):
        xml.SubElement(properties, "property", name=name, value=value)
    for verdict in report.checks:
        suite.append(_junit_case(report.lesson, verdict))
    xml.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(suite, encoding="unicode")


_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FAILED = (Outcome.FAIL, Outcome.CRASH, Outcome.HANG, Outcome.BUILD_ERROR)
_BROKEN = (Outcome.ERROR,)
_SKIPPED = (Outcome.SKIP,)


def _number(checks: Sequence[CheckVerdict], outcomes: tuple[Outcome, ...]) -> str:
    return str(sum(verdict.outcome in outcomes for verdict in checks))


def _junit_case(lesson: str, verdict: CheckVerdict) -> xml.Element:
    case = xml.Element(
        "testcase",
        classname=f"kmodlab.{lesson}",
        name=_printable(verdict.title),
        time=f"{verdict.seconds:.3f}",
    )
    if verdict.outcome is Outcome.PASS:
        return case
    tag = "failure" if verdict.outcome in _FAILED else "error" if verdict.outcome in _BROKEN else "skipped"
    element = xml.SubElement(case, tag, message=_printable(verdict.reason or ""))
    if tag != "skipped":
        element.set("type", verdict.outcome)
        element.text = _printable("\n".join(_explanation(verdict)))
    return case


def _explanation(verdict: CheckVerdict) -> Iterable[str]:
    if verdict.difference is not None and verdict.difference.heading:
        yield str(verdict.difference)
    if verdict.expected is not None:
        yield f"expected: {verdict.expected}"
    if verdict.actual is not None:
        yield f"actual: {verdict.actual}"
    for finding in verdict.findings:
        place = f"{finding.file}:{finding.line}: " if finding.file else ""
        yield f"{place}{finding.kind}: {finding.message}"


def _printable(text: str) -> str:
    """`text` without the control characters that XML cannot hold; a learner's module may log any of them."""
    return _NOT_XML.sub("\ufffd", text)
