# SPDX-License-Identifier: MIT
"""A report that was written as JSON is read again as it was."""

import dataclasses

import pytest

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.evidence.finding import Finding, Location
from kmodlab.evidence.klog import Level, Record
from kmodlab.grading.compare import Difference, difference
from kmodlab.grading.reports import read_report, report_json
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report

LEAK = Finding(
    "leak",
    "3 bytes.",
    "hello.c",
    7,
    "init",
    1,
    3,
    ("a line",),
    (Location("allocated", "hello.c", 7, "init"),),
)
LOG = (
    Record(0, 1.5, Level.WARNING, "hello: loading out-of-tree module taints kernel.", is_benign=True),
    Record(1, 1.6, Level.INFO, "ünïcode\n"),
)


def report(compared: Difference | None) -> Report:
    checks = (
        CheckVerdict("loads", "It loads", Outcome.PASS, 2, 2, 0.5, log=LOG),
        CheckVerdict(
            "reads", "It reads", Outcome.FAIL, 0, 1.5, 0.25, "Why.", "a", "b", ("one",), (LEAK,), (), compared
        ),
    )
    message = Diagnostic("warning", "unused", "hello.c", 3, 4, "-Wunused")
    return Report("hello", "6.1.0", Outcome.FAIL, 2, 3.5, 0.75, checks, (message,), "make: ok\n", (LEAK,))


@pytest.mark.parametrize(
    "compared",
    [None, difference("one\ntwo\n", "one\n two\nthree\n"), difference("a", "b"), difference("a\n", "a")],
    ids=["none", "in a later line", "in the only line", "in white space"],
)
def test_a_report_is_read_as_it_was_written(compared: Difference | None) -> None:
    assert read_report(report_json(report(compared))) == report(compared)


def test_of_the_hints_only_the_first_is_kept() -> None:
    written = report(None)
    failed = dataclasses.replace(written.checks[1], hints=("one", "two"))
    read = read_report(report_json(dataclasses.replace(written, checks=(failed,))))
    assert read.checks[0].hints == ("one",)


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "{}", '{"schema": "kmodlab.report/1", "checks": [{}]}', "null"]
)
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_report(text)
