# SPDX-License-Identifier: MIT
"""The reference solution beside the learner's files, and what else comes after the pass."""

import dataclasses

import pytest
from textual.pilot import Pilot
from textual.widgets import Static, Tab, Tabs
from tui_lab import STARTER, RecordedSession, make_app, passing
from tui_pilot import NARROW, WIDE, checked, opened, screen_of, until

from kmodlab.evidence.klog import Level, Record
from kmodlab.grading.events import Ended
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.screens.dialogs import Question
from kmodlab.tui.screens.solution import SolutionScreen
from kmodlab.tui.widgets.aftermath import Aftermath
from kmodlab.tui.widgets.code_editor import CodeEditor
from kmodlab.tui.widgets.fitted_text import FittedText


@pytest.fixture
def lab(lab: RecordedSession) -> RecordedSession:
    lab.events = passing(lab.pack.lessons[0])
    return lab


async def passed(pilot: Pilot[None]) -> KmodlabApp:
    """Check, pass, and wait until what comes after is shown."""
    app = await checked(pilot)
    await until(pilot, lambda: app.screen.query_one(Aftermath).display)
    await pilot.press("f4")
    return app


async def comparing(pilot: Pilot[None]) -> KmodlabApp:
    app = await passed(pilot)
    await pilot.press("s")
    await until(pilot, lambda: isinstance(app.screen, SolutionScreen) and changes(app))
    return app


def changes(app: KmodlabApp) -> str:
    return app.screen.query_one("#changes", FittedText).text


def shown(app: KmodlabApp, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).content)


async def test_after_the_pass_s_shows_the_solution_beside_ones_own(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await comparing(pilot)
        head, *_, last = changes(app).splitlines()
        assert [name.strip() for name in head.split("│")] == ["− your own", "+ the solution"]
        (line,) = [line for line in changes(app).splitlines() if "Hello, kernel!" in line]
        assert line.index("hello kernel") < line.index("│") < line.index("Hello, kernel!")
        assert "the same" in last
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen_of(app))
        assert screen_of(app).lesson.id == "first"


async def test_where_there_is_little_room_the_difference_is_in_one_column(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await comparing(pilot)
        assert '  14 −         pr_info("hello kernel\\n");' in changes(app).splitlines()
        assert '  14 +         pr_info("Hello, kernel!\\n");' in changes(app).splitlines()


async def test_the_solution_itself_is_the_other_view(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await comparing(pilot)
        await pilot.press("w")
        await until(pilot, lambda: app.screen.query(CodeEditor))
        editor = app.screen.query_one(CodeEditor)
        assert (editor.text, editor.read_only) == (STARTER.replace("hello kernel", "Hello, kernel!"), True)
        await pilot.click("#view-difference")
        await until(pilot, lambda: app.screen.query_one("#changes").display)


async def test_before_the_pass_the_solution_is_asked_for_and_shown_plain(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen_of(app))
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, SolutionScreen) and app.screen.query(CodeEditor))
        assert "Hello, kernel!" in app.screen.query_one(CodeEditor).text
        await pilot.press("x", "escape")
        await until(pilot, lambda: app.screen is screen_of(app))


async def test_every_file_has_a_tab_with_what_is_different_in_it(lab: RecordedSession) -> None:
    lesson = lab.pack.lessons[1]
    lab.workspace.open(lesson)
    lab.workspace.write(lesson, "helper.h", "#define HELP 1\n#define MORE 2\n")
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await opened(pilot)
        await screen_of(app).open_lesson(lesson)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, SolutionScreen))
        labels = [str(tab.label) for tab in app.screen.query_one("#solution-files", Tabs).query(Tab)]
        assert labels == ["core.c =", "helper.h +0 −1"]
        await pilot.press("w", "l")
        await until(pilot, lambda: "− #define MORE 2" in changes(app))
        await pilot.press("l")
        await until(pilot, lambda: "No difference" in changes(app))


async def test_after_the_pass_points_and_this_runs_log_are_shown(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await passed(pilot)
        assert shown(app, "#passed") == "✓ Passed with 4.5/4.5 points."
        assert shown(app, "#run-log").split() == ["[", "3.410]", "info", "Hello,", "kernel!"]
        assert app.screen.query_one("#run-log").display
        assert screen_of(app).lesson.id == "first"


async def test_a_run_that_logged_much_shows_the_beginning_of_it(lab: RecordedSession) -> None:
    *events, ended = passing(lab.pack.lessons[0])
    assert isinstance(ended, Ended)
    log = tuple(Record(number, 3.0, Level.INFO, f"line {number}") for number in range(11))
    checks = tuple(dataclasses.replace(check, log=log) for check in ended.report.checks)
    lab.events = [
        *events,
        dataclasses.replace(ended, report=dataclasses.replace(ended.report, checks=checks)),
    ]
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await passed(pilot)
        lines = shown(app, "#run-log").splitlines()
        assert len(lines) == 9
        assert lines[-1] == "… 3 lines more in the tab Kernel log"


async def test_a_run_that_logged_nothing_says_nothing_of_a_log(lab: RecordedSession) -> None:
    *events, ended = passing(lab.pack.lessons[0])
    assert isinstance(ended, Ended)
    checks = tuple(dataclasses.replace(check, log=()) for check in ended.report.checks)
    lab.events = [
        *events,
        dataclasses.replace(ended, report=dataclasses.replace(ended.report, checks=checks)),
    ]
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await passed(pilot)
        assert not app.screen.query_one("#run-log-title").display


async def test_the_ways_on_can_be_clicked(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await passed(pilot)
        await pilot.click("#way-to-solution")
        await until(pilot, lambda: isinstance(app.screen, SolutionScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen_of(app))
        await pilot.click("#way-on")
        await until(pilot, lambda: screen_of(app).lesson.id == "second")
