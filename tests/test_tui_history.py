# SPDX-License-Identifier: MIT
"""The history of a lesson, on recorded attempts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static, Tab, Tabs
from tui_lab import STARTER, RecordedSession, failing, make_app, not_building, passing
from tui_pilot import NARROW, WIDE, checked, editor_of, opened, screen_of, until

from kmodlab.errors import LabError
from kmodlab.grading.events import Ended, Event
from kmodlab.packs.catalog import Lesson
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.screens.dialogs import Question
from kmodlab.tui.screens.history import HistoryScreen
from kmodlab.tui.widgets.code_editor import CodeEditor
from kmodlab.tui.widgets.fitted_text import FittedText


@pytest.fixture
def lab(lab: RecordedSession) -> RecordedSession:
    """A session without a machine, and with three attempts at its first lesson."""
    keep(lab, not_building, "int first;\n")
    keep(lab, failing, "int second;\n")
    keep(lab, passing, "int third;\n")
    return lab


def keep(session: RecordedSession, attempt: Callable[[Lesson], list[Event]], text: str) -> None:
    """Take down an attempt with `text` for its file."""
    lesson = session.pack.lessons[0]
    ended = attempt(lesson)[-1]
    assert isinstance(ended, Ended)
    session.progress.record(lesson.id, ended.report, {"hello.c": text.encode()})


async def looking_back(pilot: Pilot[None]) -> KmodlabApp:
    """Wait for the history with its last attempt shown."""
    app = await opened(pilot)
    await pilot.press("f9")
    await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and app.screen.query("#tab-0"))
    await until(pilot, lambda: account(app))
    return app


def account(app: KmodlabApp) -> str:
    return app.screen.query_one("#account", FittedText).text


def changes(app: KmodlabApp) -> str:
    return app.screen.query_one("#changes", FittedText).text


def rows(app: KmodlabApp) -> list[str]:
    options = app.screen.query_one("#attempts", OptionList).options
    return [" ".join(str(option.prompt).split()) for option in options]


async def test_every_attempt_is_listed_the_last_one_first(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await looking_back(pilot)
        starts = [row.partition(" just now")[0] for row in rows(app)]
        assert starts == ["3 ✓ passed 4.5/4.5 1.3 s", "2 ✗ failed 1/4.5 1.3 s", "1 ✗ no build 0/4.5 1.3 s"]


async def test_the_chosen_attempt_tells_what_its_checks_came_to(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await looking_back(pilot)
        await pilot.press("j")
        await until(pilot, lambda: "leak" in account(app))
        assert "expected     Hello, kernel!" in account(app)
        assert "1024 bytes are still allocated" in account(app)
        await pilot.press("j")
        await until(pilot, lambda: "no build" in account(app))
        assert "hello.c:14  expected ‘;’" in account(app)


async def test_a_tab_a_file_shows_what_has_changed_since(lab: RecordedSession) -> None:
    lesson = lab.pack.lessons[0]
    lab.workspace.open(lesson)
    lab.workspace.write(lesson, "hello.c", "int second;\nint more;\n")
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await looking_back(pilot)
        await pilot.press("j", "l")
        await until(pilot, lambda: "attempt 2" in changes(app))
        assert changes(app).splitlines() == [
            "− attempt 2   + your files now",
            "",
            "   1   int second;",
            "   2 + int more;",
        ]
        assert str(app.screen.query_one("#tab-0", Tab).label) == "hello.c +1 −0"


async def test_where_there_is_room_both_texts_stand_side_by_side(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await looking_back(pilot)
        await pilot.press("l")
        await until(pilot, lambda: "attempt 3" in changes(app))
        first = changes(app).splitlines()[2]
        assert first.startswith("   1 − int third;")
        assert "│    1 + // SPDX" in first


async def test_two_attempts_are_compared_with_each_other(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await looking_back(pilot)
        await pilot.press("l", "d", "j", "j")
        await until(pilot, lambda: "attempt 1" in changes(app))
        assert changes(app).splitlines()[0] == "− attempt 1   + attempt 3"
        assert "base" in rows(app)[0]
        await pilot.press("d", "k")
        await until(pilot, lambda: "attempt 2" in changes(app))
        assert changes(app).splitlines()[0] == "− attempt 1   + attempt 2"
        assert ["base" in row for row in rows(app)] == [False, False, True]


async def test_the_whole_file_can_be_read(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await looking_back(pilot)
        await pilot.press("w")
        await until(pilot, lambda: app.screen.query("#whole CodeEditor"))
        whole = app.screen.query_one("#whole CodeEditor", CodeEditor)
        assert (whole.text, whole.read_only) == ("int third;\n", True)
        await pilot.press("w")
        await until(pilot, lambda: app.screen.query_one("#changes").display)


async def test_restoring_asks_puts_the_files_back_and_keeps_a_copy(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await looking_back(pilot)
        await pilot.press("j")
        await until(pilot, lambda: "leak" in account(app))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: app.screen is screen_of(app) and editor_of(app).text == "int second;\n")
        assert lab.workspace.read(lab.pack.lessons[0]) == {"hello.c": b"int second;\n"}
        await until(pilot, lambda: list(app._notifications))
        (told,) = [note.message for note in app._notifications]
        kept = Path(told.removeprefix("Your files are kept in ").rstrip("."))
        assert (kept / "hello.c").read_text() == STARTER


async def test_what_is_typed_is_saved_before_the_history_compares_with_it(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await opened(pilot)
        await pilot.press("f3", "x", "f9")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and app.screen.query("#tab-0"))
        await pilot.press("l")
        await until(pilot, lambda: "+ x// SPDX" in changes(app))


async def test_files_that_are_the_same_are_not_restored(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and app.screen.query("#tab-0"))
        await pilot.press("r")
        await until(pilot, lambda: list(app._notifications))
        assert "the same as in attempt 4" in next(iter(app._notifications)).message
        assert isinstance(app.screen, HistoryScreen)


async def test_without_attempts_the_history_says_what_to_do(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await opened(pilot)
        await screen_of(app).open_lesson(lab.pack.lessons[1])
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen) and app.screen.has_class("-empty"))
        assert "no attempt" in str(app.screen.query_one("#no-attempts", Static).content)
        await pilot.press("r", "d", "w", "l", "escape")
        await until(pilot, lambda: app.screen is screen_of(app))


async def test_reports_are_read_only_when_they_are_shown(
    lab: RecordedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(500):
        keep(lab, failing, f"int x{number};\n")
    read: list[int] = []
    attempt = lab.progress.attempt
    monkeypatch.setattr(lab.progress, "attempt", lambda id: read.append(id) or attempt(id))
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await looking_back(pilot)
        await until(pilot, lambda: len(rows(app)) == 503)
        assert len(read) == 1
        await pilot.press("G")
        await until(pilot, lambda: "no build" in account(app))
        assert len(read) == 2


async def test_progress_that_cannot_be_read_is_told(
    lab: RecordedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_lesson: str) -> None:
        raise LabError("The progress cannot be read.", hint="Mend it.")

    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await opened(pilot)
        monkeypatch.setattr(lab.progress, "attempts", fail)
        await pilot.press("f9")
        await until(pilot, lambda: list(app._notifications))
        assert next(iter(app._notifications)).message == "The progress cannot be read.\nMend it."
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen_of(app))


async def test_a_tab_can_be_chosen_with_the_mouse(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await looking_back(pilot)
        await pilot.click("#tab-0")
        await until(pilot, lambda: app.screen.query_one("#attempt-tabs", Tabs).active == "tab-0")
        await until(pilot, lambda: "attempt 3" in changes(app))
