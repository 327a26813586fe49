# SPDX-License-Identifier: MIT
"""A check from the lesson screen: results one by one, findings, hints, the pass."""

import threading

import pytest
from textual.pilot import Pilot
from tui_lab import RecordedSession, make_app, not_building, passing
from tui_pilot import NARROW, WIDE, checked, editor_of, opened, screen_of, shown, until

from kmodlab.grading.verdict import Outcome
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.widgets import editor_pane
from kmodlab.tui.widgets.build_view import MessageList
from kmodlab.tui.widgets.cells import Cells
from kmodlab.tui.widgets.check_card import CheckCard, FindingRow, HeadRow
from kmodlab.tui.widgets.check_list import CheckList
from kmodlab.tui.widgets.kernel_log import KernelLog
from kmodlab.tui.widgets.results import Aftermath, ResultsPane


async def place(pilot: Pilot[None]) -> tuple[int, int]:
    """Wait until the editor has the focus; where its cursor is."""
    app = pilot.app
    assert isinstance(app, KmodlabApp)
    await until(pilot, lambda: app.focused is editor_of(app))
    return editor_of(app).cursor_location


async def test_a_check_saves_first_and_grades_what_is_on_screen(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f3", "x", "f5")
        await until(pilot, lambda: screen_of(app).report is not None)
        assert lab.checked == [{"hello.c": editor_of(app).text.encode()}]
        assert lab.checked[0]["hello.c"].startswith(b"x")


async def test_results_come_one_by_one(lab: RecordedSession) -> None:
    lab.gate = threading.Event()
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: "building" in shown(app, "#summary"))
        assert {card.verdict for card in app.screen.query(CheckCard)} == {None}
        lab.gate.set()
        await until(pilot, lambda: screen_of(app).report is not None)
        verdicts = [card.verdict.outcome for card in app.screen.query(CheckCard) if card.verdict]
        assert verdicts == [Outcome.PASS, Outcome.FAIL, Outcome.FAIL]


async def test_only_what_failed_is_opened(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        assert [card.is_open for card in app.screen.query(CheckCard)] == [False, True, True]


async def test_the_summary_names_outcome_points_time_kernel_and_machine(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        assert shown(app, "#summary") == "✗ failed 1/4.5 points · 1.3 s · 6.1.0-56-cloud-amd64 TCG"


async def test_while_something_is_typed_results_come_and_nothing_moves(
    lab: RecordedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editor_pane, "PAUSE", 1000)
    lab.gate = threading.Event()
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f3", "f5")
        await until(pilot, lambda: lab.checked)
        await pilot.press("x")
        lab.gate.set()
        await until(pilot, lambda: screen_of(app).report is not None)
        failed = [card for card in app.screen.query(CheckCard) if card.has_failed]
        assert [card.is_open for card in failed] == [False, False]
        monkeypatch.setattr(editor_pane, "PAUSE", 0.01)
        await pilot.press("y")
        await until(pilot, lambda: all(card.is_open for card in failed))


async def test_a_second_check_stops_the_first(lab: RecordedSession) -> None:
    lab.gate = threading.Event()
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: len(lab.checked) == 1)
        await pilot.press("f5")
        await until(pilot, lambda: len(lab.checked) == 2)
        assert lab.cancelled == 1
        lab.gate.set()
        await until(pilot, lambda: screen_of(app).report is not None)
        assert not list(app._notifications)


async def test_the_kernel_log_holds_every_check_in_order(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        text = app.screen.query_one(KernelLog).text
        assert text.index("Loading it logs") < text.index("hello kernel") < text.index("Unloading it")
        assert "no mistake" in text.splitlines()[0]


async def test_enter_on_a_finding_goes_to_its_line(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        await pilot.press("f4")
        row = app.screen.query_one(FindingRow)
        for _ in range(20):
            if row.has_class("-cursor"):
                break
            await pilot.press("j")
        await pilot.press("enter")
        assert await place(pilot) == (10, 1)
        assert "leak" in shown(app, "#line-message")


async def test_a_click_on_a_check_opens_it(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        first = app.screen.query(CheckCard).first()
        await pilot.click(first.query_one(HeadRow))
        await until(pilot, lambda: first.is_open)


async def test_hints_come_one_at_a_time_and_are_remembered(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        await pilot.press("f4")
        card = screen_of(app).query_one(ResultsPane).checks.card("greets")
        for number in (1, 2, 3):
            await pilot.press("h")
            await until(pilot, lambda number=number: len(card.query(".hint")) == number)
        labels = [hint.texts[0] for hint in card.query(".hint").results(Cells)]
        assert labels == ["hint 1 of 3", "hint 2 of 3", "hint 3 of 3"]
        assert lab.progress.hints_shown("first") == {"greets": 3}


async def test_what_does_not_build_shows_the_compilers_messages(lab: RecordedSession) -> None:
    lab.events = not_building(lab.pack.lessons[0])
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        results = screen_of(app).query_one(ResultsPane)
        assert results.page == "build"
        assert app.screen.query_one(MessageList).option_count == 2
        await pilot.press("f4", "enter")
        assert await place(pilot) == (13, 26)
        assert "expected ‘;’" in shown(app, "#line-message")


async def test_marks_go_when_the_next_check_begins(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        assert [mark.row for mark in editor_of(app).marks] == [5, 10]
        lab.events = passing(lab.pack.lessons[0])
        await pilot.press("f5")
        await until(pilot, lambda: not editor_of(app).marks)


async def test_after_a_pass_the_aftermath_is_shown_and_n_goes_on(lab: RecordedSession) -> None:
    lab.events = passing(lab.pack.lessons[0])
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        await until(pilot, lambda: app.screen.query_one("#aftermath").display)
        assert "Two files that work together" in shown(app, "#way-on")
        assert screen_of(app).lesson.id == "first"
        await pilot.press("f4", "n")
        await until(pilot, lambda: screen_of(app).lesson.id == "second")
        assert not app.screen.query_one("#aftermath").display


async def test_after_a_pass_both_aftermath_and_checks_can_be_reached(lab: RecordedSession) -> None:
    lab.events = passing(lab.pack.lessons[0])
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await checked(pilot)
        await until(pilot, lambda: app.screen.query_one(Aftermath).has_focus)
        await pilot.press("f4")
        assert app.screen.query_one(CheckList).has_focus
        await pilot.press("f4")
        assert app.screen.query_one(Aftermath).has_focus


async def test_n_does_nothing_before_the_pass(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        await pilot.press("f4", "n")
        assert screen_of(app).lesson.id == "first"


async def test_a_check_that_was_under_way_says_nothing_about_the_next_lesson(lab: RecordedSession) -> None:
    lab.gate = threading.Event()
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: len(lab.checked) == 1)
        await screen_of(app).open_lesson(lab.pack.lessons[1])
        lab.gate.set()
        await pilot.pause(0.1)
        assert screen_of(app).report is None
        assert [card.verdict for card in app.screen.query(CheckCard)] == [None]
