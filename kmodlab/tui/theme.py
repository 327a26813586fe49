# SPDX-License-Identifier: MIT
"""The themes of the app, and the colours of C in its editor and lessons.

Every text colour has a contrast of at least 4.5 to 1 on every background it is used on (WCAG 2.1, AA), in the
themes of high contrast of 7 to 1 (AAA);
tests/test_tui_theme.py measures it. Grounds are so nearly grey (saturation below 0.15)
that a terminal of 256 colours shows them as different greys; Rich would make black of most dark tints.
"""

from pygments.token import Token
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.color import Color
from textual.highlight import HighlightTheme, TokenType
from textual.theme import Theme
from textual.widgets.text_area import TextAreaTheme

DARK_NAME = "kmodlab-dark"
LIGHT_NAME = "kmodlab-light"
HIGH_CONTRAST_DARK_NAME = "kmodlab-high-contrast-dark"
HIGH_CONTRAST_LIGHT_NAME = "kmodlab-high-contrast-light"

DARK = Theme(
    name=DARK_NAME,
    dark=True,
    primary="#6cb2f5",
    secondary="#5fc9c0",
    accent="#f2b45c",
    success="#7fcf87",
    warning="#e8c06a",
    error="#f7968d",
    foreground="#d6dce5",
    background="#121418",
    surface="#1a1d22",
    panel="#26292f",
    variables={
        "muted": "#98a1ae",
        "code": "#a8d49a",
        "rule": "#3a3f47",
        "raised": "#2c3037",
        "title-background": "#212429",
        "focus-background": "#1c4373",
        "focus-foreground": "#e6f1fc",
        "code-background": "#141619",
        "gutter": "#808791",
        "found-background": "#4f4326",
        "block-cursor-background": "#244873",
        "block-cursor-foreground": "#eef5fd",
        "block-cursor-blurred-background": "#2c3037",
        "block-cursor-blurred-foreground": "#d6dce5",
        "block-cursor-text-style": "none",
        "input-selection-background": "#2f5175",
        "input-cursor-background": "#f2b45c",
        "input-cursor-foreground": "#121418",
        "border": "#6cb2f5",
        "border-blurred": "#3a3f47",
        "scrollbar": "#444a54",
        "scrollbar-hover": "#5a6270",
        "scrollbar-active": "#6cb2f5",
        "scrollbar-background": "#1a1d22",
        "scrollbar-background-hover": "#1a1d22",
        "scrollbar-background-active": "#1a1d22",
        "scrollbar-corner-color": "#1a1d22",
        "footer-background": "#212429",
        "footer-foreground": "#98a1ae",
        "footer-description-foreground": "#bcc4cf",
        "footer-key-foreground": "#f2b45c",
        "footer-item-background": "#212429",
        "markdown-h1-color": "#f2b45c",
        "markdown-h2-color": "#6cb2f5",
        "markdown-h3-color": "#5fc9c0",
        "syntax-keyword": "#c8a2f2",
        "syntax-type": "#5fc9c0",
        "syntax-function": "#82bdf7",
        "syntax-string": "#a8d49a",
        "syntax-number": "#f2b45c",
        "syntax-constant": "#f0a87b",
        "syntax-comment": "#8b94a1",
        "syntax-directive": "#d794c9",
        "syntax-quiet": "#abb4c0",
    },
)

LIGHT = Theme(
    name=LIGHT_NAME,
    dark=False,
    primary="#0a5a9c",
    secondary="#0b6b66",
    accent="#8a4b00",
    success="#1b6b34",
    warning="#7a5200",
    error="#a82a20",
    foreground="#22282f",
    background="#ecebe8",
    surface="#f8f7f3",
    panel="#e3e1dc",
    variables={
        "muted": "#555d68",
        "code": "#1b6b34",
        "rule": "#c9c5ba",
        "raised": "#d9d7d2",
        "title-background": "#e3e1dc",
        "focus-background": "#c5daee",
        "focus-foreground": "#0c2f50",
        "code-background": "#f0efec",
        "gutter": "#5f6670",
        "found-background": "#f0dca4",
        "block-cursor-background": "#c5daee",
        "block-cursor-foreground": "#0c2f50",
        "block-cursor-blurred-background": "#d9d7d2",
        "block-cursor-blurred-foreground": "#22282f",
        "block-cursor-text-style": "none",
        "input-selection-background": "#b9d4ee",
        "input-cursor-background": "#0a5a9c",
        "input-cursor-foreground": "#ffffff",
        "border": "#0a5a9c",
        "border-blurred": "#c9c5ba",
        "scrollbar": "#c2beb2",
        "scrollbar-hover": "#a8a498",
        "scrollbar-active": "#0a5a9c",
        "scrollbar-background": "#f8f7f3",
        "scrollbar-background-hover": "#f8f7f3",
        "scrollbar-background-active": "#f8f7f3",
        "scrollbar-corner-color": "#f8f7f3",
        "footer-background": "#e3e1dc",
        "footer-foreground": "#555d68",
        "footer-description-foreground": "#3c444e",
        "footer-key-foreground": "#8a4b00",
        "footer-item-background": "#e3e1dc",
        "markdown-h1-color": "#8a4b00",
        "markdown-h2-color": "#0a5a9c",
        "markdown-h3-color": "#0b6b66",
        "syntax-keyword": "#7030a0",
        "syntax-type": "#0b6b66",
        "syntax-function": "#0a5a9c",
        "syntax-string": "#1b6b34",
        "syntax-number": "#8a4b00",
        "syntax-constant": "#96400c",
        "syntax-comment": "#5c6570",
        "syntax-directive": "#99296f",
        "syntax-quiet": "#4a525d",
    },
)

HIGH_CONTRAST_DARK = Theme(
    name=HIGH_CONTRAST_DARK_NAME,
    dark=True,
    primary="#a3d3ff",
    secondary="#7ee8de",
    accent="#ffd166",
    success="#8df59a",
    warning="#ffe08a",
    error="#ffc2bb",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    variables={
        "muted": "#d0d4da",
        "code": "#b9f5a6",
        "rule": "#8a8f98",
        "raised": "#303030",
        "title-background": "#262626",
        "focus-background": "#003a70",
        "focus-foreground": "#ffffff",
        "code-background": "#121212",
        "gutter": "#c0c4ca",
        "found-background": "#5c4600",
        "block-cursor-background": "#003a70",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#303030",
        "block-cursor-blurred-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "input-selection-background": "#004a8f",
        "input-cursor-background": "#ffd166",
        "input-cursor-foreground": "#000000",
        "border": "#ffffff",
        "border-blurred": "#8a8f98",
        "scrollbar": "#9a9fa8",
        "scrollbar-hover": "#d0d4da",
        "scrollbar-active": "#ffffff",
        "scrollbar-background": "#1c1c1c",
        "scrollbar-background-hover": "#1c1c1c",
        "scrollbar-background-active": "#1c1c1c",
        "scrollbar-corner-color": "#1c1c1c",
        "footer-background": "#262626",
        "footer-foreground": "#ffffff",
        "footer-description-foreground": "#ffffff",
        "footer-key-foreground": "#ffd166",
        "footer-item-background": "#262626",
        "markdown-h1-color": "#ffd166",
        "markdown-h2-color": "#a3d3ff",
        "markdown-h3-color": "#7ee8de",
        "syntax-keyword": "#e0c2ff",
        "syntax-type": "#7ee8de",
        "syntax-function": "#a8d4ff",
        "syntax-string": "#b9f5a6",
        "syntax-number": "#ffd166",
        "syntax-constant": "#ffc39b",
        "syntax-comment": "#c9ced6",
        "syntax-directive": "#ffb8ec",
        "syntax-quiet": "#e4e7eb",
    },
)

HIGH_CONTRAST_LIGHT = Theme(
    name=HIGH_CONTRAST_LIGHT_NAME,
    dark=False,
    primary="#00407a",
    secondary="#004b47",
    accent="#5c3200",
    success="#00471b",
    warning="#523700",
    error="#86100a",
    foreground="#000000",
    background="#ffffff",
    surface="#ffffff",
    panel="#eeeeee",
    variables={
        "muted": "#363b42",
        "code": "#00471b",
        "rule": "#6b7079",
        "raised": "#dadada",
        "title-background": "#e4e4e4",
        "focus-background": "#b8dcff",
        "focus-foreground": "#000000",
        "code-background": "#f7f7f7",
        "gutter": "#454a52",
        "found-background": "#ffe08a",
        "block-cursor-background": "#b8dcff",
        "block-cursor-foreground": "#000000",
        "block-cursor-blurred-background": "#dadada",
        "block-cursor-blurred-foreground": "#000000",
        "block-cursor-text-style": "bold",
        "input-selection-background": "#a3d1ff",
        "input-cursor-background": "#00407a",
        "input-cursor-foreground": "#ffffff",
        "border": "#000000",
        "border-blurred": "#6b7079",
        "scrollbar": "#6b7079",
        "scrollbar-hover": "#363b42",
        "scrollbar-active": "#000000",
        "scrollbar-background": "#eeeeee",
        "scrollbar-background-hover": "#eeeeee",
        "scrollbar-background-active": "#eeeeee",
        "scrollbar-corner-color": "#eeeeee",
        "footer-background": "#e4e4e4",
        "footer-foreground": "#000000",
        "footer-description-foreground": "#000000",
        "footer-key-foreground": "#5c3200",
        "footer-item-background": "#e4e4e4",
        "markdown-h1-color": "#5c3200",
        "markdown-h2-color": "#00407a",
        "markdown-h3-color": "#004b47",
        "syntax-keyword": "#561a80",
        "syntax-type": "#004b47",
        "syntax-function": "#00407a",
        "syntax-string": "#00471b",
        "syntax-number": "#5c3200",
        "syntax-constant": "#6b2a00",
        "syntax-comment": "#3c424a",
        "syntax-directive": "#74124f",
        "syntax-quiet": "#2b3036",
    },
)

THEMES = (DARK, LIGHT, HIGH_CONTRAST_DARK, HIGH_CONTRAST_LIGHT)  # in the order that the key goes through

# The captures of c.scm, by the colour they have in the themes and what else marks them.
CAPTURES = {
    "keyword": ("keyword", ""),
    "type": ("type", ""),
    "function": ("function", ""),
    "string": ("string", ""),
    "escape": ("number", ""),
    "number": ("number", ""),
    "constant": ("constant", ""),
    "comment": ("comment", "italic"),
    "directive": ("directive", ""),
    "attribute": ("directive", "italic"),
    "label": ("directive", "bold"),
    "property": ("quiet", ""),
    "operator": ("quiet", ""),
    "delimiter": ("quiet", ""),
}


def editor_theme(theme: Theme) -> TextAreaTheme:
    """How the editor shows C in `theme`; the rest of the editor is styled by styles/app.tcss."""
    styles = {
        capture: Style.parse(f"{marks} {theme.variables[f'syntax-{colour}']}")
        for capture, (colour, marks) in CAPTURES.items()
    }
    return TextAreaTheme(theme.name, syntax_styles=styles)


def terminal_colours(theme: Theme) -> TerminalTheme:
    """What the sixteen colours of a terminal are in `theme`: those that are legible there."""
    names = ("error", "success", "warning", "primary", "syntax-keyword", "secondary", "foreground")
    rule, muted, *rest = (_triplet(theme, name) for name in ("rule", "muted", *names))
    ground, text = _triplet(theme, "code-background"), _triplet(theme, "foreground")
    return TerminalTheme(ground, text, [rule, *rest], [muted, *rest])


def _triplet(theme: Theme, name: str) -> tuple[int, int, int]:
    return Color.parse(theme.variables.get(name) or getattr(theme, name)).rgb


class LessonHighlight(HighlightTheme):
    """The colours of code in a lesson's text: the same as in the editor."""

    STYLES: dict[TokenType, str] = {  # noqa: RUF012 (declared so by Textual)
        Token.Comment: "$syntax-comment italic",
        Token.Comment.Preproc: "$syntax-directive",
        Token.Comment.PreprocFile: "$syntax-string",
        Token.Keyword: "$syntax-keyword",
        Token.Keyword.Type: "$syntax-type",
        Token.Literal.Number: "$syntax-number",
        Token.Literal.String: "$syntax-string",
        Token.Literal.String.Escape: "$syntax-number",
        Token.Name.Class: "$syntax-type",
        Token.Name.Function: "$syntax-function",
        Token.Name.Label: "$syntax-directive bold",
        Token.Operator: "$syntax-quiet",
        Token.Generic.Prompt: "$muted",
        Token.Generic.Inserted: "$text-success",
        Token.Generic.Deleted: "$text-error",
    }
