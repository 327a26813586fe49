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
from kmodlab.tui.screens.dialogs import Question
from kmodlab.tui.screens.history import HistoryScreen
from kmodlab.tui.screens.lesson import LessonScreen
from kmodlab.tui.widgets.code_editor import CodeEditor
from kmodlab.tui.widgets.editor_pane import EditorPane
from kmodlab.tui.widgets.fitted_text import FittedText
from kmodlab.tui.widgets.kernel_log import KernelLog

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
        assert "Hello, kernel!" in screen.query_one(KernelLog).text
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


async def test_the_files_of_an_earlier_attempt_are_restored_from_the_history(app: KmodlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await check(pilot)
        starter = screen.lesson.starter()["hello.c"].decode()
        solution = screen.lesson.solution()["hello.c"].decode()
        put(screen, solution)
        await check(pilot)
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and text_of(app, "#account"))
        assert "✗" not in text_of(app, "#account")
        await pilot.press("j")
        await until(pilot, lambda: "✗ failed" in text_of(app, "#account"))
        await pilot.press("l")
        await until(pilot, lambda: "Hello, kernel!" in text_of(app, "#changes"))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: app.screen is screen and editor_text(screen) == starter)
        assert screen.session.workspace.read(screen.lesson) == screen.lesson.starter()
        await until(pilot, lambda: list(app._notifications))
        (copies,) = [
            Path(note.message.removeprefix("Your files are kept in ").rstrip("."))
            for note in app._notifications
        ]
        assert (copies / "hello.c").read_text() == solution
        await check(pilot)
        assert screen.report is not None
        assert screen.report.outcome is Outcome.FAIL


def text_of(app: KmodlabApp, selector: str) -> str:
    return app.screen.query_one(selector, FittedText).text


def editor_text(screen: LessonScreen) -> str | None:
    editor = screen.query_one(EditorPane).current
    return editor.text if editor is not None else None
