# SPDX-License-Identifier: MIT
"""How the app looks, at the sizes and in the colours it is made for.

After a change that is meant: pytest tests/test_tui_snapshots.py --snapshot-update, and look at the pictures.
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from tui_lab import RecordedSession, failing, make_app, make_pack, not_building, passing

from kmodlab.tui.screens.lesson import LessonScreen
from kmodlab.tui.theme import DARK_NAME, HIGH_CONTRAST_DARK_NAME, HIGH_CONTRAST_LIGHT_NAME, LIGHT_NAME

Compare = Callable[..., bool]
Shown = Callable[..., bool]


@pytest.fixture
def looks_as_before(snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Compare the app, after some keys, with the picture of it that is kept."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    folder = tmp_path / "pack"
    folder.mkdir()
    session = RecordedSession(make_pack(folder), tmp_path / "data")
    lesson = session.pack.lessons[0]

    def compare(
        size: tuple[int, int], theme: str, *keys: str, attempt: str = "failing", no_color: bool = False
    ) -> bool:
        events = {"failing": failing, "passing": passing, "not_building": not_building}[attempt]
        session.events = events(lesson)
        if no_color:
            monkeypatch.setenv("NO_COLOR", "1")
        return snap_compare(
            make_app(session, theme), terminal_size=size, run_before=_after(keys, is_checked="f5" in keys)
        )

    return compare


def _after(keys: Sequence[str], *, is_checked: bool) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def run(pilot: Pilot[None]) -> None:
        screen = pilot.app.screen_stack[0]
        assert isinstance(screen, LessonScreen)
        while not (screen.query("CheckCard") and screen.session.kernel and pilot.app.focused):
            await pilot.pause(0.02)
        await pilot.pause(0.1)
        for key in keys:
            await pilot.press(key)
            while key == "f5" and screen.report is None:
                await pilot.pause(0.02)
            await pilot.pause(0.1)
        for field in pilot.app.screen.query(Input):
            field.cursor_blink = False
        assert (screen.report is not None) == is_checked

    return run


@pytest.mark.parametrize("theme", [DARK_NAME, LIGHT_NAME])
def test_wide_after_a_check_that_failed(looks_as_before: Shown, theme: str) -> None:
    assert looks_as_before((120, 40), theme, "f3", "f5", "f4", "h")


def test_wide_after_the_pass(looks_as_before: Shown) -> None:
    assert looks_as_before((120, 40), DARK_NAME, "f5", "f4", attempt="passing")


def test_wide_when_it_does_not_build(looks_as_before: Shown) -> None:
    assert looks_as_before((120, 40), LIGHT_NAME, "f5", "f4", "enter", attempt="not_building")


@pytest.mark.parametrize("theme", [DARK_NAME, LIGHT_NAME])
def test_narrow_with_the_lesson(looks_as_before: Shown, theme: str) -> None:
    assert looks_as_before((80, 24), theme)


def test_narrow_with_a_finding_in_the_code(looks_as_before: Shown) -> None:
    assert looks_as_before((80, 24), DARK_NAME, "f5", "j", "j", "j", "enter")


def test_narrow_with_the_kernel_log(looks_as_before: Shown) -> None:
    assert looks_as_before((80, 24), LIGHT_NAME, "f5", "right", "right")


def test_wide_while_a_text_is_replaced_with_high_contrast(looks_as_before: Shown) -> None:
    keys = ("f3", "ctrl+f", *"text", "tab", *"name")
    assert looks_as_before((120, 40), HIGH_CONTRAST_DARK_NAME, *keys)


def test_narrow_with_a_filter_on_the_kernel_log_and_high_contrast(looks_as_before: Shown) -> None:
    keys = ("f5", "right", "right", "slash", *"hello", "enter", "b", "j", "j")
    assert looks_as_before((80, 24), HIGH_CONTRAST_LIGHT_NAME, *keys)


def test_narrow_with_results_and_without_colours(looks_as_before: Shown) -> None:
    assert looks_as_before((80, 24), DARK_NAME, "f5", no_color=True)


def test_very_wide_with_the_list_of_lessons(looks_as_before: Shown) -> None:
    assert looks_as_before((160, 48), DARK_NAME, "ctrl+l")


def test_too_small(looks_as_before: Shown) -> None:
    assert looks_as_before((40, 10), DARK_NAME)


def test_help(looks_as_before: Shown) -> None:
    assert looks_as_before((80, 24), DARK_NAME, "f1")
