# SPDX-License-Identifier: MIT
"""Where two texts differ, as a person can see it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmodlab.grading.compare import (
    BEFORE,
    LONGEST_LINE,
    Difference,
    differ_in_space_only,
    difference,
    shortened,
)

SPACE = "only white space differs (· blank, → tab, ␊ line end)"


@pytest.mark.parametrize(
    ("expected", "actual", "told"),
    [
        ("42", "41", Difference("", "42", "41")),
        ("a\nb\n", "a\nc\n", Difference("line 2 is the first that differs", "b", "c")),
        ("a\nb\n", "a\n", Difference("line 2 is the first that differs", "b", "(nothing)")),
        ("a\n", "a\nb\n", Difference("line 2 is the first that differs", "(nothing)", "b")),
        ("", "x", Difference("", "(nothing)", "x")),
        ("a", "a ", Difference(SPACE, "a", "a·")),
        ("a\n", "a", Difference(SPACE, "a␊", "a")),
        ("a\n", "a\r\n", Difference(SPACE, "a", "a␍")),
        ("a b", "a\tb", Difference(SPACE, "a·b", "a→b")),
        ("a b", "a\u00a0b", Difference(SPACE, "a·b", "a⍽b")),
        ("a b", "ab", Difference(SPACE, "a·b", "ab")),
        ("a b", "a c ", Difference("", "a b", "a c·")),
        ("a", "\x00a\x7f", Difference("", "a", "␀a␡")),
    ],
)
def test_the_first_line_that_differs_is_told(expected: str, actual: str, told: Difference) -> None:
    assert difference(expected, actual) == told


def test_white_space_in_a_long_text_is_told_with_its_line() -> None:
    told = difference("1\n2 \n3", "1\n2\n3")
    assert told is not None
    assert told.heading.startswith("only white space differs, first in line 2 (")


def test_lines_that_are_not_shown_are_counted() -> None:
    told = difference("1\n2\n3\n4\n", "1\n0\n3\n")
    assert told == Difference("line 2 is the first that differs", "2\n[… 2 more lines]", "0\n[… 1 more line]")


def test_a_long_line_is_cut_around_the_difference_and_says_so() -> None:
    told = difference("x" * 300 + "y", "x" * 300 + "z" * 500)
    assert told is not None
    assert told.expected == f"[… {300 - BEFORE} characters] {'x' * BEFORE}y"
    shown = "x" * BEFORE + "z" * (LONGEST_LINE - BEFORE)
    assert (
        told.actual
        == f"[… {300 - BEFORE} characters] {shown} [… {500 - LONGEST_LINE + BEFORE} more characters]"
    )


def test_a_long_text_is_cut_and_says_so() -> None:
    assert shortened("abcdef", 4) == "abcd\n[… 2 more characters]"
    assert shortened("abcd", 4) == "abcd"


def test_all_of_it_is_three_lines_of_text() -> None:
    assert str(Difference("line 2", "a", "b")) == "line 2\nexpected  a\nactual    b"
    assert str(Difference("", "a", "b")) == "expected  a\nactual    b"


texts = st.text(alphabet="ab \t\n\r\u00a0", max_size=30)


@given(texts, texts)
def test_texts_that_differ_never_look_the_same(expected: str, actual: str) -> None:
    told = difference(expected, actual)
    assert (told is None) == (expected == actual)
    if told is not None:
        assert (told.expected, told.actual) != (told.actual, told.expected)


@given(texts, texts)
def test_white_space_alone_is_recognised(one: str, other: str) -> None:
    squeezed = [[character for character in text if not character.isspace()] for text in (one, other)]
    assert differ_in_space_only(one, other) == (one != other and squeezed[0] == squeezed[1])
