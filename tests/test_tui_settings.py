# SPDX-License-Identifier: MIT
"""The settings screen, the keys that it changes, and the help that shows them."""

import json
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static, Tab
from tui_lab import RecordedSession, make_app
from tui_pilot import NARROW, WIDE, editor_of, opened, screen_of, shown, until

from kmodlab import paths, settings
from kmodlab.errors import LabError
from kmodlab.tui import app as app_module
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.keys import commands
from kmodlab.tui.screens.dialogs import KeyQuestion, Question
from kmodlab.tui.screens.help import Help
from kmodlab.tui.screens.settings import SettingsScreen
from kmodlab.tui.theme import DARK_NAME, LIGHT_NAME
from kmodlab.tui.widgets.footer import StillFooter
from kmodlab.tui.widgets.key_list import KeyList


@pytest.fixture
def lab(lab: RecordedSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordedSession:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return lab


def app_with(lab: RecordedSession, keymap: dict[str, str]) -> KmodlabApp:
    return KmodlabApp(lab, lab.pack.lessons[0], keymap=keymap)  # type: ignore[arg-type]


def keep_kernel(release: str) -> None:
    """Put a made-up kernel into the cache."""
    home = paths.cache() / "kernels" / release
    files = {"image": "vmlinuz", "headers": "headers", "modules": "modules", "busybox": "busybox"}
    for name in ("vmlinuz", "headers/Makefile", "headers/.config", "modules/order", "busybox"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).touch()
    table = {"format": 1, "release": release, "architecture": "x86_64", "source": "apt", "compiler": "gcc-12"}
    (home / "kernel.json").write_text(json.dumps(table | files))


async def choosing(pilot: Pilot[None], *, pages: int = 0) -> KmodlabApp:
    """Open the settings at the page that is so many tabs on, and wait until all is listed."""
    app = await opened(pilot)
    await pilot.press("f10")
    await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
    await until(pilot, lambda: app.screen.query_one(KeyList).option_count)
    await pilot.press(*["tab"] * pages)
    return app


def told(app: KmodlabApp) -> list[str]:
    return [note.message for note in app._notifications]


def options(app: KmodlabApp, selector: str) -> list[str]:
    return [str(option.prompt) for option in app.screen.query_one(selector, OptionList).options]


def footer(app: KmodlabApp) -> dict[str, str]:
    footer = app.screen.query_one(StillFooter)
    palette = [footer.palette] if footer.palette else []
    return {key.description: key.display for key in (*footer.keys, *palette)}


# Colours, editor, kernel


async def test_colours_are_seen_at_once_and_kept_with_enter(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await choosing(pilot)
        await pilot.press("j")
        await until(pilot, lambda: app.theme == LIGHT_NAME)
        assert settings.load().theme is None
        await pilot.press("enter")
        await until(pilot, lambda: settings.load().theme == LIGHT_NAME)
        await until(pilot, lambda: options(app, "#themes")[1] == "● Light · chosen")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen_of(app))
        assert app.theme == LIGHT_NAME


async def test_colours_that_were_only_looked_at_are_gone_on_leaving(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await choosing(pilot)
        await pilot.press("j")
        await until(pilot, lambda: app.theme == LIGHT_NAME)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen_of(app))
        assert app.theme == DARK_NAME


async def test_a_theme_that_was_switched_meanwhile_stays(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await choosing(pilot, pages=1)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: settings.load().theme == LIGHT_NAME)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen_of(app))
        assert app.theme == LIGHT_NAME


async def test_an_editor_is_kept_when_there_is_such_a_program(
    lab: RecordedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", "true")
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await choosing(pilot, pages=1)
        assert app.screen.query_one(Input).placeholder == "true"
        await pilot.press(*"no-such-editor", "enter")
        await until(pilot, lambda: told(app))
        assert told(app) == ["There is no program called no-such-editor on this computer."]
        assert settings.load().editor is None
        await pilot.press("ctrl+u", *"sh -c 'q'", "enter")
        await until(pilot, lambda: settings.load().editor == "sh -c 'q'")
        await pilot.press("ctrl+u", "enter")
        await until(pilot, lambda: settings.load().editor is None)


async def test_a_kernel_is_chosen_for_the_next_start(lab: RecordedSession) -> None:
    keep_kernel("6.1.0-56-cloud-amd64")
    keep_kernel("6.1.0-50-cloud-amd64")
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await choosing(pilot, pages=2)
        assert options(app, "#kernels") == [
            "● 6.1.0-56-cloud-amd64 · in use now · chosen",
            "○ 6.1.0-50-cloud-amd64",
        ]
        await pilot.press("j", "enter")
        await until(pilot, lambda: settings.load().kernel == "6.1.0-50-cloud-amd64")
        await until(pilot, lambda: told(app))
        assert told(app) == ["6.1.0-50-cloud-amd64 is used from the next start on."]
        assert options(app, "#kernels")[1] == "● 6.1.0-50-cloud-amd64 · chosen"


async def test_without_a_kernel_the_settings_say_so(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await choosing(pilot, pages=2)
        text = str(app.screen.query_one("#kernel .explanation", Static).content)
        assert text.startswith("There is no kernel here yet.")


async def test_settings_that_cannot_be_written_are_told(lab: RecordedSession) -> None:
    paths.config().parent.mkdir(parents=True)
    paths.config().write_text("a file stands where the folder belongs")
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await opened(pilot)
        await pilot.press("f10")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen) and told(app))
        await pilot.press("j", "enter")
        await until(pilot, lambda: len(told(app)) == 2)
        assert str(settings.path().parent) in told(app)[1]
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen_of(app))
        assert app.theme == DARK_NAME


# Keys


async def go_to(pilot: Pilot[None], id: str) -> None:
    keys = pilot.app.screen.query_one(KeyList)
    keys.highlighted = keys.get_option_index(id)
    await pilot.pause()


async def test_another_key_works_at_once_is_shown_everywhere_and_is_remembered(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await choosing(pilot, pages=3)
        await go_to(pilot, "check")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, KeyQuestion))
        await pilot.press("f19")
        await until(pilot, lambda: settings.load().keys == {"check": "f19"})
        await until(pilot, lambda: any("● F19" in option for option in options(app, "#key-list")))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen_of(app))
        await until(pilot, lambda: footer(app).get("Check") == "F19")
        await pilot.press("f5")
        assert lab.checked == []
        await pilot.press("f19")
        await until(pilot, lambda: screen_of(app).report is not None)


async def test_a_key_that_is_taken_is_told_and_another_can_be_pressed(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await choosing(pilot, pages=3)
        await go_to(pilot, "hint")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, KeyQuestion))
        await pilot.press("f5")
        objection = app.screen.query_one("#objection", Static)
        await until(pilot, lambda: "F5 means “Check” already." in str(objection.content))
        await pilot.press("ctrl+q")  # works everywhere else
        await until(pilot, lambda: "ctrl+q means “Quit” already." in str(objection.content))
        await pilot.press("x")
        await until(pilot, lambda: settings.load().keys == {"hint": "x"})


async def test_escape_leaves_the_key_as_it_is(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await choosing(pilot, pages=3)
        await go_to(pilot, "hint")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, KeyQuestion))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        assert settings.load().keys == {}


async def test_a_command_gets_its_own_key_back(lab: RecordedSession) -> None:
    async with app_with(lab, {"check": "f19", "hint": "f5"}).run_test(size=NARROW) as pilot:
        app = await choosing(pilot, pages=3)
        await until(pilot, lambda: app.keymap)
        await go_to(pilot, "check")
        await pilot.press("r")
        await until(pilot, lambda: told(app) == ["F5 means “Hint” already."])
        await go_to(pilot, "hint")
        await pilot.press("r")
        await until(pilot, lambda: app.keymap == {"check": "f19"})
        await go_to(pilot, "check")
        await pilot.press("r")
        await until(pilot, lambda: app.keymap == {})
        assert settings.load().keys == {}


async def test_all_commands_get_their_own_keys_back_when_the_user_says_yes(lab: RecordedSession) -> None:
    settings.change(keys={"check": "f19", "hint": "x"})
    async with app_with(lab, {"check": "f19", "hint": "x"}).run_test(size=NARROW) as pilot:
        app = await choosing(pilot, pages=3)
        await until(pilot, lambda: app.keymap)
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: app.keymap == {})
        assert settings.load().keys == {}


async def test_keys_of_the_last_time_are_there_from_the_start(lab: RecordedSession) -> None:
    async with app_with(lab, {"code": "f19", "check": "f20", "commands": "ctrl+f20"}).run_test(
        size=WIDE
    ) as pilot:
        app = await opened(pilot)
        await until(pilot, lambda: footer(app).get("Check") == "F20")
        assert footer(app)["Commands"] == "^F20"
        assert str(screen_of(app).query_one("#code .pane-key", Static).content) == "F19"
        assert str(screen_of(app).query_one("#tab-code", Tab).content) == "F19 Code"
        await pilot.press("f19")
        assert app.focused is editor_of(app)
        await screen_of(app).open_lesson(lab.pack.lessons[1])
        assert shown(app, "#summary") == "F20 builds and checks your code"


async def test_what_cannot_be_used_of_the_keys_is_told_and_the_rest_is_used(lab: RecordedSession) -> None:
    async with app_with(lab, {"chek": "f20", "hint": "f5", "code": "f19"}).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await until(pilot, lambda: told(app))
        (sentence,) = told(app)
        assert sentence.startswith(
            "Not all of your keys can be used. There is no command called chek. hint: F5 means “Check” already."
        )
        assert app.keymap == {"code": "f19"}
        await pilot.press("f5")
        await until(pilot, lambda: screen_of(app).report is not None)


def test_the_app_starts_with_settings_that_are_damaged(
    lab: RecordedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.path().parent.mkdir(parents=True)
    settings.path().write_text("theme = ")
    started: list[KmodlabApp] = []
    monkeypatch.setattr(KmodlabApp, "run", lambda app: started.append(app))
    assert app_module.main() == 0
    assert len(started) == 1
    assert started[0].trouble is not None
    assert str(settings.path()) in started[0].trouble.message


async def test_what_was_wrong_with_the_settings_is_told(lab: RecordedSession) -> None:
    trouble = LabError("The settings are no TOML.", hint="Correct them.")
    app = KmodlabApp(lab, lab.pack.lessons[0], trouble=trouble)  # type: ignore[arg-type]
    async with app.run_test(size=NARROW) as pilot:
        await opened(pilot)
        await until(pilot, lambda: told(app) == ["The settings are no TOML.\nCorrect them."])


# Help


async def helped(pilot: Pilot[None], key: str = "f1") -> tuple[list[str], list[str]]:
    """Press a key for help; return the titles and the keys that it shows."""
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, Help) and pilot.app.screen.query(".help-keys"))
    return tuple(  # type: ignore[return-value]
        [str(text.content) for text in pilot.app.screen.query(kind).results(Static)]
        for kind in (".help-title", ".help-keys")
    )


@pytest.mark.parametrize(
    ("pane", "title", "key"),
    [
        ("f2", "Lesson text", "j"),
        ("f3", "Editor", "shift+tab"),
        ("f4", "Checks", "↓  j"),
        ("ctrl+l", "Lessons", "j"),
    ],
)
async def test_help_begins_with_the_pane_that_has_the_focus(
    lab: RecordedSession, pane: str, title: str, key: str
) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        await opened(pilot)
        await pilot.press(pane)
        titles, keys = await helped(pilot)
        assert titles[:2] == [title, "Everywhere"]
        assert keys[0] == key
        assert "F5  ctrl+r" in keys


async def test_in_the_editor_a_question_mark_is_typed(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await opened(pilot)
        await pilot.press("f3", "question_mark")
        await until(pilot, lambda: editor_of(app).text.startswith("?"))
        assert app.screen is screen_of(app)


async def test_help_scrolls_with_the_keys_of_vi_and_closes(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await opened(pilot)
        await helped(pilot, "question_mark")
        help = app.screen.query_one("#help")
        await pilot.press("G")
        await until(pilot, lambda: help.scroll_offset.y == help.max_scroll_y > 0)
        await pilot.press("g")
        await until(pilot, lambda: help.scroll_offset.y == 0)
        await pilot.press("f1")
        await until(pilot, lambda: app.screen is screen_of(app))


async def test_help_shows_keys_as_they_are_now(lab: RecordedSession) -> None:
    async with app_with(lab, {"check": "f19"}).run_test(size=NARROW) as pilot:
        app = await opened(pilot)
        await until(pilot, lambda: app.keymap)
        _, keys = await helped(pilot)
        assert "F19" in keys
        assert "F5  ctrl+r" not in keys


async def test_every_screen_has_help_of_its_own(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        await choosing(pilot, pages=3)
        titles, keys = await helped(pilot)
        assert titles[:2] == ["Keys", "Everywhere"]
        assert "R" in keys


async def test_the_palette_names_the_keys_that_hold_now_and_works_on_every_screen(
    lab: RecordedSession,
) -> None:
    async with app_with(lab, {"theme": "f19"}).run_test(size=WIDE) as pilot:
        app = await choosing(pilot)
        await until(pilot, lambda: app.keymap)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: app.screen.query("CommandList"))
        await pilot.press(*"colours")
        found = app.screen.query_one("CommandList", OptionList)
        await until(pilot, lambda: found.option_count)
        assert "(F19)" in str(found.options[0].prompt)
        assert "theme" in commands()
