# SPDX-License-Identifier: MIT
from kmodlab.build.diagnostics import Diagnostic
from kmodlab.evidence.finding import Finding
from kmodlab.tui.marks import Mark, by_row, follow, marks_of

ERROR = Mark(2, "error", "error", "expected ‘;’")
LINES = ["zero", "one", "two", "three"]


def test_what_was_said_about_a_file_is_marked_there_once() -> None:
    warning = Diagnostic("warning", "unused variable", "hello.c", 3, 1)
    elsewhere = Diagnostic("error", "no such thing", "other.c", 3, 1)
    nowhere = Diagnostic("error", "modpost failed")
    leak = Finding("leak", "10 bytes are still allocated.", file="hello.c", line=1)
    assert marks_of([warning, warning, elsewhere, nowhere], [leak, leak], "hello.c") == [
        Mark(2, "warning", "warning", "unused variable"),
        Mark(0, "finding", "leak", "10 bytes are still allocated."),
    ]


def test_the_compilers_own_message_is_not_said_again_as_a_finding() -> None:
    error = Diagnostic("error", "expected ‘;’", "hello.c", 3)
    finding = Finding("build-error", "expected ‘;’", file="hello.c", line=3)
    assert len(marks_of([error], [finding], "hello.c")) == 1


def test_a_mark_stays_when_lines_below_change() -> None:
    assert follow([ERROR], LINES, ["zero", "one", "two", "four", "five"]) == [ERROR]


def test_a_mark_moves_with_lines_added_above() -> None:
    assert follow([ERROR], LINES, ["new", *LINES])[0].row == 3


def test_a_mark_moves_with_lines_taken_away_above() -> None:
    assert follow([ERROR], LINES, LINES[1:])[0].row == 1


def test_a_mark_goes_when_its_line_is_changed() -> None:
    assert follow([ERROR], LINES, ["zero", "one", "two;", "three"]) == []


def test_a_mark_goes_when_its_line_goes() -> None:
    assert follow([ERROR], LINES, ["zero", "one", "three"]) == []


def test_a_mark_does_not_jump_to_a_line_that_reads_alike() -> None:
    lines = ["}", "", "}", "end"]
    assert follow([ERROR], lines, ["}", "", "changed", "end"]) == []


def test_the_gravest_mark_of_a_row_comes_first() -> None:
    note = Mark(2, "note", "note", "declared here")
    assert by_row([note, ERROR])[2] == [ERROR, note]


def test_a_mark_stays_when_lines_above_and_below_it_change_at_once() -> None:
    assert follow([ERROR], LINES, ["ZERO", "one", "two", "THREE"]) == [ERROR]
