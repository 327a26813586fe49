# SPDX-License-Identifier: MIT

import pytest
from tui_lab import RecordedSession, make_app
from tui_pilot import NARROW, WIDE, checked, editor_of, opened, screen_of, shown, until

from kmodlab.tui.marks import Mark
from kmodlab.tui.widgets.editor_pane import EditorPane


async def test_what_is_selected_goes_deeper_and_back_and_each_is_one_step_of_undoing(
    lab: RecordedSession,
) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        editor = editor_of(app)
        editor.load_text("a;\n\tb;\nc;\n")
        await pilot.press("f3", "right", "shift+down", "shift+right", "tab")
        assert editor.text == "\ta;\n\t\tb;\nc;\n"
        assert editor.selected_text == ";\n\t\t"
        await pilot.press("tab", "shift+tab", "shift+tab", "shift+tab")
        assert editor.text == "a;\nb;\nc;\n"
        await pilot.press("ctrl+z")
        assert editor.text == "a;\n\tb;\nc;\n"
        assert app.focused is editor


async def test_a_line_of_which_nothing_is_selected_stays_as_it_is(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        editor = editor_of(app)
        editor.load_text("a;\nb;\nc;\n")
        await pilot.press("f3", "shift+down", "shift+down", "ctrl+underscore")
        assert editor.text == "// a;\n// b;\nc;\n"
        await pilot.press("ctrl+underscore")
        assert editor.text == "a;\nb;\nc;\n"


async def test_undo_survives_a_switch_of_tabs(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await screen_of(app).open_lesson(lab.pack.lessons[1])
        first = editor_of(app)
        before = first.text
        await pilot.press("f3", "x")
        await pilot.click("#file-1")
        await until(pilot, lambda: editor_of(app) is not first)
        await pilot.press("f3", "y")
        await pilot.click("#file-0")
        await until(pilot, lambda: editor_of(app) is first)
        await pilot.press("f3", "ctrl+z")
        assert first.text == before
        await pilot.press("ctrl+y")
        assert first.text == "x" + before


@pytest.mark.parametrize("theirs", ["int theirs;\n", ""])
async def test_a_change_made_elsewhere_is_taken_back_by_one_undo(lab: RecordedSession, theirs: str) -> None:
    path = lab.workspace.path(lab.pack.lessons[0], "hello.c")
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        editor = editor_of(app)
        await pilot.press("f3", "x")
        await until(pilot, lambda: shown(app, "#saved-state") == "saved")
        mine = editor.text
        path.write_text(theirs)
        await until(pilot, lambda: editor.text == theirs)
        await pilot.press("y", "ctrl+z")
        assert editor.text == theirs
        await pilot.press("ctrl+z")
        assert editor.text == mine


async def test_keys_lead_from_one_marked_line_to_the_next_and_its_message_is_told(
    lab: RecordedSession,
) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await checked(pilot)
        editor = editor_of(app)
        await pilot.press("f3", "alt+down")
        await until(pilot, lambda: "unused variable" in shown(app, "#line-message"))
        assert editor.cursor_location[0] == 5
        await pilot.press("alt+down")
        await until(pilot, lambda: "still allocated" in shown(app, "#line-message"))
        await pilot.press("alt+down")
        await until(pilot, lambda: "unused variable" in shown(app, "#line-message"))
        await pilot.press("alt+up")
        await until(pilot, lambda: "still allocated" in shown(app, "#line-message"))


async def test_after_the_marks_of_one_file_come_those_of_the_next(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await screen_of(app).open_lesson(lab.pack.lessons[1])
        editors = screen_of(app).query_one(EditorPane).editors
        editors["helper.h"].mark([Mark(0, "warning", "warning", "here")])
        await pilot.press("f3", "alt+down")
        await until(pilot, lambda: editor_of(app).file == "helper.h")
        assert app.focused is editors["helper.h"]


async def test_a_line_that_grows_does_not_lay_out_the_screen_at_every_key(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f3", "end")
        widths = set()
        for _ in range(64):
            await pilot.press("x")
            widths.add(editor_of(app).virtual_size.width)
        assert len(widths) <= 4
        assert editor_of(app).virtual_size.width > len(editor_of(app).lines[0])


@pytest.mark.parametrize(
    "keys",
    [
        ("/", "*", "down", "down", "end", "*", "/"),  # other lines change their colours
        ("enter", "down", "ctrl+shift+k", "ctrl+z"),
        ("down", "shift+down", "tab", "ctrl+t"),
        ("down", "down", "end", "f2", "f3"),
    ],
)
async def test_lines_that_are_kept_as_rendered_look_as_if_they_were_rendered_now(
    lab: RecordedSession, keys: tuple[str, ...]
) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        editor = editor_of(app)
        await pilot.press("f3")
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        kept = [editor.render_line(y) for y in range(editor.size.height)]
        editor.notify_style_update()
        assert kept == [editor.render_line(y) for y in range(editor.size.height)]
        assert len(editor._strips) > 5
