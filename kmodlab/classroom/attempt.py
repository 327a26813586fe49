# SPDX-License-Identifier: MIT
"""One submission graded: the attempt, tried again when the lab failed, and its report cut to a size for keeping."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from kmodlab.classroom.grade import Graded
from kmodlab.evidence.finding import Finding
from kmodlab.evidence.klog import Record
from kmodlab.grading.compare import shortened
from kmodlab.grading.events import Ended
from kmodlab.grading.sweep import MOST_FAULTS
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.packs.catalog import Lesson
from kmodlab.packs.manifest import Check
from kmodlab.session import Session

KEPT_RECORDS = 300  # of the log of a check
KEPT_FINDINGS = 30  # of a check
KEPT_LINES = 60  # of the log of a finding
KEPT_OUTPUT = 50_000  # characters of a build's messages
ALLOWANCE_SECONDS = 60.0  # for the build, and again for each run beside its deadlines


def grade(session: Session, lesson: Lesson, files: Mapping[str, bytes]) -> Graded:
    """Grade `files`; once more when the lab itself failed. Raises as Session.check does."""
    began = time.monotonic()
    report = _report(session, lesson, files)
    if report.outcome is Outcome.ERROR:
        report = _report(session, lesson, files)
    return Graded(trimmed(report), time.monotonic() - began, datetime.now(UTC))


def _report(session: Session, lesson: Lesson, files: Mapping[str, bytes]) -> Report:
    *_, last = session.check(lesson, files, keep=False)
    assert isinstance(last, Ended)
    return last.report


def longest_seconds(lesson: Lesson) -> float:
    """How long an attempt can take when all goes wrong that a deadline ends, twice."""
    return 2 * (ALLOWANCE_SECONDS + sum(map(_longest_of_check, lesson.checks)))


def _longest_of_check(check: Check) -> float:
    one_run = ALLOWANCE_SECONDS + sum(action.deadline for action in check.do)
    return one_run * (1 + MOST_FAULTS if check.faults else 1)


def trimmed(report: Report) -> Report:
    """The report without what a submission that says too much would fill the grade book with; it says what is cut."""
    return replace(
        report,
        checks=tuple(map(_trimmed_verdict, report.checks)),
        findings=_trimmed_findings(report.findings),
        diagnostics=report.diagnostics[:KEPT_FINDINGS],
        build_output=shortened(report.build_output, KEPT_OUTPUT),
    )


def _trimmed_verdict(verdict: CheckVerdict) -> CheckVerdict:
    return replace(
        verdict,
        reason=verdict.reason and shortened(verdict.reason),
        expected=verdict.expected and shortened(verdict.expected),
        actual=verdict.actual and shortened(verdict.actual),
        findings=_trimmed_findings(verdict.findings),
        log=_trimmed_log(verdict.log),
    )


def _trimmed_findings(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(
        replace(finding, message=shortened(finding.message), log=finding.log[:KEPT_LINES])
        for finding in findings[:KEPT_FINDINGS]
    )


def _trimmed_log(log: tuple[Record, ...]) -> tuple[Record, ...]:
    """The beginning and the end, with a line between them that counts what is left out."""
    cut = len(log) - KEPT_RECORDS
    if cut <= 0:
        return log
    half = KEPT_RECORDS // 2
    mark = replace(log[half], text=f"[… {cut} more lines]")
    return (*log[:half], mark, *log[-half:])
