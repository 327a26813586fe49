# SPDX-License-Identifier: MIT
"""Reports for other programs: JSON (docs/report.md lists the keys), which can be read again, and JUnit XML."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree as xml

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.evidence.finding import Finding, Location
from kmodlab.evidence.klog import Level, Record, is_benign
from kmodlab.grading.compare import Difference
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
        "hidden_checks": report.hidden_checks,
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
        "bonus": verdict.is_bonus,
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


def read_report(text: str) -> Report:
    """The report that `report_json` wrote; of the hints it holds the first only. Raise ValueError when it is none."""
    try:
        table = json.loads(text)
        return Report(
            lesson=table["lesson"],
            kernel=table["kernel"],
            outcome=Outcome(table["outcome"]),
            points=table["points"],
            max_points=table["max_points"],
            seconds=table["seconds"],
            checks=tuple(map(_read_check, table["checks"])),
            diagnostics=tuple(Diagnostic(**diagnostic) for diagnostic in table["diagnostics"]),
            build_output=table["build_output"],
            findings=tuple(map(_read_finding, table["findings"])),
            hidden_checks=table.get("hidden_checks", 0),
        )
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError("that is no report") from problem


def _read_check(table: dict[str, Any]) -> CheckVerdict:
    difference = table["difference"]
    return CheckVerdict(
        id=table["id"],
        title=table["title"],
        outcome=Outcome(table["outcome"]),
        points=table["points"],
        max_points=table["max_points"],
        seconds=table["seconds"],
        reason=table["reason"],
        expected=table["expected"],
        actual=table["actual"],
        hints=() if table["hint"] is None else (table["hint"],),
        findings=tuple(map(_read_finding, table["findings"])),
        log=tuple(_read_record(number, line) for number, line in enumerate(table["log"])),
        difference=None if difference is None else Difference.read(difference),
        is_bonus=table.get("bonus", False),
    )


def _read_finding(table: dict[str, Any]) -> Finding:
    locations = tuple(Location(**location) for location in table["locations"])
    return Finding(**(table | {"log": tuple(table["log"]), "locations": locations}))


def _read_record(sequence: int, table: dict[str, Any]) -> Record:
    text = table["text"]
    level = Level[table["level"].upper()]
    return Record(sequence, table["seconds"], level, text, is_benign=is_benign(text))


def report_junit(report: Report) -> str:
    """The report as JUnit XML: a test case a check, for a CI service to show."""
    return junit_text(junit_suite(report, f"kmodlab.{report.lesson}"))


def junit_text(root: xml.Element) -> str:
    """An element of JUnit's as the text of a file."""
    xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode")


def junit_suite(report: Report, name: str) -> xml.Element:
    """The report as a test suite of JUnit's that is called `name`."""
    failed, broken, skipped = (_number(report.checks, outcomes) for outcomes in (_FAILED, _BROKEN, _SKIPPED))
    counts = {"tests": str(len(report.checks)), "failures": failed, "errors": broken, "skipped": skipped}
    labels = {"name": printable(name), "time": f"{report.seconds:.3f}"}
    suite = xml.Element("testsuite", labels | counts)
    properties = xml.SubElement(suite, "properties")
    for name, value in (("kernel", report.kernel), ("points", f"{report.points:g}/{report.max_points:g}")):
        xml.SubElement(properties, "property", name=name, value=value)
    for verdict in report.checks:
        suite.append(_junit_case(printable(name), verdict))
    return suite


_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FAILED = (Outcome.FAIL, Outcome.CRASH, Outcome.HANG, Outcome.BUILD_ERROR)
_BROKEN = (Outcome.ERROR,)
_SKIPPED = (Outcome.SKIP,)


def _number(checks: Sequence[CheckVerdict], outcomes: tuple[Outcome, ...]) -> str:
    return str(sum(verdict.outcome in outcomes for verdict in checks))


def _junit_case(suite: str, verdict: CheckVerdict) -> xml.Element:
    case = xml.Element(
        "testcase",
        classname=suite,
        name=printable(verdict.title),
        time=f"{verdict.seconds:.3f}",
    )
    if verdict.outcome is Outcome.PASS:
        return case
    tag = "failure" if verdict.outcome in _FAILED else "error" if verdict.outcome in _BROKEN else "skipped"
    element = xml.SubElement(case, tag, message=printable(verdict.reason or ""))
    if tag != "skipped":
        element.set("type", verdict.outcome)
        element.text = printable("\n".join(explanation(verdict)))
    return case


def explanation(verdict: CheckVerdict) -> Iterator[str]:
    """What there is to say about a check beside its reason, a line or a few each."""
    if verdict.difference is not None and verdict.difference.heading:
        yield str(verdict.difference)
    if verdict.expected is not None:
        yield f"expected: {verdict.expected}"
    if verdict.actual is not None:
        yield f"actual: {verdict.actual}"
    for finding in verdict.findings:
        place = f"{finding.file}:{finding.line}: " if finding.file else ""
        yield f"{place}{finding.kind}: {finding.message}"


def printable(text: str) -> str:
    """`text` without the control characters that XML cannot hold; a learner's module may log any of them."""
    return _NOT_XML.sub("\ufffd", text)
