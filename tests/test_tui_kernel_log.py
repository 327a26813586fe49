# SPDX-License-Identifier: MIT
from pathlib import Path

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input, Static
from tui_lab import RecordedSession, failing, make_app, make_pack
from tui_pilot import NARROW, checked, screen_of, until

from kmodlab.evidence.klog import Level, Record
from kmodlab.tui.log_filter import Chapter
from kmodlab.tui.widgets.kernel_log import KernelLog

RECORDS = [Record(number, 1 + number, Level.INFO, f"message {number}") for number in range(40)]
TAINT = Record(40, 50, Level.WARNING, "taints kernel", is_benign=True)


class Shown(App[None]):
    """Nothing but a kernel log."""

    def compose(self) -> ComposeResult:
        yield KernelLog()

    @property
    def log_shown(self) -> KernelLog:
        return self.query_one(KernelLog)

    @property
    def state(self) -> str:
        return str(self.query_one("#log-state", Static).content)

    @property
    def told(self) -> list[str]:
        return [note.message for note in self._notifications]


@pytest.fixture
def app() -> Shown:
    return Shown()


async def filled(pilot: Pilot[None], app: Shown) -> None:
    app.log_shown.show([Chapter("first", [*RECORDS, TAINT])])
    app.log_shown.lines.focus()
    await pilot.pause()


async def test_a_text_is_looked_for_while_it_is_typed_and_escape_shows_all_again(app: Shown) -> None:
    async with app.run_test(size=(80, 12)) as pilot:
        await filled(pilot, app)
        everything = app.log_shown.lines.text
        await pilot.press("slash", *"age 39")
        await until(pilot, lambda: "40 lines hidden by the filter" in app.state)
        assert app.log_shown.lines.text == "first\n[   40.000] info     message 39"
        await pilot.press("enter")
        assert app.log_shown.lines.has_focus
        assert app.query_one("#log-head").has_class("-asking")
        await pilot.press("slash", "escape")
        await until(pilot, lambda: "hidden" not in app.state)
        assert app.log_shown.lines.text == everything
        assert app.log_shown.lines.has_focus


async def test_what_is_typed_in_one_go_is_taken_in_its_order(app: Shown) -> None:
    async with app.run_test(size=(80, 12)) as pilot:
        await filled(pilot, app)
        for key in ("slash", "3", "9", "enter", "v"):
            app.post_message(events.Key(key, "/" if key == "slash" else key if len(key) == 1 else None))
        await until(pilot, lambda: "39 lines hidden" in app.state and app.log_shown.lines.has_focus)
        assert app.query_one("#log-find", Input).value == "39"
        assert app.query_one("#log-head").has_class("-asking")


async def test_keys_change_the_least_level_and_hide_what_is_expected(app: Shown) -> None:
    async with app.run_test(size=(80, 12)) as pilot:
        await filled(pilot, app)
        await pilot.press("b")
        assert "1 line hidden by the filter · without expected lines" in app.state
        await pilot.press("b", "l", "l")
        assert "41 lines hidden by the filter · warnings and errors" in app.state
        assert "No line is left" in app.log_shown.lines.text


async def test_the_filter_holds_for_what_comes_later(app: Shown) -> None:
    async with app.run_test(size=(80, 12)) as pilot:
        await filled(pilot, app)
        await pilot.press("slash", *"message 7", "enter")
        app.log_shown.forget()
        assert "Nothing was run yet" in app.log_shown.lines.text
        app.log_shown.show([Chapter("again", RECORDS)])
        assert app.log_shown.lines.text.splitlines()[1:] == ["[    8.000] info     message 7"]


async def test_following_stays_at_the_end_until_the_reader_goes_up(app: Shown) -> None:
    async with app.run_test(size=(80, 12)) as pilot:
        log = app.log_shown
        log.show([Chapter("first", RECORDS[:20])])
        log.lines.focus()
        await pilot.pause()
        assert log.lines.scroll_offset.y == 0
        await pilot.press("f")
        assert "following" in app.state
        for number in (30, 35):
            log.show([Chapter("first", RECORDS[:number])])
            assert log.lines.is_vertical_scroll_end
            await pilot.pause()
        await pilot.press("G", *"k" * 20)
        place = log.lines.scroll_offset.y
        log.show([Chapter("first", RECORDS)])
        await pilot.pause()
        assert log.lines.scroll_offset.y == place
        assert "following" not in app.state


@pytest.mark.parametrize(
    ("keys", "copied"),
    [
        ("y", "\n".join(["first", *(f"[{1 + n:9.3f}] info     message {n}" for n in range(3))])),
        ("jjy", "[    1.000] info     message 0"),
        ("jvjjy", "first\n[    1.000] info     message 0\n[    2.000] info     message 1"),
        ("Gvky", "[    2.000] info     message 1\n[    3.000] info     message 2"),
    ],
)
async def test_what_is_selected_is_copied_else_the_line_of_the_cursor_else_all(
    app: Shown, keys: str, copied: str
) -> None:
    async with app.run_test(size=(80, 12)) as pilot:
        app.log_shown.show([Chapter("first", RECORDS[:3])])
        app.log_shown.lines.focus()
        await pilot.press(*keys)
        assert app.clipboard == copied
        lines = copied.count("\n") + 1
        assert app.told == [f"Copied {lines} line{'s' if lines > 1 else ''}."]


async def test_what_is_selected_with_the_mouse_is_copied(app: Shown) -> None:
    async with app.run_test(size=(80, 12)) as pilot:
        app.log_shown.show([Chapter("first", RECORDS[:3])])
        app.log_shown.lines.focus()
        await pilot.pause()
        await pilot.mouse_down("#log-lines", offset=(0, 0))
        await pilot.hover("#log-lines", offset=(4, 1))
        await pilot.mouse_up("#log-lines", offset=(4, 1))
        await pilot.press("y")
        assert app.clipboard.startswith("first\n[")
        assert len(app.clipboard) < 20


async def test_escape_selects_nothing_any_more(app: Shown) -> None:
    async with app.run_test(size=(80, 12)) as pilot:
        app.log_shown.show([Chapter("first", RECORDS[:3])])
        app.log_shown.lines.focus()
        await pilot.press("j", "v", "j", "escape", "y")
        assert app.clipboard == "[    1.000] info     message 0"


async def test_the_cursor_goes_over_lines_not_rows_and_stays_in_sight(app: Shown) -> None:
    long = [Record(0, 1, Level.INFO, "x" * 100), *RECORDS]
    async with app.run_test(size=(60, 12)) as pilot:
        app.log_shown.show([Chapter("first", long)])
        app.log_shown.lines.focus()
        await pilot.press("j", "j", "j", "y")
        assert app.clipboard.endswith("message 0")
        await pilot.press("space", "space", "G", "y")
        assert app.clipboard.endswith("message 39")
        assert app.log_shown.lines.is_vertical_scroll_end


async def test_a_click_puts_the_cursor_there(app: Shown) -> None:
    async with app.run_test(size=(60, 12)) as pilot:
        app.log_shown.show([Chapter("first", RECORDS)])
        await pilot.click("#log-lines", offset=(5, 2))
        app.log_shown.lines.focus()
        await pilot.press("y")
        assert app.clipboard.endswith("message 1")


async def test_the_palettes_entries_lead_to_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "pack").mkdir()
    lab = RecordedSession(make_pack(tmp_path / "pack"), tmp_path / "data")
    lab.events = failing(lab.pack.lessons[0])
    async with make_app(lab).run_test(size=NARROW) as pilot:
        lesson = await checked(pilot)
        await screen_of(lesson).run_action("log('copy')")
        await until(pilot, lambda: "hello kernel" in lesson.clipboard)
        await screen_of(lesson).run_action("log('ask')")
        await until(pilot, lambda: isinstance(lesson.focused, Input) and lesson.focused.size.area)
