# SPDX-License-Identifier: MIT
import re

import pytest
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import Theme

from kmodlab.tui.theme import CAPTURES, THEMES, editor_theme
from kmodlab.tui.widgets.code_editor import HIGHLIGHTS

LEGIBLE = 4.5  # WCAG 2.1, level AA


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
        if contrast(colour(theme, text), colour(theme, ground)) < LEGIBLE
    }
    assert pale == {}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_code_is_legible_in_editor_and_lesson(theme: Theme) -> None:
    names = [name for name in theme.variables if name.startswith("syntax-")]
    assert len(names) > 5
    pale = [
        name
        for name in names
        if contrast(theme.variables[name], theme.variables["code-background"]) < LEGIBLE
    ]
    assert pale == []


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_what_has_the_focus_is_legible(theme: Theme) -> None:
    for text, ground in (
        ("focus-foreground", "focus-background"),
        ("block-cursor-foreground", "block-cursor-background"),
        ("success", "focus-background"),
        ("error", "focus-background"),
        ("success", "block-cursor-background"),
        ("error", "block-cursor-background"),
        ("input-cursor-foreground", "input-cursor-background"),
        ("foreground", "input-selection-background"),
        ("background", "accent"),
        ("footer-key-foreground", "footer-background"),
        ("footer-description-foreground", "footer-background"),
    ):
        assert contrast(colour(theme, text), colour(theme, ground)) >= 4, (text, ground)


def test_both_themes_define_the_same_variables() -> None:
    dark, light = THEMES
    assert dark.variables.keys() == light.variables.keys()


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
