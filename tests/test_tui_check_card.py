# SPDX-License-Identifier: MIT
import re

from textual.widgets import Static
from tui_lab import RecordedSession, make_app, verdict
from tui_pilot import NARROW, WIDE, opened, until

from kmodlab.evidence.klog import Level, Record
from kmodlab.grading.compare import difference
from kmodlab.grading.verdict import Outcome
from kmodlab.tui import words
from kmodlab.tui.widgets.cells import Cells
from kmodlab.tui.widgets.check_card import LOG_LINES, CheckCard, HeadRow
from kmodlab.tui.widgets.comparison import Comparison


def lines_of(cells: Cells) -> list[str]:
    """What is shown, line by line, without the room between."""
    return [" ".join(line.split()) for line in str(cells.render()).splitlines()]


async def test_expected_and_actual_are_side_by_side_where_there_is_room(lab: RecordedSession) -> None:
    failed = verdict(
        lab.pack.lessons[0],
        "greets",
        Outcome.FAIL,
        expected="a\nHello\nb",
        actual="a\nhello\nb",
        difference=difference("a\nHello\nb", "a\nhello\nb"),
    )
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        card = app.screen.query(CheckCard)[1]
        await card.show(failed)
        await pilot.press("f4")
        shown = card.query_one(Comparison)
        beside = ["expected what happened", "▸ Hello ▸ hello", "[… 1 more line] [… 1 more line]"]
        await until(pilot, lambda: lines_of(shown) == beside)
        assert shown.size.height == 3
        assert str(card.query_one(".reason", Static).content) == "line 2 is the first that differs"
        await pilot.resize_terminal(*NARROW)
        below = ["expected ▸ Hello", "[… 1 more line]", "what happened ▸ hello", "[… 1 more line]"]
        await until(pilot, lambda: lines_of(shown) == below)
        assert shown.size.height == 4


async def test_a_side_of_which_nothing_is_known_is_left_out(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        card = app.screen.query(CheckCard)[1]
        await card.show(verdict(lab.pack.lessons[0], "greets", Outcome.FAIL, actual="hello"))
        assert card.query_one(Comparison).texts == ["what happened", "hello"]
        await card.show(verdict(lab.pack.lessons[0], "greets", Outcome.FAIL, reason="No."))
        assert not card.query(Comparison)


async def test_a_check_that_runs_shows_the_seconds_passing_until_its_verdict(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        card = app.screen.query(CheckCard)[1]
        await card.wait(is_running=True)
        head = card.query_one(HeadRow)
        assert head.texts[0] == f"{words.RUNNING.glyph} running"
        seen = set()
        await until(pilot, lambda: seen.add(head.texts[2]) or len(seen) > 3)
        assert all(re.fullmatch(r"\d+\.\d s|", time) for time in seen)
        await card.show(verdict(lab.pack.lessons[0], "greets", Outcome.PASS, seconds=0.21))
        assert head.texts[2:] == ["0.21 s", "2/2"]
        assert card._clock is None


async def test_the_log_in_a_card_is_cut_and_says_so(lab: RecordedSession) -> None:
    log = tuple(Record(number, 1, Level.ERR, f"line {number}") for number in range(LOG_LINES + 2))
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        card = app.screen.query(CheckCard)[1]
        await card.show(verdict(lab.pack.lessons[0], "greets", Outcome.FAIL, log=log))
        shown = card.query_one(".log", Cells).texts[1]
        assert shown.splitlines()[0] == "[    1.000] err      line 0"
        assert shown.splitlines()[LOG_LINES:] == ["… 2 lines more in the tab Kernel log"]
