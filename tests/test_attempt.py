# SPDX-License-Identifier: MIT
"""Reports cut to a size for keeping, and how long an attempt may take."""

from kmodlab.classroom import attempt
from kmodlab.evidence.finding import Finding
from kmodlab.evidence.klog import Level, Record
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.packs.catalog import Pack

NOISE = tuple(Record(number, float(number), Level.INFO, f"line {number}") for number in range(1000))
FINDING = Finding("leak", "m" * 9000, log=("x",) * 1000)


def report(**more: object) -> Report:
    verdict = CheckVerdict("a", "A", Outcome.FAIL, 0, 1, **more)  # type: ignore[arg-type]
    return Report("hello", "6.1", Outcome.FAIL, 0, 1, 1.0, (verdict,), build_output="b" * 100_000)


def test_a_report_that_says_too_much_is_cut_and_says_so() -> None:
    cut = attempt.trimmed(
        report(
            log=NOISE, findings=(FINDING,) * 500, reason="r" * 9000, expected="e" * 9000, actual="a" * 9000
        )
    )
    (verdict,) = cut.checks
    assert len(verdict.log) == attempt.KEPT_RECORDS + 1
    assert [record.text for record in verdict.log[149:152]] == ["line 149", "[… 700 more lines]", "line 850"]
    assert len(verdict.findings) == attempt.KEPT_FINDINGS
    assert len(verdict.findings[0].log) == attempt.KEPT_LINES
    texts = (verdict.findings[0].message, verdict.reason, verdict.expected, verdict.actual, cut.build_output)
    assert all(str(text).endswith("more characters]") for text in texts)


def test_a_report_of_ordinary_size_stays_as_it_is() -> None:
    kept = Report("hello", "6.1", Outcome.PASS, 1, 1, 1.0, report(log=NOISE[:300]).checks, build_output="b")
    assert attempt.trimmed(kept) == kept


def test_the_time_that_an_attempt_has_covers_every_deadline(pack: Pack) -> None:
    for lesson in pack.lessons:
        deadlines = sum(action.deadline for check in lesson.checks for action in check.do)
        assert attempt.longest_seconds(lesson) > deadlines + 60
