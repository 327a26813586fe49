# SPDX-License-Identifier: MIT
"""Driving the pages on the learner's own machine in tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench_lab import PagesScreen, RecordedBench, SessionWithBenches
from textual.pilot import Pilot
from textual.widgets import Static
from tui_lab import make_pack
from tui_pilot import until

from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.screens.lesson import LessonScreen
from kmodlab.tui.widgets import bench_page
from kmodlab.tui.widgets.results import ResultsPane
from kmodlab.tui.widgets.terminal import Terminal


def bench_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SessionWithBenches]:
    """A session without real machines; what looks at one looks often."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(bench_page, "REFRESH_SECONDS", 0.1)
    folder = tmp_path / "pack"
    folder.mkdir()
    session = SessionWithBenches(make_pack(folder), tmp_path / "data")
    yield session
    for bench in session.benches:
        bench.close()


def results(app: KmodlabApp) -> ResultsPane:
    return app.screen_stack[0].query_one(ResultsPane)


def line(app: KmodlabApp, page: str) -> str:
    """What the line at the top of a page says."""
    return str(results(app).query_one(f"#{page} .bench-line", Static).content)


async def turned_to(pilot: Pilot[None], page: str) -> KmodlabApp:
    """The app with this page in front, once the machine is there and filled."""
    app = pilot.app
    assert isinstance(app, KmodlabApp)
    screen = app.screen_stack[0]
    assert isinstance(screen, LessonScreen | PagesScreen)
    await until(pilot, lambda: screen.query("CheckCard"))
    if isinstance(screen, LessonScreen):
        await until(pilot, lambda: screen.session.kernel and app.focused)
    screen.action_page(page)
    await until(
        pilot, lambda: results(app).page == page and results(app).query_one(f"#{page}").has_focus_within
    )
    return app


async def in_console(pilot: Pilot[None], bench: RecordedBench) -> tuple[KmodlabApp, Terminal]:
    """The app with the learner in the console."""
    app = await turned_to(pilot, "console")
    await until(pilot, lambda: results(app).keeper.has_modules and bench.line.sizes)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.focused, Terminal))
    return app, results(app).query_one(Terminal)
