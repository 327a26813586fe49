# SPDX-License-Identifier: MIT
"""What the terminal shows of a report, and what other programs read of it."""

import json
from dataclasses import replace
from xml.etree import ElementTree as xml

import pytest
from rich.console import Console

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.cli import output
from kmodlab.cli.running import print_run
from kmodlab.evidence.finding import Finding, Location
from kmodlab.evidence.klog import Level, Record
from kmodlab.grading.compare import difference
from kmodlab.grading.reports import report_json, report_junit
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report, RunReport

LEAK = Finding(
    "leak",
    "64 bytes were never freed.",
    file="hello.c",
    line=2,
    locations=(Location("allocated", "hello.c", 2), Location("called", "hello.c", 9)),
)


def shown(renderable) -> str:
    console = Console(width=100, file=None, highlight=False, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_a_failed_check_shows_everything_that_says_why():
    verdict = CheckVerdict(
        "greets", "It greets", Outcome.FAIL, 0, 2, reason="The log lacks a line.", expected="Hello", actual="Hallo",
        findings=(LEAK,), log=(Record(0, 1.5, Level.INFO, "Hallo"), Record(1, 1.6, Level.WARNING, "taints", 0, True)),
    )  # fmt: skip
    text = shown(
        output.verdict_block(verdict, {"hello.c": b"int a;\n\tint *b = kmalloc();\n"}, "hint 1 of 3")
    )
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "✗ failed      0/2  It greets"
    assert "The log lacks a line." in lines
    assert "expected Hello" in lines
    assert "actual   Hallo" in lines
    assert "leak: 64 bytes were never freed." in lines
    assert "allocated hello.c:2" in lines
    assert "2 │         int *b = kmalloc();" in lines
    assert "called hello.c:9" in lines
    assert any("taints" in line and "harmless" in line for line in lines)
    assert lines[-1] == "hint 1 of 3"


def test_a_passed_check_is_one_line():
    verdict = CheckVerdict("builds", "It builds", Outcome.PASS, 1, 1, log=(Record(0, 1.0, Level.INFO, "x"),))
    assert shown(output.verdict_block(verdict, {})) == "✓ passed      1/1  It builds\n"


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_word_of_its_own(outcome):
    words = [look.word for look in output.LOOKS.values()]
    assert words.count(output.LOOKS[outcome].word) == 1


def test_of_two_texts_the_first_lines_that_differ_are_shown():
    expected, actual = "1\na b\n3", "1\na  b\n3"
    unlike = CheckVerdict("c", "c", Outcome.FAIL, 0, 1, difference=difference(expected, actual))
    lines = [line.plain for line in output.comparison(replace(unlike, expected=expected, actual=actual))]
    assert "only white space differs, first in line 2" in lines[0]
    assert lines[1] == "expected a·b\n         [… 1 more line]"
    assert lines[2] == "actual   a··b\n         [… 1 more line]"


def test_a_log_that_commands_the_terminal_is_defused():
    (line,) = output.log_lines([Record(0, 1.0, Level.INFO, "\x1b]0;title\x07\x9b2J")])
    assert not {"\x1b", "\x07", "\x9b"} & set(line.plain)


def test_what_is_cut_is_said():
    records = [Record(number, float(number), Level.INFO, f"line {number}") for number in range(50)]
    first, *rest = output.log_lines(records, limit=20)
    assert first.plain == "[… 30 earlier lines cut; --format json has all]"
    assert [line.plain.rsplit(" ", 1)[1] for line in rest] == [str(number) for number in range(30, 50)]


def test_compiler_messages_show_their_line():
    message = Diagnostic("error", "expected ';'", "hello.c", 2, 7)
    lines = [line.plain for line in output.diagnostic_lines([message], {"hello.c": b"int a;\nint b\n"})]
    assert lines == ["hello.c:2:7: error: expected ';'", "    2 │ int b"]


REPORT = Report(
    "hello", "6.1.0", Outcome.FAIL, 3, 10, 1.25,
    checks=(
        CheckVerdict("builds", "It builds", Outcome.PASS, 1, 1, hints=("never shown",)),
        CheckVerdict(
            "greets", "It <greets>", Outcome.FAIL, 0, 2, 0.5, "Not \x1b there.", "a", "b", ("one", "two"), (LEAK,)
        ),
        CheckVerdict("later", "Later", Outcome.SKIP, 0, 1, reason="It needs `greets`."),
        CheckVerdict("lab", "Lab", Outcome.ERROR, 0, 1, reason="No machine."),
    ),
    findings=(LEAK,),
)  # fmt: skip


def test_the_json_report_has_the_promised_keys():
    table = json.loads(report_json(REPORT))
    assert table["schema"] == "kmodlab.report/1"
    assert {
        "lesson",
        "kernel",
        "outcome",
        "points",
        "max_points",
        "seconds",
        "checks",
        "findings",
    } <= table.keys()
    check = table["checks"][1]
    assert {
        "id",
        "title",
        "outcome",
        "points",
        "max_points",
        "seconds",
        "hint",
        "expected",
        "actual",
        "findings",
    } <= (check.keys())
    assert (check["outcome"], check["expected"], check["actual"]) == ("fail", "a", "b")
    assert check["findings"] == table["findings"]
    assert {"kind", "message", "file", "line", "function", "count", "bytes", "log", "locations"} <= (
        table["findings"][0].keys()
    )
    assert {"role": "allocated", "file": "hello.c", "line": 2}.items() <= table["findings"][0]["locations"][
        0
    ].items()


def test_the_json_report_gives_away_one_hint_at_most():
    assert [check["hint"] for check in json.loads(report_json(REPORT))["checks"]] == [None, "one", None, None]


def test_the_junit_report_tells_failures_from_the_labs_own_errors():
    suite = xml.fromstring(report_junit(REPORT))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "4",
        "1",
        "1",
        "1",
    )
    cases = suite.findall("testcase")
    assert [[child.tag for child in case] for case in cases] == [[], ["failure"], ["skipped"], ["error"]]
    failure = cases[1].find("failure")
    assert (cases[1].get("name"), failure.get("message")) == ("It <greets>", "Not � there.")
    assert "hello.c:2: leak: 64 bytes were never freed." in failure.text


@pytest.mark.parametrize(("outcome", "is_said"), [(Outcome.PASS, True), (Outcome.ERROR, False)])
def test_of_a_run_without_a_log_only_one_that_ended_is_said_to_have_logged_nothing(outcome, is_said):
    console = Console(width=100, file=None, color_system=None)
    with console.capture() as capture:
        print_run(RunReport("6.1", outcome, 1.0, (), ""), {}, console)
    assert ("The kernel logged nothing." in capture.get()) is is_said
