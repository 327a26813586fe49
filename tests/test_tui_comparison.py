# SPDX-License-Identifier: MIT
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmodlab.tui.widgets.comparison import differing_part, marked


@pytest.mark.parametrize(
    ("one", "other", "part"),
    [
        ("Hello, kernel!", "Hello kernel", ", kernel!"),
        ("my_param = 42", "my_param = 7", "42"),
        ("hello world", "hello", " world"),
        ("hello", "hello world", ""),
        ("aba", "aa", "b"),
        ("aa", "aaa", ""),
        ("same", "same", ""),
        ("", "x", ""),
    ],
)
def test_what_the_other_has_not_is_found(one: str, other: str, part: str) -> None:
    start, end = differing_part(one, other)
    assert one[start:end] == part


@given(st.text("ab"), st.text("ab"))
def test_outside_of_the_differing_parts_both_are_the_same(one: str, other: str) -> None:
    start, end = differing_part(one, other)
    others_start, others_end = differing_part(other, one)
    assert one[:start] + one[end:] == other[:others_start] + other[others_end:]


def test_the_first_line_that_differs_is_marked_on_both_sides() -> None:
    expected, actual = marked("one\ntwo\nthree", "one\n2\n3")
    assert expected is not None
    assert actual is not None
    assert expected.plain == "  one\n▸ two\n  three"
    assert actual.plain == "  one\n▸ 2\n  3"
    assert [
        expected.plain[span.start : span.end] for span in expected.spans if "underline" in str(span.style)
    ] == ["two"]


def test_a_line_that_one_side_lacks_is_marked_on_the_other() -> None:
    expected, actual = marked("one\ntwo", "one")
    assert expected is not None
    assert actual is not None
    assert expected.plain == "  one\n▸ two"
    assert actual.plain == "  one"


def test_one_side_alone_has_nothing_to_mark() -> None:
    expected, actual = marked(None, "gone")
    assert expected is None
    assert actual is not None
    assert actual.plain == "gone"
