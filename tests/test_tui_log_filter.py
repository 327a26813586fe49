# SPDX-License-Identifier: MIT
import pytest

from kmodlab.evidence.klog import Level, Record
from kmodlab.tui.log_filter import (
    ALL_HIDDEN,
    BENIGN_EXPLAINED,
    NOTHING_LOGGED,
    Chapter,
    Filter,
    in_words,
    listing,
)
from kmodlab.tui.widgets.log_view import Line

TAINT = Record(0, 1.0, Level.WARNING, "hello: loading out-of-tree module taints kernel.", is_benign=True)
RECORDS = (
    TAINT,
    Record(1, 1.1, Level.DEBUG, "details"),
    Record(2, 1.2, Level.INFO, "Hello, kernel!"),
    Record(3, 1.3, Level.WARNING, "careful"),
    Record(4, 1.4, Level.ERR, "Broken"),
)
CHAPTERS = [Chapter("first", RECORDS), Chapter("second", RECORDS[2:3]), Chapter("third", ())]


def texts(shown: Filter) -> list[str]:
    return [line.text for line in listing(CHAPTERS, shown)[0]]


def test_without_a_filter_all_is_shown_below_its_headings_and_benign_lines_are_explained() -> None:
    lines, hidden = listing(CHAPTERS, Filter())
    assert hidden == 0
    assert lines[0] == BENIGN_EXPLAINED
    assert [line.text for line in lines if line.role == "heading"] == ["first", "second", "third"]
    assert lines[-1] == NOTHING_LOGGED


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        (Level.INFO, ["Hello, kernel!", "careful", "Broken"]),
        (Level.WARNING, ["careful", "Broken"]),
        (Level.ERR, ["Broken"]),
    ],
)
def test_only_the_level_asked_for_and_graver_ones_are_shown(least: Level, expected: list[str]) -> None:
    records = [
        record.text for record in RECORDS if Filter(least=least).admits(record) and not record.is_benign
    ]
    assert records == expected


def test_a_benign_line_is_no_warning() -> None:
    assert Filter(least=Level.INFO).admits(TAINT)
    assert not Filter(least=Level.WARNING).admits(TAINT)


def test_benign_lines_can_be_hidden_and_need_no_explanation_then() -> None:
    shown = texts(Filter(hides_benign=True))
    assert TAINT.text not in shown
    assert BENIGN_EXPLAINED.text not in shown
    assert "details" in shown


def test_a_text_is_looked_for_in_all_that_is_seen_of_a_line_whatever_its_case() -> None:
    assert texts(Filter("HELLO, kernel")) == [
        "first",
        "Hello, kernel!",
        "second",
        "Hello, kernel!",
        "third",
        NOTHING_LOGGED.text,
    ]
    assert "Broken" in texts(Filter("] err"))


def test_a_chapter_of_which_nothing_is_left_has_no_heading() -> None:
    lines, hidden = listing(CHAPTERS[:2], Filter("broken"))
    assert lines == [Line("first", "heading"), Line("Broken", "error", "[    1.400] err      ")]
    assert hidden == 5


def test_where_all_is_hidden_that_is_said() -> None:
    assert listing(CHAPTERS[:2], Filter("zebra")) == ([ALL_HIDDEN], 6)


def test_the_levels_go_round() -> None:
    shown = Filter()
    seen = []
    for _ in range(4):
        shown = Filter(least=shown.next_level)
        seen.append(in_words(shown, 0))
    assert seen == ["info and graver", "warnings and errors", "errors", "all levels"]


@pytest.mark.parametrize(
    ("shown", "hidden", "expected"),
    [
        (Filter(), 0, "all levels"),
        (Filter("x"), 12, "12 lines hidden by the filter"),
        (Filter(least=Level.ERR), 1, "1 line hidden by the filter · errors"),
        (Filter(hides_benign=True), 2, "2 lines hidden by the filter · without expected lines"),
    ],
)
def test_what_is_shown_is_said_in_words(shown: Filter, hidden: int, expected: str) -> None:
    assert in_words(shown, hidden) == expected
