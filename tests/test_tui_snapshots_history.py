# SPDX-License-Identifier: MIT
"""How the history, the settings and the solution look.

After a change that is meant: pytest tests/test_tui_snapshots_history.py --snapshot-update, and look at the pictures.
"""

import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot
from tui_lab import STARTER, RecordedSession, failing, make_app, make_pack, not_building, passing
from tui_pilot import until

from kmodlab import settings
from kmodlab.grading.events import Ended
from kmodlab.kernels import store
from kmodlab.tui import words
from kmodlab.tui.screens.lesson import LessonScreen
from kmodlab.tui.theme import DARK_NAME, LIGHT_NAME
from kmodlab.tui.widgets.fitted_text import FittedText
from kmodlab.tui.widgets.key_list import KeyList

Compare = Callable[..., bool]
Shown = Callable[..., bool]
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def looks_as_before(snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Compare the app after some keys, with a few attempts behind it, with the picture that is kept."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("VISUAL", "vi")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(settings, "path", lambda: Path("/home/you/.config/kmodlab/settings.toml"))
    monkeypatch.setattr(store, "installed", lambda: ())
    monkeypatch.setattr(words, "ago", lambda at, _now, ago=words.ago: ago(at, NOW))
    monkeypatch.setattr(words, "date", lambda at, _now: f"{at:%d %b, %H:%M}")
    folder = tmp_path / "pack"
    folder.mkdir()
    session = RecordedSession(make_pack(folder), tmp_path / "data")
    lesson = session.pack.lessons[0]
    session.events = passing(lesson)
    for number, attempt in enumerate([not_building, failing, failing, passing, failing, passing]):
        ended = attempt(lesson)[-1]
        assert isinstance(ended, Ended)
        text = STARTER.replace("1024", str(64 << number)).replace("hello kernel", f"hello {number}")
        session.progress.record(lesson.id, ended.report, {"hello.c": text.encode()})
    with sqlite3.connect(session.progress.path) as database:
        hours = [(str(NOW - timedelta(hours=7 * (6 - number))), number + 1) for number in range(6)]
        database.executemany("UPDATE attempts SET at = ? WHERE id = ?", hours)
    database.close()

    def compare(size: tuple[int, int], theme: str, *keys: str) -> bool:
        return snap_compare(make_app(session, theme), terminal_size=size, run_before=_after(*keys))

    return compare


def _after(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def run(pilot: Pilot[None]) -> None:
        screen = pilot.app.screen_stack[0]
        assert isinstance(screen, LessonScreen)
        await until(pilot, lambda: screen.query("CheckCard") and screen.session.kernel and pilot.app.focused)
        for key in keys:
            await pilot.press(key)
            await until(pilot, lambda: _is_filled(pilot))
            await pilot.pause(0.1)

    return run


def _is_filled(pilot: Pilot[None]) -> bool:
    """Whether nothing is being read any more that a screen will show."""
    shown = pilot.app.screen
    texts = [text for text in shown.query(FittedText) if text.is_on_screen]
    lists = shown.query(KeyList)
    return all(text.text for text in texts) and all(keys.option_count for keys in lists)


@pytest.mark.parametrize("theme", [DARK_NAME, LIGHT_NAME])
def test_history_with_its_checks(looks_as_before: Shown, theme: str) -> None:
    assert looks_as_before((80, 24), theme, "f9", "j")


def test_history_with_a_file_side_by_side(looks_as_before: Shown) -> None:
    assert looks_as_before((120, 40), DARK_NAME, "f9", "j", "l", "enter")


@pytest.mark.parametrize(("size", "theme"), [((80, 24), LIGHT_NAME), ((120, 40), DARK_NAME)])
def test_settings_with_the_keys(looks_as_before: Shown, size: tuple[int, int], theme: str) -> None:
    assert looks_as_before(size, theme, "f10", "tab", "tab", "tab")


def test_the_question_for_a_key(looks_as_before: Shown) -> None:
    assert looks_as_before((80, 24), DARK_NAME, "f10", "tab", "tab", "tab", "enter", "f9")


def test_the_solution(looks_as_before: Shown) -> None:
    assert looks_as_before((80, 24), DARK_NAME, "s")
