# SPDX-License-Identifier: MIT
"""A terminal: shows what a guest prints, and sends it every key but the one that leaves."""

from functools import lru_cache
from typing import ClassVar

from pyte.screens import Char
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from kmodlab.tui.terminal import keys
from kmodlab.tui.terminal.screen import APPLICATION_CURSOR, BRACKETED_PASTE, Row, Screen, Stream

SCROLLING = {
    "shift+pageup": "page_up",
    "shift+pagedown": "page_down",
    "shift+home": "scroll_home",
    "shift+end": "scroll_end",
}

_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_COLOURS = (  # pyte's names, one of them misspelt, to Rich's
    {"default": None, "brown": "yellow", "brightbrown": "bright_yellow", "bfightmagenta": "bright_magenta"}
    | {name: name for name in _NAMES}
    | {f"bright{name}": f"bright_{name}" for name in _NAMES}
)


class Terminal(ScrollView, can_focus=True):
    """While it has the focus all keys go to the guest, but those that scroll, and ctrl+]."""

    HELP = "Console"

    COMPONENT_CLASSES: ClassVar[set[str]] = {"terminal--cursor"}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            keys.LEAVE,
            "leave",
            "Leave the console",
            key_display="^]",
            id="console.leave",
            tooltip="Leave the console; until then every key goes to it",
        ),
    ]

    class Typed(Message):
        """Something for the guest: keys, or the answer to a question of its own."""

        def __init__(self, typed: bytes) -> None:
            self.typed = typed
            super().__init__()

    class Resized(Message):
        """The guest has to be told of another size."""

        def __init__(self, rows: int, columns: int) -> None:
            self.rows = rows
            self.columns = columns
            super().__init__()

    class Left(Message):
        """The learner wants to be elsewhere."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._start()

    def _start(self) -> None:
        self._screen = Screen(80, 24, lambda answer: self._type(answer.encode()))
        self._stream = Stream(self._screen)
        self._cursor_row = 0

    def on_mount(self) -> None:
        """Stay at the end as it grows, until the learner scrolls back."""
        self.anchor()

    def restart(self) -> None:
        """Forget everything: another guest is there."""
        self._start()
        self._fit()

    def feed(self, printed: bytes) -> None:
        """Show what the guest has printed."""
        self._stream.feed(printed)
        screen, dirty = self._screen, self._screen.dirty
        size = Size(self.size.width, screen.past + screen.lines)
        if size != self.virtual_size:
            self.virtual_size = size
            self.refresh()
        else:
            for row in {*dirty, self._cursor_row, screen.cursor.y}:
                self.refresh_line(screen.past + row)
        self._cursor_row = screen.cursor.y
        dirty.clear()

    @property
    def text(self) -> str:
        """All that can be seen, scrolled off or not, line by line."""
        screen = self._screen
        return "\n".join(_plain(screen.row(row)) for row in range(screen.past + screen.lines)).rstrip()

    @property
    def is_alternate(self) -> bool:
        """Whether a program has the screen to itself."""
        return self._screen.is_alternate

    def on_resize(self, event: events.Resize) -> None:
        """Take the size there is now, and have the guest told."""
        self._fit()

    def _fit(self) -> None:
        width, height = self.size
        if width and height:
            self._screen.resize(height, width)
            self.feed(b"")
            self.post_message(self.Resized(height, width))

    def render_line(self, y: int) -> Strip:
        """One row on screen."""
        row, width, base = y + self.scroll_offset.y, self.size.width, self.rich_style
        screen = self._screen
        if row >= screen.past + screen.lines:
            return Strip.blank(width, base)
        strip = Strip([Segment(text, base + _style(look)) for text, look in screen.row(row)])
        strip = strip.adjust_cell_length(width, base)
        if self.has_focus and row == screen.past + screen.cursor.y and not screen.cursor.hidden:
            at = min(screen.cursor.x, width - 1)
            strip = _painted(strip, at, at + 1, self.get_component_rich_style("terminal--cursor"))
        if (selection := self.text_selection) is not None and (span := selection.get_span(row)) is not None:
            start, end = span
            chosen = self.screen.get_component_rich_style("screen--selection")
            strip = _painted(strip, start, width if end == -1 else end, chosen)
        return strip.apply_offsets(0, row)

    # Keys

    async def on_key(self, event: events.Key) -> None:
        """Send what was typed; a selection is copied with ctrl+c."""
        if event.key == keys.LEAVE:
            return
        event.stop()
        event.prevent_default()
        if event.key in SCROLLING:
            await self.run_action(SCROLLING[event.key])
        elif event.key == "ctrl+c" and (selected := self.screen.get_selected_text()):
            self.app.copy_to_clipboard(selected)
            self.screen.clear_selection()
        else:
            self.type_key(event)

    def type_key(self, event: events.Key) -> None:
        """Send the guest what a key sends."""
        is_application = APPLICATION_CURSOR in self._screen.mode
        typed = keys.encoded(event.key, event.character, is_application=is_application)
        if typed is not None:
            self._show_end()
            self._type(typed)

    def on_paste(self, event: events.Paste) -> None:
        """Send what is pasted."""
        event.stop()
        self._show_end()
        self._type(keys.pasted(event.text, is_bracketed=BRACKETED_PASTE in self._screen.mode))

    def action_leave(self) -> None:
        """Give the focus away."""
        self.post_message(self.Left())

    def _show_end(self) -> None:
        if self.text_selection is not None:
            self.screen.clear_selection()
        self.scroll_end(animate=False, immediate=True)

    def _type(self, typed: bytes) -> None:
        self.post_message(self.Typed(typed))

    # Copying

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What the learner selected with the mouse."""
        return selection.extract(self.text), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected."""
        self.refresh()


def _painted(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """The strip with its cells from `start` to `end` in another style."""
    middle = Strip(Segment.apply_style(strip.crop(start, end), post_style=style))
    return Strip.join([strip.crop(0, start), middle, strip.crop(end)])


def _plain(row: Row) -> str:
    return "".join(text for text, _look in row)


@lru_cache(maxsize=1024)
def _style(look: Char) -> Style:
    return Style(
        color=_COLOURS.get(look.fg, f"#{look.fg}"),
        bgcolor=_COLOURS.get(look.bg, f"#{look.bg}"),
        bold=look.bold,
        italic=look.italics,
        underline=look.underscore,
        reverse=look.reverse,
        strike=look.strikethrough,
    )
