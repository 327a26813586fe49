# SPDX-License-Identifier: MIT
"""The kernel log of an attempt: a cursor on its lines, a filter above them, and a copy of what matters."""

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Input, Static

from kmodlab.tui.keys import commands_of, first_key, key_for
from kmodlab.tui.log_filter import Chapter, Filter, in_words, listing
from kmodlab.tui.widgets.log_view import EXPECTED, Line, LogView, text_of

KEYS = {  # by their commands, in a word
    "log.find": "find",
    "log.level": "level",
    "log.benign": "expected",
    "log.follow": "follow",
    "log.copy": "copy",
}


class LogLines(LogView):
    """Lines with a cursor, which comes with the first key that moves it; `v` selects from there."""

    HELP = "Lines of the log"

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log-lines--cursor", "log-lines--chosen"}

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False, id="log.down", tooltip="To the next line"),
        Binding("k,up", "move(-1)", "Up", show=False, id="log.up", tooltip="To the line before"),
        Binding("space,pagedown", "move_page(1)", "Page on", show=False, id="log.page", tooltip="A page on"),
        Binding(
            "pageup", "move_page(-1)", "Page back", show=False, id="log.page-back", tooltip="A page back"
        ),
        Binding("g,home", "move_to(0)", "To the top", show=False, id="log.top", tooltip="To the first line"),
        Binding("G,end", "move_to(-1)", "To the end", show=False, id="log.end", tooltip="To the last line"),
        Binding(
            "v", "choose", "Select", show=False, id="log.select", tooltip="Select lines, from the cursor's on"
        ),
        Binding("escape", "let_go", "Select nothing", show=False, id="log.let-go"),
        Binding(
            "y",
            "copy",
            "Copy",
            show=False,
            id="log.copy",
            tooltip="Copy what is selected, else the cursor's line, else all that is shown",
        ),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._cursor: int | None = None
        self._anchor: int | None = None  # where selecting began

    def show(self, lines: Iterable[Line], *, from_top: bool = True) -> None:
        """See LogView.show."""
        super().show(lines, from_top=from_top)
        if from_top:
            self._cursor = self._anchor = None
        elif self._cursor is not None:
            self._anchor = None
            self._cursor = min(self._cursor, len(self._lines) - 1) if self._lines else None

    @property
    def chosen_text(self) -> str:
        """What is selected, else the cursor's line, else all that is shown."""
        chosen = self._chosen
        if self.text_selection is not None or chosen is None:
            return super().chosen_text
        return text_of(self._lines[number] for number in chosen)

    def action_copy(self) -> None:
        """Copy, and select nothing any more."""
        super().action_copy()
        self.action_let_go()

    @property
    def _chosen(self) -> range | None:
        """The lines that are selected, or the one of the cursor."""
        if self._cursor is None:
            return None
        first, last = sorted((self._cursor, self._cursor if self._anchor is None else self._anchor))
        return range(first, last + 1)

    # Moving

    def action_move(self, step: int) -> None:
        """Move the cursor; at first put it on the first line that is seen, or the last one."""
        if self._cursor is not None:
            self._put_cursor(self._cursor + step)
        elif self._line_of_row:
            top = self.scroll_offset.y
            row = top if step > 0 else top + self.size.height - 1
            self._put_cursor(self._line_of_row[min(row, len(self._line_of_row) - 1)])

    def action_move_page(self, step: int) -> None:
        """Move by a page."""
        self.action_move(step * max(self.size.height - 1, 1))

    def action_move_to(self, number: int) -> None:
        """Move to the first line, or to the last (-1)."""
        self._put_cursor(number % max(len(self._lines), 1))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where was clicked."""
        row = event.y + self.scroll_offset.y
        if row < len(self._line_of_row):
            self._put_cursor(self._line_of_row[row])

    def action_choose(self) -> None:
        """Begin to select lines; a second time, select none."""
        if self._cursor is None:
            self.action_move(1)
        self._anchor = self._cursor if self._anchor is None else None
        self.refresh()

    def action_let_go(self) -> None:
        """Select nothing any more."""
        self._anchor = None
        self.refresh()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape leaves the pane when there is nothing to let go."""
        return action != "let_go" or self._anchor is not None

    def _put_cursor(self, number: int) -> None:
        if not self._lines:
            return
        self._cursor = min(max(number, 0), len(self._lines) - 1)
        first = self._line_of_row.index(self._cursor)
        height = self._line_of_row.count(self._cursor)
        self.scroll_to_region(Region(0, first, 1, height), animate=False)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row on screen, with the cursor or the selection laid over it."""
        strip = super().render_line(y)
        row = y + self.scroll_offset.y
        chosen = self._chosen
        if chosen is None or row >= len(self._line_of_row) or self._line_of_row[row] not in chosen:
            return strip
        name = "cursor" if self._line_of_row[row] == self._cursor else "chosen"
        style = self.get_component_rich_style(f"log-lines--{name}")
        return Strip(Segment.apply_style(strip, post_style=style), strip.cell_length)


class KernelLog(Vertical):
    """The kernel log, below a line that says what of it is shown."""

    HELP = "Kernel log"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash",
            "ask",
            "Find",
            show=False,
            key_display="/",
            id="log.find",
            priority=True,  # what is typed next is the text
            tooltip="Show only lines with a text in them",
        ),
        Binding(
            "l",
            "next_level",
            "Level",
            show=False,
            id="log.level",
            tooltip="Show all levels, info and graver, warnings and errors, or errors",
        ),
        Binding(
            "b",
            "switch_benign",
            "Expected lines",
            show=False,
            id="log.benign",
            tooltip="Hide the lines that come with any module, or show them",
        ),
        Binding(
            "f",
            "switch_following",
            "Follow",
            show=False,
            id="log.follow",
            tooltip="Stay at the end while lines come, until you go up",
        ),
        Binding("enter", "end_asking", "To the lines", id="log.lines", priority=True),
        Binding("escape", "ask_no_more", "All lines", key_display="esc", id="log.all", priority=True),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines = LogLines(id="log-lines")
        self._chapters: list[Chapter] | None = None
        self._filter = Filter()
        self._is_following = False
        self._is_listed = True

    def compose(self) -> ComposeResult:
        """Lay out the state above the lines."""
        with Horizontal(id="log-head"):
            yield Static("find ", id="log-find-label")
            yield Input(id="log-find", compact=True)
            yield Static(id="log-state")
        yield self.lines

    def forget(self) -> None:
        """Show that nothing was run yet; the filter stays."""
        self._chapters, self._is_listed = None, True
        key = key_for(self.app, "check")
        self.lines.show([Line(f"Nothing was run yet. {key} builds and checks.", EXPECTED)])
        self._show_state(0)

    def show(self, chapters: Iterable[Chapter]) -> None:
        """Show what was logged so far, from where the reader is or, when it is followed, its end."""
        self._is_following = self._is_following and self.lines.is_vertical_scroll_end
        self._chapters = list(chapters)
        self._is_listed = False
        if self.display:  # else it would be laid out, and nobody would see it
            self._list(from_top=False)

    def _list(self, *, from_top: bool) -> None:
        self._is_listed = True
        if self._chapters is None:
            self._show_state(0)
            return
        lines, hidden = listing(self._chapters, self._filter)
        self.lines.show(lines, from_top=from_top)
        self._follow()
        self._show_state(hidden)

    def _follow(self) -> None:
        if self._is_following:
            self.lines.scroll_to(y=self.lines.max_scroll_y, animate=False, immediate=True)

    def on_show(self) -> None:
        """List what came while another page was shown."""
        self._catch_up()
        self.call_after_refresh(self._follow)

    def _catch_up(self) -> None:
        if not self._is_listed:
            self._list(from_top=False)

    @property
    def text(self) -> str:
        """All that is shown, line by line."""
        self._catch_up()
        return self.lines.text

    def _show_state(self, hidden: int) -> None:
        state = in_words(self._filter, hidden)
        following = " · ▾ following" if self._is_following else ""
        commands = {command.id: command for owner in (type(self), LogLines) for command in commands_of(owner)}
        keys = "   ".join(f"{first_key(self.app, commands[id])} {word}" for id, word in KEYS.items())
        shown = Content.assemble(
            (state, "bold" if hidden else ""), (following, "$accent"), (f"   {keys}", "$muted")
        )
        self.query_one("#log-state", Static).update(shown, layout=False)

    def _change(self, changed: Filter) -> None:
        self._filter = changed
        self._list(from_top=True)

    # Keys

    def action_ask(self) -> None:
        """Ask for a text."""
        self.screen.set_focus(self.query_one("#log-find"))
        self._show_field()

    @on(Input.Changed, "#log-find")
    def _find(self, event: Input.Changed) -> None:
        event.stop()
        self._show_field()
        self._change(replace(self._filter, text=event.value))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter and Escape are ours only while a text is asked for."""
        return action not in ("end_asking", "ask_no_more") or self.screen.focused is self.query_one(
            "#log-find"
        )

    def action_ask_no_more(self) -> None:
        """Look for no text any more."""
        self.query_one("#log-find", Input).value = ""
        self._change(replace(self._filter, text=""))
        self.action_end_asking()

    def action_end_asking(self) -> None:
        """Go to the lines that have the text."""
        self.screen.set_focus(self.lines)
        self._show_field()

    def _show_field(self) -> None:
        field = self.query_one("#log-find", Input)
        is_wanted = bool(field.value) or self.screen.focused is field
        self.query_one("#log-head").set_class(is_wanted, "-asking")

    def action_copy(self) -> None:
        """Copy what the lines have to give."""
        self._catch_up()
        self.lines.action_copy()

    def action_next_level(self) -> None:
        """Show fewer levels, and after the gravest all."""
        self._change(replace(self._filter, least=self._filter.next_level))

    def action_switch_benign(self) -> None:
        """Hide benign lines, or show them."""
        self._change(replace(self._filter, hides_benign=not self._filter.hides_benign))

    def action_switch_following(self) -> None:
        """Stay at the end, or no longer."""
        self._is_following = not self._is_following
        self._list(from_top=False)
