# SPDX-License-Identifier: MIT
"""The C editor: colours, the kernel's indentation, and marks on the lines that something was said about."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from kmodlab.tui import indent
from kmodlab.tui.marks import Mark, by_row, follow
from kmodlab.tui.theme import THEMES, editor_theme
from kmodlab.tui.words import WEIGHTS

if TYPE_CHECKING:
    from tree_sitter import Language

HIGHLIGHTS = Path(__file__).parent.parent / "c.scm"


@cache
def c_language() -> "Language":
    """The grammar of C."""
    import tree_sitter_c
    from tree_sitter import Language

    return Language(tree_sitter_c.language())


class CodeEditor(TextArea):
    """One source file, edited."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "code-editor--error",
        "code-editor--finding",
        "code-editor--warning",
        "code-editor--note",
    }

    class Left(Message):
        """The learner pressed Escape."""

    class Marked(Message):
        """Other marks than before are shown, or they are elsewhere."""

    def __init__(self, name: str, text: str = "", *, read_only: bool = False, id: str | None = None) -> None:
        """Edit `text`, the content of the file called `name`."""
        super().__init__(
            text,
            soft_wrap=False,
            tab_behavior="indent",
            show_line_numbers=True,
            read_only=read_only,
            id=id,
            compact=True,
        )
        self.cursor_blink = False
        self.file = name
        self.indent_type = "tabs"
        self.indent_width = indent.TAB_WIDTH
        self._marks: list[Mark] = []
        self._marks_of_row = by_row(())
        self._lines_before = self.lines
        if name.endswith((".c", ".h")):
            self.register_language("c", c_language(), HIGHLIGHTS.read_text(encoding="utf-8"))
            self.language = "c"
        for theme in THEMES:
            self.register_theme(editor_theme(theme))

    def on_mount(self) -> None:
        """Follow the app's theme."""
        self.watch(self.app, "theme", self._follow_theme)

    def _follow_theme(self) -> None:
        name = self.app.current_theme.name
        self.theme = name if name in {theme.name for theme in THEMES} else "css"

    @property
    def lines(self) -> list[str]:
        """The text, line by line."""
        return list(self.document.lines)

    def exchange(self, text: str) -> None:
        """Put `text` in place of what is there; it can be undone, and the cursor stays where it was."""
        cursor = self.cursor_location
        self.replace(text, (0, 0), self.document.end, maintain_selection_offset=False)
        self.move_cursor(self.clamp_visitable(cursor))

    def go_to(self, line: int, column: int | None = None) -> None:
        """Put the cursor on a line, and on a column when one is known (both count from 1)."""
        row = min(line, self.document.line_count) - 1
        text = self.document.get_line(row)
        first = len(indent.indentation(text))
        self.move_cursor((row, min((column - 1) if column else first, len(text))), center=True)

    # Marks

    def mark(self, marks: Iterable[Mark]) -> None:
        """Show these marks instead of the ones before."""
        self._lines_before = self.lines
        self._show_marks(mark for mark in marks if 0 <= mark.row < len(self._lines_before))

    def marks_here(self) -> list[Mark]:
        """The marks of the cursor's line, the gravest first."""
        return self._marks_of_row.get(self.cursor_location[0], [])

    @property
    def marks(self) -> list[Mark]:
        """All marks, where they are now."""
        return self._marks

    def _show_marks(self, marks: Iterable[Mark]) -> None:
        self._marks = list(marks)
        self._marks_of_row = by_row(self._marks)
        self.refresh()
        self.post_message(self.Marked())

    def on_text_area_changed(self) -> None:
        """Let the marks follow their lines."""
        lines = self.lines
        if self._marks and lines != self._lines_before:
            self._show_marks(follow(self._marks, self._lines_before, lines))
        self._lines_before = lines

    def render_line(self, y: int) -> Strip:
        """The line; a marked one has the sign of its gravest mark beside its number, and is underlined."""
        strip = super().render_line(y)
        row = y + self.scroll_offset.y
        marks = self._marks_of_row.get(row)
        if not marks:
            return strip
        sign = self.get_component_rich_style(f"code-editor--{marks[0].weight}")
        gutter = self.gutter_width
        line = self.document.get_line(row)
        start = (
            gutter + cell_len(indent.indentation(line).expandtabs(self.indent_width)) - self.scroll_offset.x
        )
        end = gutter + cell_len(line.expandtabs(self.indent_width)) - self.scroll_offset.x
        start, end = max(start, gutter), max(end, gutter)
        return Strip.join(
            [
                strip.crop(0, gutter - 2),
                _over(strip.crop(gutter - 2, gutter - 1), sign, WEIGHTS[marks[0].weight].glyph),
                strip.crop(gutter - 1, start),
                _over(strip.crop(start, end), Style(underline=True)),
                strip.crop(end),
            ]
        )

    # Keys

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            self.post_message(self.Left())
        elif self.read_only:
            return
        elif event.key == "enter":
            self._break_line()
        elif event.character != "}" or not self._close_block():
            return
        event.stop()
        event.prevent_default()

    def _break_line(self) -> None:
        start, end = sorted(self.selection)
        before = self.document.get_line(start[0])[: start[1]]
        after = self.document.get_line(end[0])[end[1] :]
        opened, closing = indent.line_break(before, after)
        self.replace(opened, start, end, maintain_selection_offset=False)
        if closing:
            cursor = self.cursor_location
            self.insert(closing, cursor)
            self.move_cursor(cursor)

    def _close_block(self) -> bool:
        """Type a `}` at the depth of its `{` when nothing but white space is before it."""
        row, column = self.cursor_location
        before = self.document.get_line(row)[:column]
        depth = indent.closing_indent(self.lines[:row])
        if before.strip() or depth is None or not self.selection.is_empty:
            return False
        self.replace(depth + "}", (row, 0), (row, column), maintain_selection_offset=False)
        return True


def _over(strip: Strip, style: Style, text: str | None = None) -> Strip:
    """The strip with `style` laid over its own, and with another text of the same width when one is given."""
    segments = [Segment(text, *segment[1:]) for segment in strip] if text else strip
    return Strip(Segment.apply_style(segments, post_style=style), strip.cell_length)
