# SPDX-License-Identifier: MIT
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from kmodlab.tui.widgets.cells import Cell, lines


def shown(row: list[Cell], width: int) -> list[str]:
    return [line.plain for line in lines([row], width)]


def test_texts_stand_beside_each_other_and_one_takes_what_is_left() -> None:
    row = [Cell(Content("label"), 8), Cell(Content("text")), Cell(Content("7"), 3, "right")]
    assert shown(row, 20) == ["label   text       7"]


def test_what_does_not_fit_goes_on_below_itself() -> None:
    row = [Cell(Content("label"), 6), Cell(Content("one two three"))]
    assert shown(row, 14) == ["label one two ", "      three   "]


def test_what_is_cut_says_so_and_has_one_line() -> None:
    assert shown([Cell(Content("one two three"), is_cut=True)], 8) == ["one two…"]


def test_those_without_a_width_share_what_is_left() -> None:
    assert shown([Cell(Content("a")), Cell(Content("|"), 1), Cell(Content("b"))], 9) == ["a   |b   "]


def test_rows_follow_each_other_and_lines_of_a_text_stay_apart() -> None:
    rows = [[Cell(Content("a\nb"))], [Cell(Content("c"))]]
    assert [line.plain for line in lines(rows, 2)] == ["a ", "b ", "c "]


def test_colours_stay_with_their_text() -> None:
    (line,) = lines([[Cell(Content("ab"), 4), Cell(Content.styled("cd", "$error"))]], 8)
    assert [(line.plain[span.start : span.end], span.style) for span in line.spans] == [("cd", "$error")]


@pytest.mark.parametrize("width", [1, 2, 5])
def test_where_there_is_no_room_nothing_breaks(width: int) -> None:
    assert shown([Cell(Content("label"), 8), Cell(Content("text"))], width)


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["C", "M", "Z"])), min_size=1, max_size=4
    ),
    st.integers(20, 60),
)
def test_every_line_is_as_wide_as_the_room(texts: list[str], width: int) -> None:
    row = [Cell(Content(texts[0]), 5), *(Cell(Content(text)) for text in texts)]
    sharing = len(texts)
    assert {cell_len(line) for line in shown(row, width)} == {5 + (width - 5) // sharing * sharing}
