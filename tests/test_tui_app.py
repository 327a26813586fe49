# SPDX-License-Identifier: MIT
"""The flows of the app, on recorded events: no machine is needed to see what the widgets do."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static
from textual.widgets._footer import FooterKey
from tui_lab import RecordedSession, failing, make_app, make_pack, not_building, passing

from kmodlab import settings
from kmodlab.errors import LabError
from kmodlab.grading.verdict import Outcome
from kmodlab.steps import Step
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.dialogs import Question, Solution
from kmodlab.tui.help import Help
from kmodlab.tui.lesson_screen import LessonScreen
from kmodlab.tui.theme import DARK_NAME, LIGHT_NAME
from kmodlab.tui.widgets.build_view import MessageList
from kmodlab.tui.widgets.check_card import CheckCard, FindingRow
from kmodlab.tui.widgets.check_list import CheckList
from kmodlab.tui.widgets.code_editor import CodeEditor
from kmodlab.tui.widgets.editor_pane import EditorPane
from kmodlab.tui.widgets.log_view import LogView
from kmodlab.tui.widgets.results import Aftermath, ResultsPane

WIDE, NARROW, TINY = (120, 40), (80, 24), (40, 10)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordedSession]:
    """A session without a machine; settings and files are below a folder of the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    folder = tmp_path / "pack"
    folder.mkdir()
    session = RecordedSession(make_pack(folder), tmp_path / "data")
    session.events = failing(session.pack.lessons[0])
    yield session
    session.booted.set()


async def until(pilot: Pilot[None], holds: Callable[[], object], seconds: float = 10) -> None:
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


def shown(app: KmodlabApp, selector: str) -> str:
    return str(screen_of(app).query_one(selector, Static).content)


# Opening


async def test_the_app_opens_on_the_lesson_with_its_text_files_and_checks(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        assert "A module that says hello" in shown(app, "#title")
        assert editor_of(app).text == lab.workspace.read(lab.pack.lessons[0])["hello.c"].decode()
        assert [card.check.id for card in app.screen.query(CheckCard)] == ["builds", "greets", "clean"]


async def test_the_lesson_can_be_read_while_the_machine_boots(lab: RecordedSession) -> None:
    lab.step = Step("Booting the kernel", 0.4)
    lab.booted.clear()
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await until(pilot, lambda: "Booting the kernel" in shown(app, "#machine"))
        assert "40%" in shown(app, "#machine")
        await pilot.press("f3", "x")
        assert editor_of(app).text.startswith("x")
        lab.booted.set()
        await until(pilot, lambda: "ready" in shown(app, "#machine"))
        assert "TCG" in shown(app, "#machine")


async def test_without_a_machine_the_app_says_why_and_a_key_tries_again(lab: RecordedSession) -> None:
    lab.trouble = LabError("QEMU is missing.", hint="Install qemu-system-x86.")
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await until(pilot, lambda: "no machine" in shown(app, "#machine"))
        told = [note.message for note in app._notifications]
        assert told == ["QEMU is missing.\nInstall qemu-system-x86."]
        lab.trouble = None
        await pilot.press("f8")
        await until(pilot, lambda: "ready" in shown(app, "#machine"))


async def test_a_failure_nobody_foresaw_becomes_a_sentence(lab: RecordedSession) -> None:
    def explode(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero")

    lab.check = explode  # type: ignore[assignment, method-assign]
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: list(app._notifications))
        told = next(iter(app._notifications)).message
        assert told.startswith("kmodlab itself failed: ZeroDivisionError")
        assert "Traceback" not in told


async def test_a_failure_in_a_dialog_becomes_a_sentence_too(
    lab: RecordedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        monkeypatch.setattr(lab.progress, "standing", explode)
        await screen_of(app).run_action("solution")
        await until(pilot, lambda: list(app._notifications))
        assert "ZeroDivisionError" in next(iter(app._notifications)).message


# Editing


async def test_enter_keeps_the_indentation_and_a_brace_deepens_it(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        editor = editor_of(app)
        editor.load_text("")
        await pilot.press("f3", *"if(a){", "enter", *"b;", "enter", "}", "enter", *"c;")
        assert editor.text == "if(a){\n\tb;\n}\nc;"


async def test_tab_types_a_real_tab(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f3", "tab")
        assert editor_of(app).text.startswith("\t//")


async def test_what_is_typed_is_saved_after_a_pause(lab: RecordedSession) -> None:
    path = lab.workspace.path(lab.pack.lessons[0], "hello.c")
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        assert shown(app, "#saved-state") == "saved"
        await pilot.press("f3", "x")
        assert "unsaved" in shown(app, "#saved-state")
        await until(pilot, lambda: shown(app, "#saved-state") == "saved")
        assert path.read_text() == editor_of(app).text


async def test_what_is_typed_is_saved_on_leaving(lab: RecordedSession) -> None:
    path = lab.workspace.path(lab.pack.lessons[0], "hello.c")
    async with make_app(lab).run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("f3", "x", "ctrl+q")
        await pilot.pause()
    assert path.read_text().startswith("x//")


async def test_a_change_made_elsewhere_is_loaded(lab: RecordedSession) -> None:
    path = lab.workspace.path(lab.pack.lessons[0], "hello.c")
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        path.write_text("int theirs;\n")
        await until(pilot, lambda: editor_of(app).text == "int theirs;\n")
        assert shown(app, "#saved-state") == "saved"


async def test_a_change_made_elsewhere_does_not_replace_what_is_being_typed(lab: RecordedSession) -> None:
    path = lab.workspace.path(lab.pack.lessons[0], "hello.c")
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f3", "x")
        path.write_text("int theirs;\n")
        await until(pilot, lambda: shown(app, "#saved-state") == "saved")
        assert path.read_text().startswith("x//")
        told = next(iter(app._notifications)).message
        copy = Path(told.rsplit(" in ", 1)[1].rstrip("."))
        assert copy.read_text() == "int theirs;\n"


async def test_escape_leaves_the_editor(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f3")
        assert app.focused is editor_of(app)
        await pilot.press("escape")
        assert screen_of(app).panes.front == "results"


async def test_every_file_of_a_lesson_has_a_tab(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await screen_of(app).open_lesson(lab.pack.lessons[1])
        assert list(screen_of(app).query_one(EditorPane).editors) == ["core.c", "helper.h"]
        await pilot.click("#file-1")
        await until(pilot, lambda: editor_of(app).file == "helper.h")


# Checking


async def test_a_check_saves_first_and_grades_what_is_on_screen(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f3", "x", "f5")
        await until(pilot, lambda: screen_of(app).report is not None)
        assert lab.checked == [{"hello.c": editor_of(app).text.encode()}]
        assert lab.checked[0]["hello.c"].startswith(b"x")


async def test_results_come_one_by_one(lab: RecordedSession) -> None:
    lab.gate = threading.Event()
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: "building" in shown(app, "#summary"))
        assert {card.verdict for card in app.screen.query(CheckCard)} == {None}
        lab.gate.set()
        await until(pilot, lambda: screen_of(app).report is not None)
        verdicts = [card.verdict.outcome for card in app.screen.query(CheckCard) if card.verdict]
        assert verdicts == [Outcome.PASS, Outcome.FAIL, Outcome.FAIL]


async def test_only_what_failed_is_opened(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        assert [card.is_open for card in app.screen.query(CheckCard)] == [False, True, True]


async def test_the_summary_names_outcome_points_time_kernel_and_machine(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        assert shown(app, "#summary") == "✗ failed 1/4.5 points · 1.3 s · 6.1.0-56-cloud-amd64 TCG"


async def test_a_second_check_stops_the_first(lab: RecordedSession) -> None:
    lab.gate = threading.Event()
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: len(lab.checked) == 1)
        await pilot.press("f5")
        await until(pilot, lambda: len(lab.checked) == 2)
        assert lab.cancelled == 1
        lab.gate.set()
        await until(pilot, lambda: screen_of(app).report is not None)
        assert not list(app._notifications)


async def test_the_kernel_log_holds_every_check_in_order(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        text = app.screen.query_one("#log", LogView).text
        assert text.index("Loading it logs") < text.index("hello kernel") < text.index("Unloading it")
        assert "no mistake" in text.splitlines()[0]


async def test_enter_on_a_finding_goes_to_its_line(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        await pilot.press("f4")
        row = app.screen.query_one(FindingRow)
        for _ in range(20):
            if row.has_class("-cursor"):
                break
            await pilot.press("j")
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is editor_of(app))
        assert editor_of(app).cursor_location == (10, 1)
        assert "leak" in shown(app, "#line-message")


async def test_a_click_on_a_check_opens_it(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        first = app.screen.query(CheckCard).first()
        await pilot.click(first.query_one(".title"))
        await until(pilot, lambda: first.is_open)


async def test_hints_come_one_at_a_time_and_are_remembered(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        await pilot.press("f4")
        card = screen_of(app).query_one(ResultsPane).checks.card("greets")
        for number in (1, 2, 3):
            await pilot.press("h")
            await until(pilot, lambda number=number: len(card.query(".hint")) == number)
        labels = [str(label.content) for label in card.query(".hint .label").results(Static)]
        assert labels == ["hint 1 of 3", "hint 2 of 3", "hint 3 of 3"]
        assert lab.progress.hints_shown("first") == {"greets": 3}


async def test_what_does_not_build_shows_the_compilers_messages(lab: RecordedSession) -> None:
    lab.events = not_building(lab.pack.lessons[0])
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        results = screen_of(app).query_one(ResultsPane)
        assert results.page == "build"
        assert app.screen.query_one(MessageList).option_count == 2
        await pilot.press("f4", "enter")
        await until(pilot, lambda: app.focused is editor_of(app))
        assert editor_of(app).cursor_location == (13, 26)
        assert "expected ‘;’" in shown(app, "#line-message")


async def test_marks_go_when_the_next_check_begins(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        assert [mark.row for mark in editor_of(app).marks] == [5, 10]
        lab.events = passing(lab.pack.lessons[0])
        await pilot.press("f5")
        await until(pilot, lambda: not editor_of(app).marks)


async def test_after_a_pass_the_aftermath_is_shown_and_n_goes_on(lab: RecordedSession) -> None:
    lab.events = passing(lab.pack.lessons[0])
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        await until(pilot, lambda: app.screen.query_one("#aftermath").display)
        assert "Two files that work together" in shown(app, "#way-on")
        assert screen_of(app).lesson.id == "first"
        await pilot.press("f4", "n")
        await until(pilot, lambda: screen_of(app).lesson.id == "second")
        assert not app.screen.query_one("#aftermath").display


async def test_after_a_pass_both_aftermath_and_checks_can_be_reached(lab: RecordedSession) -> None:
    lab.events = passing(lab.pack.lessons[0])
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await checked(pilot)
        await until(pilot, lambda: app.screen.query_one(Aftermath).has_focus)
        await pilot.press("f4")
        assert app.screen.query_one(CheckList).has_focus
        await pilot.press("f4")
        assert app.screen.query_one(Aftermath).has_focus


async def test_n_does_nothing_before_the_pass(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        await pilot.press("f4", "n")
        assert screen_of(app).lesson.id == "first"


async def test_a_check_that_was_under_way_says_nothing_about_the_next_lesson(lab: RecordedSession) -> None:
    lab.gate = threading.Event()
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: len(lab.checked) == 1)
        await screen_of(app).open_lesson(lab.pack.lessons[1])
        lab.gate.set()
        await pilot.pause(0.1)
        assert screen_of(app).report is None
        assert [card.verdict for card in app.screen.query(CheckCard)] == [None]


async def test_a_lesson_whose_file_cannot_be_read_says_so_and_can_be_started_afresh(
    lab: RecordedSession,
) -> None:
    lesson = lab.pack.lessons[0]
    lab.workspace.open(lesson)
    path = lab.workspace.path(lesson, "hello.c")
    path.unlink()
    path.mkdir()
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = pilot.app
        assert isinstance(app, KmodlabApp)
        await until(pilot, lambda: list(app._notifications))
        assert "is a folder" in next(iter(app._notifications)).message
        await pilot.press("f5")
        assert lab.checked == []
        await screen_of(app).run_action("reset")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: screen_of(app).query_one(EditorPane).current)
        assert editor_of(app).text == lesson.starter()["hello.c"].decode()


# Starting afresh, the solution, help, themes


async def test_starting_afresh_asks_and_keeps_a_copy(lab: RecordedSession) -> None:
    lesson = lab.pack.lessons[0]
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f3", "x")
        await screen_of(app).run_action("reset")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("n")
        await until(pilot, lambda: app.screen is screen_of(app))
        assert editor_of(app).text.startswith("x//")
        await screen_of(app).run_action("reset")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: editor_of(app).text == lesson.starter()["hello.c"].decode())
        kept = Path(
            next(iter(app._notifications)).message.removeprefix("Your files are kept in ").rstrip(".")
        )
        assert (kept / "hello.c").read_text().startswith("x//")


async def test_the_solution_is_asked_for_before_the_pass_only(lab: RecordedSession) -> None:
    lab.events = passing(lab.pack.lessons[0])
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await screen_of(app).run_action("solution")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen_of(app))
        await checked(pilot)
        await screen_of(app).run_action("solution")
        await until(pilot, lambda: isinstance(app.screen, Solution))
        assert "Hello, kernel!" in app.screen.query_one(CodeEditor).text
        await pilot.press("x", "escape")
        await until(pilot, lambda: app.screen is screen_of(app))


async def test_help_lists_the_keys(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await opened(pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        keys = [str(keys.content) for keys in app.screen.query(".help-keys").results(Static)]
        assert "F5  ctrl+r" in keys
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen_of(app))


async def test_the_palette_finds_lessons(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: app.screen is not screen_of(app))
        await pilot.press(*"two files")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: screen_of(app).lesson.id == "second")


async def test_the_theme_is_changed_and_remembered(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        assert app.theme == DARK_NAME
        await pilot.press("ctrl+t")
        assert app.theme == LIGHT_NAME
        await until(pilot, lambda: settings.load().theme == LIGHT_NAME)


# Sizes


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
        return [
            key.key_display
            for key in app.screen.query(FooterKey).results()
            if key.description == "Next lesson"
        ]

    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        await pilot.press("f4")
        await until(pilot, lambda: key_of_next(app) == ["n"])
        await pilot.press("f3")
        await until(pilot, lambda: key_of_next(app) == ["^n"])
        await pilot.press("ctrl+n")
        await until(pilot, lambda: screen_of(app).lesson.id == "second")
