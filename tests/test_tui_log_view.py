# SPDX-License-Identifier: MIT
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from kmodlab.evidence.klog import Level, Record
from kmodlab.tui.widgets.log_view import Line, LogView, clipped, record_line, rows_of


def test_a_record_shows_time_level_and_text() -> None:
    line = record_line(Record(0, 3.25, Level.ERR, "oops"))
    assert line == Line("oops", "error", "[    3.250] err      ")


def test_a_benign_record_says_that_it_is_expected() -> None:
    line = record_line(Record(0, 3.25, Level.WARNING, "taints kernel", is_benign=True))
    assert "expected" in line.prefix
    assert line.role == "expected"


@pytest.mark.parametrize("level", Level)
def test_every_level_is_shown_in_words(level: Level) -> None:
    assert level.name.lower() in record_line(Record(0, 1, level, "text")).prefix


def test_a_long_line_is_folded_beside_its_prefix() -> None:
    rows = list(rows_of(Line("a" * 30, "info", "[1] "), 24))
    assert rows == [("[1] ", "a" * 20), ("    ", "a" * 10)]


def test_where_there_is_no_room_the_prefix_gives_way() -> None:
    assert list(rows_of(Line("a" * 25, "info", "[1] "), 20)) == [("", "a" * 20), ("", "a" * 5)]


def test_an_empty_line_is_a_row() -> None:
    assert list(rows_of(Line(""), 20)) == [("", "")]


# without marks (category M): Rich drops one that has nothing to combine with
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "M", "Z"])), st.integers(2, 60))
def test_no_row_is_wider_than_the_view_and_nothing_is_lost(text: str, width: int) -> None:
    rows = list(rows_of(Line(text), width))
    assert all(cell_len(prefix) + cell_len(part) <= width for prefix, part in rows)
    assert "".join(part for _prefix, part in rows) == text


def test_a_flood_is_cut_in_the_middle_and_says_so() -> None:
    lines = [Line(str(number)) for number in range(100)]
    shown = [line.text for line in clipped(lines, 10)]
    assert shown == ["0", "1", "2", "3", "4", "… 90 lines left out here …", "95", "96", "97", "98", "99"]
    assert clipped(lines, 100) == lines


class Shown(App[None]):
    """Nothing but lines."""

    def compose(self) -> ComposeResult:
        yield LogView()


async def test_without_a_selection_all_lines_are_copied_whole() -> None:
    app = Shown()
    lines = [Line("x" * 50), Line("second", prefix="[1] ")]
    async with app.run_test(size=(30, 10)) as pilot:
        app.query_one(LogView).show(lines)
        app.query_one(LogView).focus()
        await pilot.press("y")
        assert app.clipboard == "x" * 50 + "\n[1] second"
        assert [note.message for note in app._notifications] == ["Copied 2 lines."]


async def test_where_nothing_is_shown_nothing_is_copied() -> None:
    app = Shown()
    async with app.run_test(size=(30, 10)) as pilot:
        app.query_one(LogView).focus()
        await pilot.press("y")
        assert list(app._notifications) == []
