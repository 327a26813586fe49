# SPDX-License-Identifier: MIT
"""Panes, footer and themes: what is shown in how much room."""

import pytest
from tui_lab import RecordedSession, make_app, passing
from tui_pilot import NARROW, TINY, WIDE, checked, editor_of, opened, screen_of, until

from kmodlab import settings
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.theme import THEMES
from kmodlab.tui.widgets.footer import StillFooter


async def test_a_key_goes_through_the_themes_and_the_choice_is_remembered(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        assert app.theme == THEMES[0].name
        for theme in (*THEMES[1:], THEMES[0]):
            await pilot.press("ctrl+t")
            assert app.theme == theme.name
            assert editor_of(app).theme == theme.name
        await until(pilot, lambda: settings.load().theme == THEMES[0].name)


def visible_panes(app: KmodlabApp) -> list[str]:
    screen = screen_of(app)
    return [
        name for name in ("lessons", "lesson", "code", "results") if screen.query_one(f"#{name}").size.area
    ]


async def test_a_wide_terminal_shows_all_panes(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        assert visible_panes(app) == ["lessons", "lesson", "code", "results"]


@pytest.mark.parametrize("size", [NARROW, (120, 18)], ids=["narrow", "low"])
async def test_where_there_is_little_room_one_pane_is_shown_and_keys_change_it(
    lab: RecordedSession, size: tuple[int, int]
) -> None:
    async with make_app(lab).run_test(size=size) as pilot:
        app = await opened(pilot)
        for key, pane in (("f3", "code"), ("f4", "results"), ("ctrl+l", "lessons"), ("f2", "lesson")):
            await pilot.press(key)
            await until(pilot, lambda pane=pane: visible_panes(app) == [pane])


async def test_a_narrow_terminal_shows_the_results_of_a_check(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await checked(pilot)
        await until(pilot, lambda: visible_panes(app) == ["results"])


async def test_a_pane_can_be_chosen_with_the_mouse(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await opened(pilot)
        await pilot.click("#tab-code")
        await until(pilot, lambda: visible_panes(app) == ["code"])


async def test_a_terminal_that_is_too_small_says_so_until_it_grows(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=TINY) as pilot:
        app = await opened(pilot)
        assert screen_of(app).query_one("#too-small").display
        assert visible_panes(app) == []
        await pilot.resize_terminal(*NARROW)
        await until(pilot, lambda: visible_panes(app) == ["lesson"])
        assert not screen_of(app).query_one("#too-small").display
        await pilot.resize_terminal(*WIDE)
        await until(pilot, lambda: len(visible_panes(app)) == 4)


async def test_the_footer_shows_the_key_that_works_where_the_learner_is(lab: RecordedSession) -> None:
    lab.events = passing(lab.pack.lessons[0])

    def key_of_next(app: KmodlabApp) -> list[str]:
        keys = app.screen.query_one(StillFooter).keys
        return [key.display for key in keys if key.description == "Next lesson"]

    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        await pilot.press("f4")
        await until(pilot, lambda: key_of_next(app) == ["n"])
        await pilot.press("f3")
        await until(pilot, lambda: key_of_next(app) == ["^n"])
        await pilot.press("ctrl+n")
        await until(pilot, lambda: screen_of(app).lesson.id == "second")
