# SPDX-License-Identifier: MIT
"""A view of many lines: kernel log records, or what the compiler printed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from kmodlab.evidence.klog import Level, Record
from kmodlab.tui import words

Role = Literal["error", "warning", "notice", "info", "debug", "expected", "heading", "plain"]
NARROWEST = 20  # columns of text beside a prefix; below that the prefix gives way

WORD_AT = 12  # where the level begins in the prefix of a record
EXPECTED: Role = "expected"
_ROLES: dict[Level, Role] = {
    Level.EMERG: "error",
    Level.ALERT: "error",
    Level.CRIT: "error",
    Level.ERR: "error",
    Level.WARNING: "warning",
    Level.NOTICE: "notice",
    Level.INFO: "info",
    Level.DEBUG: "debug",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line to show; `prefix` stands left of it, also beside the parts that do not fit on one row."""

    text: str
    role: Role = "plain"
    prefix: str = ""


def record_line(record: Record) -> Line:
    """A record of the kernel log: time, level in words, text. Lines that are no mistake say `expected`."""
    word = EXPECTED if record.is_benign else record.level.name.lower()
    role: Role = "expected" if record.is_benign else _ROLES[record.level]
    return Line(record.text, role, f"[{record.seconds:9.3f}] {word:<8} ")


def rows_of(line: Line, width: int) -> Iterator[tuple[str, str]]:
    """The line as rows of (prefix, text), none wider than `width` cells."""
    prefix = line.prefix if width - cell_len(line.prefix) >= NARROWEST else ""
    text = line.text.expandtabs(8)
    if text.isascii() and len(prefix) + len(text) <= width:  # nearly all lines
        yield prefix, text
        return
    for number, part in enumerate(chop_cells(text, max(width - cell_len(prefix), 1)) or [""]):
        yield (prefix if number == 0 else " " * cell_len(prefix)), part


def clipped(lines: Sequence[Line], limit: int = 2000) -> Sequence[Line]:
    """The lines; of more than `limit`, the first and the last, with a word on how many were left out between."""
    if len(lines) <= limit:
        return lines
    left_out = words.count(len(lines) - limit, "line")
    return [
        *lines[: limit // 2],
        Line(f"… {left_out} left out here …", "heading"),
        *lines[-(limit - limit // 2) :],
    ]


def text_of(lines: Iterable[Line]) -> str:
    """The lines as text."""
    return "\n".join(line.prefix + line.text for line in lines)


class LogView(ScrollView, can_focus=True):
    """Lines, folded at the width there is; only what is on screen is rendered."""

    HELP = "Log"

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"log-view--{role}"
        for role in ("prefix", "error", "warning", "notice", "info", "debug", "expected", "heading", "plain")
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False, id="lines.down", tooltip="A line down"),
        Binding("k", "scroll_up", "Up", show=False, id="lines.up", tooltip="A line up"),
        Binding("g", "scroll_home", "To the top", show=False, id="lines.top", tooltip="To the first line"),
        Binding("G", "scroll_end", "To the end", show=False, id="lines.end", tooltip="To the last line"),
        Binding("space", "page_down", "A page on", show=False, id="lines.page", tooltip="A page on"),
        Binding(
            "y",
            "copy",
            "Copy",
            show=False,
            id="lines.copy",
            tooltip="Copy what is selected, or all that is shown",
        ),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Line] = []
        self._rows: list[tuple[str, str, Role]] = []
        self._line_of_row: list[int] = []
        self._folded_at = 0

    def show(self, lines: Iterable[Line], *, from_top: bool = True) -> None:
        """Show these lines instead of those before, from the first or from where the reader is."""
        self._lines = list(lines)
        self._fold()
        if from_top:
            self.scroll_home(animate=False)

    @property
    def text(self) -> str:
        """All that is shown, line by line."""
        return text_of(self._lines)

    @property
    def chosen_text(self) -> str:
        """What the reader selected with the mouse, else all that is shown."""
        selection = self.text_selection
        selected = self.get_selection(selection) if selection is not None else None
        return selected[0] if selected is not None else self.text

    def action_copy(self) -> None:
        """Copy what is selected, or all."""
        text = self.chosen_text
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied {words.count(text.count(chr(10)) + 1, 'line')}.")

    def _fold(self) -> None:
        width = self._folded_at = self.scrollable_content_region.width
        self._rows, self._line_of_row = [], []
        for number, line in enumerate(self._lines):
            for prefix, text in rows_of(line, max(width, 1)):
                self._rows.append((prefix, text, line.role))
                self._line_of_row.append(number)
        self.virtual_size = Size(width, len(self._rows))
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Fold the lines at the new width."""
        if self.scrollable_content_region.width != self._folded_at:
            self._fold()

    def render_line(self, y: int) -> Strip:
        """One row on screen."""
        row = y + self.scroll_offset.y
        width = self.size.width
        if row >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        prefix, text, role = self._rows[row]
        style = self.get_component_rich_style(f"log-view--{role}")
        time, word = prefix[:WORD_AT], prefix[WORD_AT:]
        # A trace is all warnings: there the word has the colour, and the text stays easy to read.
        text_style = self.get_component_rich_style("log-view--info") if role == "warning" else style
        strip = Strip(
            [
                Segment(time, self.get_component_rich_style("log-view--prefix")),
                Segment(word, style),
                Segment(text, text_style),
            ]
        )
        if (selection := self.text_selection) is not None and (span := selection.get_span(row)) is not None:
            start, end = span
            end = strip.cell_length if end == -1 else end
            chosen = self.screen.get_component_rich_style("screen--selection")
            middle = Strip(Segment.apply_style(strip.crop(start, end), post_style=chosen))
            strip = Strip.join([strip.crop(0, start), middle, strip.crop(end)])
        return strip.extend_cell_length(width, self.rich_style).apply_offsets(0, row)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What the reader selected with the mouse."""
        return selection.extract("\n".join(prefix + text for prefix, text, _role in self._rows)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected."""
        self.refresh()
