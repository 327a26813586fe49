# SPDX-License-Identifier: MIT
"""The difference of two texts, as rows that stand side by side."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmodlab.tui.difference import NO_END, Gap, Pair, Row, Side, compare, count_changes, shown

TEXTS = st.lists(st.sampled_from(["a", "b", "\tc", "  d e", "}", ""]), max_size=12).map("\n".join)


def texts(rows: list[Row]) -> list[tuple[str | None, str | None] | int]:
    return [
        row.count if isinstance(row, Gap) else (row.before and row.before.text, row.after and row.after.text)
        for row in rows
    ]


def numbered(count: int) -> str:
    return "".join(f"line {number}\n" for number in range(1, count + 1))


def test_the_same_text_has_no_changes() -> None:
    rows = compare(numbered(9), numbered(9))
    assert rows == [Gap(9)]
    assert count_changes(rows) == (0, 0)


def test_only_the_lines_around_a_change_are_shown() -> None:
    rows = compare(numbered(20), numbered(20).replace("line 10\n", "other\n"))
    same = [(f"line {number}", f"line {number}") for number in (*range(7, 10), *range(11, 14))]
    assert texts(rows) == [6, *same[:3], ("line 10", "other"), *same[3:], 7]
    assert count_changes(rows) == (1, 1)


def test_a_single_line_is_not_left_out() -> None:
    rows = compare(numbered(5), numbered(5).replace("line 5\n", ""))
    assert texts(rows)[0] == ("line 1", "line 1")


def test_lines_keep_the_numbers_they_have_in_their_own_text() -> None:
    rows = compare("a\nc\n", "a\nb\nc\n")
    assert rows == [
        Pair(Side(1, "a"), Side(1, "a"), is_same=True),
        Pair(None, Side(2, "b")),
        Pair(Side(2, "c"), Side(3, "c"), is_same=True),
    ]


def test_more_lines_in_place_of_fewer_stand_beside_nothing() -> None:
    assert texts(compare("one\n", "two\nthree\n")) == [("one", "two"), (None, "three")]


def test_the_words_that_differ_are_marked() -> None:
    (row,) = compare('pr_info("hello\\n");\n', 'pr_info("Hello\\n");\n')
    assert isinstance(row, Pair)
    assert row.before
    assert row.after
    assert [row.before.text[slice(*span)] for span in row.before.changes] == ["hello"]
    assert [row.after.text[slice(*span)] for span in row.after.changes] == ["Hello"]


def test_lines_that_have_little_in_common_are_not_marked_word_by_word() -> None:
    (row,) = compare("int x;\n", "return kmalloc(size, GFP_KERNEL);\n")
    assert isinstance(row, Pair)
    assert row.before == Side(1, "int x;")


def test_where_only_white_space_differs_it_is_visible() -> None:
    assert texts(compare("\tint x;\n", "        int x;\n")) == [("→       int·x;", "········int·x;")]


def test_a_newline_that_one_text_lacks_at_its_end_is_told() -> None:
    assert texts(compare("a\n", "a")) == [("a", f"a{NO_END}")]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("\tx", "        x"),
        ("ab\tx", "ab      x"),
        ("ab\t\tx", "ab              x"),
        ("漢\tx", "漢      x"),
        ("\x1b[31m", "␛[31m"),
        ("x\r", "x␍"),
    ],
)
def test_tabs_have_eight_columns_and_nothing_reaches_the_terminal_as_a_command(line: str, text: str) -> None:
    assert shown(line) == text


def test_an_empty_text_has_no_lines() -> None:
    assert compare("", "") == []
    assert texts(compare("", "a\n")) == [(None, "a")]


@given(TEXTS, TEXTS)
def test_rows_hold_every_line_of_both_texts_in_order(before: str, after: str) -> None:
    rows = compare(before, after)
    olds, news = 0, 0
    for row in rows:
        if isinstance(row, Gap):
            olds, news = olds + row.count, news + row.count
            continue
        if row.before is not None:
            olds += 1
            assert row.before.number == olds
        if row.after is not None:
            news += 1
            assert row.after.number == news
        if row.is_same:
            assert row.before is not None
            assert row.after is not None
            assert row.before.text == row.after.text
    assert (olds, news) == (count_lines(before), count_lines(after))


def count_lines(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n") and text != "")
