# SPDX-License-Identifier: MIT
"""A text to read that is laid out anew for each width."""

from collections.abc import Callable

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from kmodlab.tui.widgets.lesson_view import Reader

Layout = Callable[[int], Content]  # the text whose lines are at most so many cells wide


class FittedText(Reader):
    """Shows what a layout makes of the width there is."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._layout_of: Layout = Content.blank
        self._width = 0

    def compose(self) -> ComposeResult:
        """Hold the text."""
        yield Static()

    def show(self, layout: Layout) -> None:
        """Show another text from its beginning."""
        self._layout_of = layout
        self.scroll_home(animate=False)
        self._write()

    @property
    def text(self) -> str:
        """What is shown, line by line."""
        return str(self.query_one(Static).content)

    def on_resize(self, event: events.Resize) -> None:
        """Lay the text out for the width there is now."""
        if self.scrollable_content_region.width != self._width:
            self._write()

    def _write(self) -> None:
        self._width = self.scrollable_content_region.width
        if self._width > 0:
            self.query_one(Static).update(self._layout_of(self._width))
