# SPDX-License-Identifier: MIT

from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.widgets import Input
from tui_lab import RecordedSession, make_app
from tui_pilot import NARROW, WIDE, editor_of, opened, screen_of, shown, until

from kmodlab.tui.find import Match, index_after, index_before, matches, replaced
from kmodlab.tui.widgets.find_bar import FindBar

LINES = ["int a, A;", "", "\ta = a + 1;"]


# Finding in lines


def test_every_place_is_found_in_order() -> None:
    found = matches(LINES, "a", is_case_sensitive=True)
    assert found == [Match(0, 4, 5), Match(2, 1, 2), Match(2, 5, 6)]


def test_capital_letters_count_only_when_asked() -> None:
    assert [match.start for match in matches(LINES[:1], "a", is_case_sensitive=False)] == [4, 7]


def test_a_text_is_no_pattern() -> None:
    assert matches(["a.c abc"], "a.c", is_case_sensitive=True) == [Match(0, 0, 3)]


def test_nothing_wanted_is_nowhere() -> None:
    assert matches(LINES, "", is_case_sensitive=False) == []


def test_the_next_match_is_the_one_at_the_place_or_after_it_and_after_the_last_comes_the_first() -> None:
    found = matches(LINES, "a", is_case_sensitive=True)
    assert [index_after(found, place) for place in ((0, 0), (0, 4), (0, 5), (2, 6))] == [0, 0, 1, 0]


def test_the_match_before_is_the_last_one_before_the_place_and_before_the_first_comes_the_last() -> None:
    found = matches(LINES, "a", is_case_sensitive=True)
    assert [index_before(found, place) for place in ((2, 6), (2, 5), (0, 4))] == [2, 1, 2]


def test_what_is_found_is_replaced_also_by_what_contains_it() -> None:
    found = matches(LINES, "a", is_case_sensitive=True)
    assert replaced(LINES, found, "aa") == ["int aa, A;", "", "\taa = aa + 1;"]
    assert LINES[0] == "int a, A;"


@given(st.lists(st.text("ab\t.")), st.text("ab.", min_size=1))
def test_replacing_agrees_with_python(lines: list[str], wanted: str) -> None:
    found = matches(lines, wanted, is_case_sensitive=True)
    assert replaced(lines, found, "xy") == [line.replace(wanted, "xy") for line in lines]


# The bar


TEXT = "int text;\nint other;\nint Text = text;\n"


async def test_a_text_is_found_while_it_is_typed_and_enter_goes_on(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        editor = editor_of(app)
        editor.load_text(TEXT)
        await pilot.press("f3", "ctrl+f", *"tex")
        await until(pilot, lambda: shown(app, "#found") == "1 of 3")
        assert editor.selected_text == "tex"
        await pilot.press("t", "enter")
        await until(pilot, lambda: shown(app, "#found") == "2 of 3")
        assert editor.selection.end == (2, 8)
        await pilot.press("up", "up")
        await until(pilot, lambda: shown(app, "#found") == "3 of 3")
        await pilot.press("down")
        await until(pilot, lambda: shown(app, "#found") == "1 of 3")


async def test_the_bar_is_closed_by_escape_and_what_was_found_stays_selected(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        editor = editor_of(app)
        editor.load_text(TEXT)
        await pilot.press("f3", "ctrl+f", *"other")
        await until(pilot, lambda: editor.selected_text == "other")
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is editor)
        assert not screen_of(app).query_one(FindBar).display
        assert editor.selected_text == "other"
        editor.move_cursor((0, 0))
        app.post_message(events.Key("alt+g", "g"))  # as terminals send it
        await until(pilot, lambda: editor.selected_text == "other")
        editor.move_cursor((0, 0))
        await pilot.press("ctrl+g")
        assert editor.selected_text == "other"
        assert editor.text == TEXT


async def test_escape_in_the_code_closes_the_bar_before_it_leaves(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f3", "ctrl+f", "f3", "escape")
        await until(pilot, lambda: not screen_of(app).query_one(FindBar).display)
        assert app.focused is editor_of(app)


async def test_what_is_selected_is_looked_for_first(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        editor = editor_of(app)
        editor.load_text(TEXT)
        await pilot.press("f3", "shift+right", "shift+right", "shift+right", "ctrl+f")
        await until(pilot, lambda: shown(app, "#found") == "1 of 3")
        assert screen_of(app).query_one("#find", Input).value == "int"


async def test_a_text_that_is_not_there_is_told_in_words(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f3", "ctrl+f", *"zebra")
        await until(pilot, lambda: "not found" in shown(app, "#found"))


async def test_capital_letters_are_told_apart_by_a_key_and_with_the_mouse(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        editor_of(app).load_text(TEXT)
        await pilot.press("f3", "ctrl+f", *"Text")
        await until(pilot, lambda: shown(app, "#found") == "1 of 3")
        app.post_message(events.Key("alt+c", "c"))  # as terminals send it
        await until(pilot, lambda: shown(app, "#found") == "1 of 1")
        await pilot.click("#find-case")
        await until(pilot, lambda: shown(app, "#found").endswith("of 3"))


async def test_the_count_follows_what_is_typed_in_the_code(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        editor_of(app).load_text(TEXT)
        await pilot.press("f3", "ctrl+f", *"int", "f3")
        editor_of(app).move_cursor((3, 0))
        await pilot.press(*"int")
        await until(pilot, lambda: shown(app, "#found") == "4 found")


async def test_matches_are_replaced_one_by_one(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await opened(pilot)
        editor = editor_of(app)
        editor.load_text(TEXT)
        await screen_of(app).run_action("edit('replace')")
        await until(pilot, lambda: screen_of(app).query_one("#find", Input).has_focus)
        await pilot.press(*"text", "tab", *"word", "enter")
        await until(pilot, lambda: editor.text == TEXT.replace("text", "word", 1))
        assert editor.selected_text == "Text"
        await pilot.press("down", "enter")
        await until(pilot, lambda: editor.text == "int word;\nint other;\nint Text = word;\n")


async def test_all_matches_are_replaced_and_one_undo_takes_that_back(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        editor = editor_of(app)
        editor.load_text(TEXT)
        await pilot.press("f3", "end", "x", "ctrl+f", *"t", "tab", "alt+a")
        await until(pilot, lambda: shown(app, "#found") == "10 replaced")
        assert editor.text == "in ex;x\nin oher;\nin ex = ex;\n"
        await pilot.press("escape", "ctrl+z")
        await until(pilot, lambda: editor.text == TEXT.replace(";", ";x", 1))


async def test_what_is_typed_in_one_go_is_taken_in_its_order(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        editor_of(app).load_text(TEXT)
        await pilot.press("f3")
        for key in ("ctrl+f", "i", "n", "t", "tab", "l", "o", "n", "g", "escape", "x"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: "x" in editor_of(app).text)
        assert screen_of(app).query_one("#find", Input).value == "int"
        assert screen_of(app).query_one("#replacement", Input).value == "long"


async def test_one_letter_in_place_of_one_word_is_a_step_of_undoing_by_itself(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        editor = editor_of(app)
        editor.load_text("a\n")
        await pilot.press("f3", "delete", "b", "ctrl+f", "b", "tab", "c", "alt+a")
        await until(pilot, lambda: editor.text == "c\n")
        await pilot.press("escape", "d", "ctrl+z")
        await until(pilot, lambda: editor.text == "c\n")
        await pilot.press("ctrl+z")
        await until(pilot, lambda: editor.text == "b\n")


async def test_another_file_is_searched_when_its_tab_is_chosen(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await screen_of(app).open_lesson(lab.pack.lessons[1])
        await pilot.press("f3", "ctrl+f", *"HELP")
        await until(pilot, lambda: "not found" in shown(app, "#found"))
        await pilot.click("#file-1")
        await until(pilot, lambda: shown(app, "#found") == "1 found")
        await screen_of(app).open_lesson(lab.pack.lessons[0])
        assert not screen_of(app).query_one(FindBar).display
