# SPDX-License-Identifier: MIT
"""The learner's own machine in the app, with a real one: console, sysfs and trace."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from kmodlab.session import Session
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.bench import Phase
from kmodlab.tui.screens.lesson import LessonScreen
from kmodlab.tui.widgets.bench_sysfs import SysfsPage
from kmodlab.tui.widgets.editor_pane import EditorPane
from kmodlab.tui.widgets.log_view import LogView
from kmodlab.tui.widgets.results import ResultsPane
from kmodlab.tui.widgets.terminal import Terminal

PATIENCE = 120  # seconds; a machine takes a tenth of one, but this computer may be busy
PROMPT = "kmodlab:/root#"

pytestmark = pytest.mark.slow


@pytest.fixture
def app(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KmodlabApp:
    """The app at the lesson hello, which is solved."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    lesson = session.pack.lesson("hello")
    session.workspace.reset(lesson)
    for name, content in lesson.solution().items():
        session.workspace.write(lesson, name, content.decode())
    return KmodlabApp(session, lesson)


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        await pilot.pause(0.02)


async def turned_to(pilot: Pilot[None], page: str) -> ResultsPane:
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, LessonScreen)
    await until(pilot, lambda: screen.query_one(EditorPane).current is not None and screen.focused)
    results = screen.query_one(ResultsPane)
    screen.action_page(page)
    await until(pilot, lambda: results.page == page and results.query_one(f"#{page}").has_focus_within)
    await until(pilot, lambda: results.keeper.has_modules)
    return results


async def type_in(pilot: Pilot[None], text: str) -> None:
    await pilot.press(*("enter" if letter == "\n" else letter for letter in text))


async def in_console(pilot: Pilot[None]) -> Terminal:
    """The terminal, with its prompt and the focus."""
    results = await turned_to(pilot, "console")
    await pilot.press("enter")
    await until(pilot, lambda: results.query(Terminal) and results.query_one(Terminal).has_focus)
    terminal = results.query_one(Terminal)
    await until(pilot, lambda: terminal.text.endswith(PROMPT))
    return terminal


async def test_a_shell_an_editor_and_a_module(app: KmodlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        terminal = await in_console(pilot)
        await type_in(pilot, "echo $((6*7))\n")
        await until(pilot, lambda: terminal.text.endswith(f"\n42\n{PROMPT}"))

        before = terminal.text
        await type_in(pilot, "vi /etc/profile\n")
        await until(pilot, lambda: terminal.is_alternate and "/etc/profile 1/" in terminal.text)
        await pilot.resize_terminal(100, 44)
        await type_in(pilot, "ihello")
        await until(pilot, lambda: terminal.text.startswith("hello# SPDX"))
        await pilot.press("escape")
        await until(pilot, lambda: "[Modified]" in terminal.text)
        await type_in(pilot, ":q!\n")
        await until(pilot, lambda: terminal.text == f"{before} vi /etc/profile\n{PROMPT}")

        await type_in(pilot, "stty size\n")
        size = terminal.size
        await until(pilot, lambda: terminal.text.endswith(f"\n{size.height} {size.width}\n{PROMPT}"))

        await type_in(pilot, "sh -c 'echo \"asl\"eep; exec sleep 1000'\n")
        await until(pilot, lambda: terminal.text.endswith("\nasleep"))
        await pilot.press("ctrl+c")
        await until(pilot, lambda: terminal.text.endswith(PROMPT))

        await type_in(pilot, "insmod hello.ko\n")
        await until(pilot, lambda: terminal.text.endswith(f"insmod hello.ko\n{PROMPT}"))
        await pilot.press("ctrl+right_square_bracket", "right")
        sysfs = app.screen.query_one(SysfsPage)
        await until(pilot, lambda: any("hello  Live" in row.text.plain for row in sysfs.shown_rows))

        await pilot.press("u")
        await until(pilot, lambda: any("not loaded" in row.text.plain for row in sysfs.shown_rows))
        await pilot.press("right")
        trace = app.screen.query_one("#trace-lines", LogView)
        await until(pilot, lambda: "f traces the functions of hello" in trace.text)
        await pilot.press("f", "left")
        await until(pilot, lambda: sysfs.has_focus_within)
        await pilot.press("l")
        await until(pilot, lambda: any("hello  Live" in row.text.plain for row in sysfs.shown_rows))
        await pilot.press("right")
        await until(pilot, lambda: "hello_init" in trace.text)


async def test_a_panic_is_told_and_a_fresh_machine_comes(app: KmodlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        terminal = await in_console(pilot)
        results = app.screen_stack[0].query_one(ResultsPane)
        await type_in(pilot, "echo c >/proc/sysrq-trigger\n")
        await until(pilot, lambda: results.keeper.phase is Phase.LOST)
        line = results.query_one("#console .bench-line", Static)
        await until(pilot, lambda: "stopped for good" in str(line.content))
        await pilot.press("r")
        await until(pilot, lambda: results.keeper.has_modules and terminal.text.endswith(PROMPT))
        await type_in(pilot, "ls\n")
        await until(pilot, lambda: "hello.ko" in terminal.text)


async def test_what_was_checked_last_is_at_hand(app: KmodlabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        terminal = await in_console(pilot)
        screen = app.screen_stack[0]
        assert isinstance(screen, LessonScreen)
        await pilot.press("ctrl+right_square_bracket", "f3")
        editor = screen.query_one(EditorPane).current
        assert editor is not None
        editor.replace(editor.text.replace("Hello, kernel!", "Good day"), (0, 0), editor.document.end)
        await pilot.press("f5")
        await until(pilot, lambda: screen.report is not None)
        screen.action_page("console")
        await until(pilot, lambda: screen.query_one("#console").has_focus_within)
        await type_in(pilot, "grep -c 'Good day' hello.ko\n")
        await until(pilot, lambda: terminal.text.endswith(f"\n1\n{PROMPT}"))
