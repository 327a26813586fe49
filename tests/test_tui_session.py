# SPDX-License-Identifier: MIT
"""The app on real machines: the shipped lesson from its starter to the pass."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from kmodlab.grading.verdict import Outcome
from kmodlab.session import Session
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.lesson_screen import LessonScreen
from kmodlab.tui.widgets.code_editor import CodeEditor
from kmodlab.tui.widgets.editor_pane import EditorPane
from kmodlab.tui.widgets.log_view import LogView

PATIENCE = 120  # seconds; a check takes two, but this computer may be busy

pytestmark = pytest.mark.slow


@pytest.fixture
def app(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KmodlabApp:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    lesson = session.pack.lesson("hello")
    session.workspace.reset(lesson)
    return KmodlabApp(session, lesson)


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        await pilot.pause(0.02)


async def check(pilot: Pilot[None]) -> LessonScreen:
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, LessonScreen)
    await until(pilot, lambda: screen.query_one(EditorPane).current is not None)
    before = screen.report
    await pilot.press("f5")
    await until(pilot, lambda: screen.report is not None and screen.report is not before)
    return screen


def put(screen: LessonScreen, text: str) -> CodeEditor:
    editor = screen.query_one(EditorPane).current
    assert editor is not None
    editor.replace(text, (0, 0), editor.document.end)
    return editor


async def test_the_starter_fails_and_the_solution_passes(app: KmodlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await check(pilot)
        assert screen.report is not None
        assert screen.report.outcome is Outcome.FAIL
        put(screen, screen.lesson.solution()["hello.c"].decode())
        await check(pilot)
        assert screen.report.outcome is Outcome.PASS
        assert screen.session.progress.standing("hello").passed
        assert "Hello, kernel!" in screen.query_one("#log", LogView).text
        await until(pilot, lambda: screen.query_one("#aftermath").display)
        assert "passed 10/10 points" in str(screen.query_one("#summary", Static).content)


async def test_a_crash_leads_to_the_line_that_caused_it(app: KmodlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await check(pilot)
        solution = screen.lesson.solution()["hello.c"].decode()
        crash = solution.replace('\tpr_info("Hello', '\t*(volatile int *)8 = 1;\n\tpr_info("Hello', 1)
        assert crash != solution
        editor = put(screen, crash)
        await check(pilot)
        assert screen.report is not None
        assert screen.report.outcome is Outcome.CRASH
        row = crash.splitlines().index("\t*(volatile int *)8 = 1;")
        assert row in [mark.row for mark in editor.marks]


async def test_a_syntax_error_is_marked_at_its_line(app: KmodlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await check(pilot)
        editor = put(screen, screen.lesson.starter()["hello.c"].decode().replace("return 0;", "return 0", 1))
        await check(pilot)
        assert screen.report is not None
        assert screen.report.outcome is Outcome.BUILD_ERROR
        assert next(mark.weight for mark in editor.marks) == "error"


async def test_a_check_can_be_stopped_and_started_again(app: KmodlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await check(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: screen.report is None)
        await pilot.press("f5")
        await until(pilot, lambda: screen.report is not None)
        assert screen.report.outcome is Outcome.FAIL
        assert not list(app._notifications)
