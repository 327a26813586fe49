# SPDX-License-Identifier: MIT
"""The C editor: colours, the kernel's indentation, and marks on the lines that something was said about."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from kmodlab.tui import indent
from kmodlab.tui.find import Location, Match
from kmodlab.tui.marks import Mark, by_row, follow
from kmodlab.tui.theme import THEMES, editor_theme
from kmodlab.tui.words import WEIGHTS

if TYPE_CHECKING:
    from tree_sitter import Language

WIDTH_STEP = 32  # columns
KEPT_LINES = 512  # that are kept as they were rendered
HIGHLIGHTS = Path(__file__).parent.parent / "c.scm"


@cache
def c_language() -> "Language":
    """The grammar of C."""
    import tree_sitter_c
    from tree_sitter import Language

    return Language(tree_sitter_c.language())


class CodeEditor(TextArea):
    """One source file, edited."""

    HELP = "Editor"

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "code-editor--error",
        "code-editor--finding",
        "code-editor--warning",
        "code-editor--note",
        "code-editor--found",
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "shift+tab",
            "change_lines('shallower')",
            "Less deep",
            show=False,
            id="editor.dedent",
            tooltip="The line, or what is selected, one tab to the left; Tab with a selection: to the right",
        ),
        Binding(
            "ctrl+underscore,ctrl+slash",
            "change_lines('commented')",
            "Comment",
            show=False,
            key_display="^/",
            id="editor.comment",
            tooltip="Make a comment of the line, or of what is selected, and code again",
        ),
    ]

    class Left(Message):
        """The learner pressed Escape."""

    class Marked(Message):
        """Other marks than before are shown, or they are elsewhere."""

    def __init__(self, name: str, text: str = "", *, read_only: bool = False, id: str | None = None) -> None:
        """Edit `text`, the content of the file called `name`."""
        self._strips: LRUCache[Hashable, Strip] = LRUCache(KEPT_LINES)
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
        self._matches: Mapping[int, list[Match]] = {}
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

    def validate_virtual_size(self, size: Size) -> Size:
        """Let the width grow in steps: with each change of it Textual lays out the whole screen anew."""
        width = max(size.width, self.size.width)
        return size.with_width(width if width == self.size.width else -(-width // WIDTH_STEP) * WIDTH_STEP)

    def exchange(self, text: str) -> None:
        """Put `text` in place of what is there, as one step of undoing; the cursor stays where it was."""
        cursor = self.cursor_location
        self.put(text, (0, 0), self.document.end)
        self.move_cursor(self.clamp_visitable(cursor))

    def put(self, text: str, start: Location, end: Location) -> None:
        """Put `text` in place of what is between `start` and `end`, as one step of undoing."""
        self.history.checkpoint()
        self.replace(text, start, end, maintain_selection_offset=False)
        self.history.checkpoint()

    def put_lines(self, first: int, lines: Sequence[str]) -> None:
        """Put `lines` in place of as many from row `first` on, as one step of undoing; what is selected stays so."""
        last = first + len(lines) - 1
        before = [self.document.get_line(row) for row in range(first, last + 1)]
        if before == list(lines):
            return

        def moved(location: Location) -> Location:
            row, column = location
            if not first <= row <= last or column == 0:
                return location
            return row, max(0, column + len(lines[row - first]) - len(before[row - first]))

        start, end = self.selection
        self.put("\n".join(lines), (first, 0), (last, len(before[-1])))
        self.selection = Selection(moved(start), moved(end))

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

    def next_mark(self, step: Literal[1, -1]) -> Mark | None:
        """The gravest mark of the next marked row after the cursor, or before it; None when there is no such row."""
        here = self.cursor_location[0]
        beyond = [row for row in self._marks_of_row if (row - here) * step > 0]
        return self._marks_of_row[min(beyond, key=lambda row: row * step)][0] if beyond else None

    def show_matches(self, found: Iterable[Match]) -> None:
        """Show where a text was found, instead of the places before."""
        matches: dict[int, list[Match]] = {}
        for match in found:
            matches.setdefault(match.row, []).append(match)
        if matches != self._matches:
            self._matches = matches
            self.refresh()

    def notify_style_update(self) -> None:
        """Forget how lines looked."""
        self._strips.clear()
        super().notify_style_update()

    def _render_plain(self, y: int, row: int) -> Strip:
        """The line without marks and matches.

        Textual renders all lines anew at every key; those that read and are coloured as before are kept here.
        """
        start, end = sorted(self.selection)
        bracket = self.matching_bracket_location
        if (
            start[0] <= row <= end[0]
            or (bracket is not None and bracket[0] == row)
            or row >= self.document.line_count
        ):
            return super().render_line(y)
        text, colours = self.document.get_line(row), tuple(self._highlights.get(row, ()))
        place = (row, self.scroll_offset.x, self.size, self.virtual_size, self.gutter_width)
        key = (text, colours, place, self.theme, self.has_focus)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = super().render_line(y)
        return strip

    def render_line(self, y: int) -> Strip:
        """The line; a marked one has the sign of its gravest mark beside its number, and is underlined."""
        row = y + self.scroll_offset.y
        strip = self._render_plain(y, row)
        if row in self._matches:
            style = self.get_component_rich_style("code-editor--found")
            for match in self._matches[row]:
                strip = _over_part(strip, self._cells(row, match.start, match.end), style)
        if row not in self._marks_of_row:
            return strip
        weight = self._marks_of_row[row][0].weight
        sign = self.get_component_rich_style(f"code-editor--{weight}")
        line = self.document.get_line(row)
        code = self._cells(row, len(indent.indentation(line)), len(line))
        strip = _over_part(strip, code, Style(underline=True))
        at = self.gutter_width - 2
        return _over_part(strip, (at, at + 1), sign, WEIGHTS[weight].glyph)

    def _cells(self, row: int, start: int, end: int) -> tuple[int, int]:
        """Where on screen the columns `start` to `end` of a row are; what is scrolled away to the left has no width."""
        line = self.document.get_line(row)
        first, last = (cell_len(line[:column].expandtabs(self.indent_width)) for column in (start, end))
        shift = self.gutter_width - self.scroll_offset.x
        return max(first + shift, self.gutter_width), max(last + shift, self.gutter_width)

    # Keys

    async def _on_key(self, event: events.Key) -> None:
        if await self._act_on(event):
            event.stop()
            event.prevent_default()

    async def _act_on(self, event: events.Key) -> bool:
        """Do what the key is for; False when it is a mere character, or nothing that is known here."""
        if event.key == "escape":
            self.post_message(self.Left())
            return True
        if event.key == "enter" and not self.read_only:
            self._break_line()
            return True
        if event.key == "tab" and not self.read_only and self.selection.start[0] != self.selection.end[0]:
            self.action_change_lines("deeper")
            return True
        if event.character == "}" and not self.read_only:
            return self._close_block()
        # Textual runs a binding once the key has bubbled up to the app, and what is typed next would overtake it.
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                return True
        return False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is only shown cannot be changed."""
        return not (self.read_only and action == "change_lines")

    def action_change_lines(self, how: Literal["deeper", "shallower", "commented"]) -> None:
        """Change the lines that are selected, or the one of the cursor, as the function of `indent` does."""
        change: Callable[[Sequence[str]], list[str]] = getattr(indent, how)
        (first, _), (last, column) = sorted(self.selection)
        if column == 0 and last > first:  # no character of that line is selected
            last -= 1
        self.put_lines(first, change([self.document.get_line(row) for row in range(first, last + 1)]))

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


def _over_part(strip: Strip, cells: tuple[int, int], style: Style, text: str | None = None) -> Strip:
    """The strip with `style` laid over a part of it, and with another text of the same width when one is given."""
    start, end = cells[0], min(cells[1], strip.cell_length)
    if start >= end:
        return strip
    part: Iterable[Segment] = strip.crop(start, end)
    if text:
        part = [Segment(text, *segment[1:]) for segment in part]
    styled = Strip(Segment.apply_style(part, post_style=style))
    return Strip.join([strip.crop(0, start), styled, strip.crop(end)])
