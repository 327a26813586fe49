# SPDX-License-Identifier: MIT
"""The flows of the app, on recorded events: no machine is needed to see what the widgets do."""

from pathlib import Path

import pytest
from textual import events
from textual.widgets import Static
from tui_lab import RecordedSession, make_app
from tui_pilot import NARROW, WIDE, editor_of, opened, screen_of, shown, until

from kmodlab.errors import LabError
from kmodlab.steps import Step
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.screens.dialogs import Question
from kmodlab.tui.screens.help import Help
from kmodlab.tui.widgets.check_card import CheckCard
from kmodlab.tui.widgets.editor_pane import EditorPane


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
        assert told == ["QEMU is missing.\nInstall qemu-system-x86.\nF12 opens the doctor, F8 tries again."]
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


async def test_enter_keeps_the_indentation_and_a_brace_deepens_it(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        editor = editor_of(app)
        editor.load_text("")
        await pilot.press("f3", *"if(a){", "enter", *"b;", "enter", "}", "enter", *"c;")
        assert editor.text == "if(a){\n\tb;\n}\nc;"


async def test_keys_act_in_the_order_they_are_pressed_however_quickly_they_come(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        for key, character in (
            ("f3", None),
            ("f7", None),
            ("delete", None),
            ("b", "b"),
            ("home", None),
            ("a", "a"),
        ):
            app.post_message(events.Key(key, character))
        await until(pilot, lambda: len(editor_of(app).text) == 2)
        assert editor_of(app).text == "ab"


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
        (told,) = [note.message for note in app._notifications]
        kept = Path(told.removeprefix("Your files are kept in ").rstrip("."))
        assert (kept / "hello.c").read_text().startswith("x//")


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
