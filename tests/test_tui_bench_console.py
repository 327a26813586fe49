# SPDX-License-Identifier: MIT
"""The page Console: keys to the guest, what it prints, scrolling and copying."""

import pytest
from bench_lab import SessionWithBenches, make_pages
from bench_pilot import bench_session, in_console, line, results, turned_to
from tui_lab import make_app
from tui_pilot import WIDE, until

from kmodlab.tui.widgets.footer import StillFooter
from kmodlab.tui.widgets.terminal import Terminal

lab = pytest.fixture(bench_session)


async def test_keys_go_to_the_guest_and_one_comes_back(lab: SessionWithBenches) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app, _ = await in_console(pilot, lab.benches[0])
        console = lab.benches[0].line
        for key, sent in (
            ("l", b"l"),
            ("question_mark", b"?"),
            ("enter", b"\r"),
            ("escape", b"\x1b"),
            ("tab", b"\t"),
            ("ctrl+c", b"\x03"),
            ("ctrl+p", b"\x10"),
            ("ctrl+q", b"\x11"),
            ("f5", b"\x1b[15~"),
            ("up", b"\x1b[A"),
        ):
            await pilot.press(key)
            await until(pilot, lambda sent=sent: console.has_heard(sent))  # type: ignore[misc]
        assert lab.checked == []
        assert [key.description for key in app.screen.query_one(StillFooter).keys] == ["Leave the console"]
        await pilot.press("ctrl+right_square_bracket")
        assert not isinstance(app.focused, Terminal)
        await pilot.press("f5")
        await until(pilot, lambda: lab.checked)
        assert console.has_heard(b"")


async def test_who_types_at_the_line_above_is_in_the_console(lab: SessionWithBenches) -> None:
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "console")
        await until(pilot, lambda: lab.benches[0].line.sizes)
        assert "Enter: to the shell" in line(app, "console")
        await pilot.press("n")
        await until(pilot, lambda: lab.benches[0].line.has_heard(b"n"))
        assert isinstance(app.focused, Terminal)
        await until(pilot, lambda: "ctrl+] leaves" in line(app, "console"))


async def test_arrows_turn_the_page_as_long_as_nobody_is_in_the_console(lab: SessionWithBenches) -> None:
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "console")
        await pilot.press("right")
        await until(pilot, lambda: results(app).page == "sysfs")
        await pilot.press("right")
        await until(pilot, lambda: results(app).page == "trace")


async def test_what_the_guest_prints_is_shown_and_what_it_asks_is_answered(lab: SessionWithBenches) -> None:
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        _, terminal = await in_console(pilot, lab.benches[0])
        lab.benches[0].line.guest.sendall(b"kmodlab:/root# \x1b[6n")
        await until(pilot, lambda: lab.benches[0].line.has_heard(b"\x1b[1;16R"))
        assert terminal.text == "kmodlab:/root#"


async def test_a_flood_is_taken_in_pieces_and_keys_get_through(lab: SessionWithBenches) -> None:
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        _, terminal = await in_console(pilot, lab.benches[0])
        console = lab.benches[0].line
        console.guest.sendall(b"".join(b"line %d\r\n" % number for number in range(2000)) + b"end")
        await pilot.press("ctrl+c")
        await until(pilot, lambda: console.has_heard(b"\x03"))
        await until(pilot, lambda: terminal.text.endswith("end"))
        assert terminal.text.splitlines()[:2] == ["line 0", "line 1"]
        assert terminal.scroll_offset.y == terminal.max_scroll_y


async def test_scrolling_back_and_to_the_end_again_by_typing(lab: SessionWithBenches) -> None:
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        _, terminal = await in_console(pilot, lab.benches[0])
        guest = lab.benches[0].line.guest
        guest.sendall(b"\r\n".join(b"%d" % number for number in range(200)))
        await until(pilot, lambda: terminal.text.endswith("199"))
        end = terminal.max_scroll_y
        await pilot.press("shift+pageup", "shift+pageup")
        back = terminal.scroll_offset.y
        assert 0 < back < end
        guest.sendall(b"\r\nmore")
        await until(pilot, lambda: terminal.text.endswith("more"))
        assert terminal.scroll_offset.y == back
        await pilot.press("x")
        await until(pilot, lambda: terminal.scroll_offset.y == terminal.max_scroll_y)
        terminal.action_scroll_up()
        await until(pilot, lambda: terminal.scroll_offset.y < terminal.max_scroll_y)


async def test_the_guest_is_told_the_size_of_the_window(lab: SessionWithBenches) -> None:
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        _, terminal = await in_console(pilot, lab.benches[0])
        sizes = lab.benches[0].line.sizes
        await until(pilot, lambda: sizes[-1] == (terminal.size.height, terminal.size.width))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: sizes[-1] == (terminal.size.height, terminal.size.width))
        assert sizes[-1][1] < 80


async def test_what_the_mouse_selects_is_copied(lab: SessionWithBenches) -> None:
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app, terminal = await in_console(pilot, lab.benches[0])
        guest = lab.benches[0].line.guest
        guest.sendall(b"one two three")
        await until(pilot, lambda: "three" in terminal.text)
        left = terminal.content_region.x - terminal.region.x
        await pilot.mouse_down(terminal, offset=(left + 4, 0))
        await pilot.hover(terminal, offset=(left + 6, 0))
        await pilot.mouse_up(terminal, offset=(left + 6, 0))
        await pilot.press("ctrl+c")
        assert app.clipboard == "two"
        await pilot.press("ctrl+c")  # nothing is selected any more
        await until(pilot, lambda: lab.benches[0].line.has_heard(b"\x03"))
