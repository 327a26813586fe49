# SPDX-License-Identifier: MIT
"""Driving the app in tests: waiting for it, and finding one's way in it."""

import time
from collections.abc import Callable

from textual.pilot import Pilot
from textual.widgets import Static

from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.screens.lesson import LessonScreen
from kmodlab.tui.widgets.check_card import CheckCard
from kmodlab.tui.widgets.code_editor import CodeEditor
from kmodlab.tui.widgets.editor_pane import EditorPane

WIDE, NARROW, TINY = (120, 40), (80, 24), (40, 10)


async def until(pilot: Pilot[None], holds: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that the app is about to do."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        await pilot.pause(0.01)
    await pilot.pause()


def screen_of(app: KmodlabApp) -> LessonScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, LessonScreen)
    return screen


def editor_of(app: KmodlabApp) -> CodeEditor:
    editor = screen_of(app).query_one(EditorPane).current
    assert editor is not None
    return editor


def shown(app: KmodlabApp, selector: str) -> str:
    return str(screen_of(app).query_one(selector, Static).content)


async def opened(pilot: Pilot[None]) -> KmodlabApp:
    """Wait until the lesson is open."""
    app = pilot.app
    assert isinstance(app, KmodlabApp)
    await until(
        pilot, lambda: screen_of(app).query(CheckCard) and screen_of(app).query_one(EditorPane).current
    )
    await until(pilot, lambda: app.focused is not None)
    return app


async def checked(pilot: Pilot[None]) -> KmodlabApp:
    """Check, and wait for the report."""
    app = await opened(pilot)
    await pilot.press("f5")
    await until(pilot, lambda: screen_of(app).report is not None)
    return app
