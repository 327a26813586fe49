# SPDX-License-Identifier: MIT
import re

import pytest
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import Theme

from kmodlab.tui.theme import (
    CAPTURES,
    HIGH_CONTRAST_DARK_NAME,
    HIGH_CONTRAST_LIGHT_NAME,
    THEMES,
    editor_theme,
    terminal_colours,
)
from kmodlab.tui.widgets.code_editor import HIGHLIGHTS

LEGIBLE = {  # the contrast that WCAG 2.1 asks for: level AA, and AAA
    theme.name: 7 if theme.name in (HIGH_CONTRAST_DARK_NAME, HIGH_CONTRAST_LIGHT_NAME) else 4.5
    for theme in THEMES
}
DISCERNIBLE = 3  # of what is no text (WCAG 2.1, 1.4.11)


def luminance(colour: Color) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b)


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def colour(theme: Theme, name: str) -> str:
    return theme.variables.get(name) or getattr(theme, name)


GROUNDS = ("background", "surface", "panel", "code-background", "title-background")
TEXTS = ("foreground", "primary", "accent", "success", "warning", "error", "muted", "code")


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_text_is_legible_on_every_ground(theme: Theme) -> None:
    pale = {
        (text, ground): round(contrast(colour(theme, text), colour(theme, ground)), 2)
        for text in TEXTS
        for ground in GROUNDS
        if contrast(colour(theme, text), colour(theme, ground)) < LEGIBLE[theme.name]
    }
    assert pale == {}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_code_is_legible_in_editor_and_lesson(theme: Theme) -> None:
    names = ["gutter", *(name for name in theme.variables if name.startswith("syntax-"))]
    assert len(names) > 6
    pale = [
        name
        for name in names
        if contrast(theme.variables[name], theme.variables["code-background"]) < LEGIBLE[theme.name]
    ]
    assert pale == []


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_colours_of_a_terminal_are_legible(theme: Theme) -> None:
    colours = terminal_colours(theme)
    names = [
        "#{:02x}{:02x}{:02x}".format(*colours.ansi_colors[number]) for number in range(1, 16)
    ]  # but black
    needed = LEGIBLE[theme.name]
    assert [name for name in names if contrast(name, theme.variables["code-background"]) < needed] == []


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_what_has_the_focus_or_was_found_is_legible(theme: Theme) -> None:
    needed = LEGIBLE[theme.name] if LEGIBLE[theme.name] > 4.5 else 4
    pale = {
        (text, ground): round(contrast(colour(theme, text), colour(theme, ground)), 2)
        for text, ground in (
            ("focus-foreground", "focus-background"),
            ("block-cursor-foreground", "block-cursor-background"),
            ("success", "focus-background"),
            ("error", "focus-background"),
            ("success", "block-cursor-background"),
            ("error", "block-cursor-background"),
            ("accent", "block-cursor-background"),
            ("foreground", "block-cursor-background"),
            ("input-cursor-foreground", "input-cursor-background"),
            ("foreground", "input-selection-background"),
            ("foreground", "found-background"),
            ("foreground", "raised"),
            ("background", "accent"),
            ("footer-key-foreground", "footer-background"),
            ("footer-description-foreground", "footer-background"),
        )
        if contrast(colour(theme, text), colour(theme, ground)) < needed
    }
    assert pale == {}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_a_matching_bracket_stands_out_and_is_not_taken_for_the_cursor(theme: Theme) -> None:
    bracket = colour(theme, "secondary")  # its ground in styles/app.tcss
    assert contrast(colour(theme, "background"), bracket) >= LEGIBLE[theme.name]
    for ground in ("code-background", "raised"):
        assert contrast(bracket, colour(theme, ground)) >= DISCERNIBLE
    assert bracket != colour(theme, "input-cursor-background")


@pytest.mark.parametrize(
    "theme", [theme for theme in THEMES if LEGIBLE[theme.name] == 7], ids=lambda theme: theme.name
)
def test_with_high_contrast_every_text_is_legible_where_the_cursor_is_and_lines_are_seen(
    theme: Theme,
) -> None:
    for text in TEXTS:
        for ground in ("raised", "block-cursor-background"):
            assert contrast(colour(theme, text), colour(theme, ground)) >= 7, (text, ground)
    for line, ground in (
        ("rule", "surface"),
        ("border", "panel"),
        ("border-blurred", "panel"),
        ("scrollbar", "scrollbar-background"),
        ("input-cursor-background", "code-background"),
    ):
        assert contrast(colour(theme, line), colour(theme, ground)) >= DISCERNIBLE, (line, ground)


def test_all_themes_define_the_same_variables() -> None:
    assert {frozenset(theme.variables) for theme in THEMES} == {frozenset(THEMES[0].variables)}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_capture_of_the_query_has_a_style(theme: Theme) -> None:
    query = re.sub(r"^;.*$", "", HIGHLIGHTS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    captures = set(re.findall(r"@([a-z.]+)", query))
    assert captures == CAPTURES.keys()
    assert captures == editor_theme(theme).syntax_styles.keys()


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_grounds_stay_apart_with_256_colours(theme: Theme) -> None:
    def downgraded(name: str) -> int | None:
        return Color.parse(colour(theme, name)).rich_color.downgrade(ColorSystem.EIGHT_BIT).number

    lesson, code, title, raised = map(
        downgraded, ("surface", "code-background", "title-background", "raised")
    )
    assert lesson != code
    assert title not in (lesson, code)
    assert raised not in (lesson, code)
    assert downgraded("focus-background") not in (title, raised, lesson)
