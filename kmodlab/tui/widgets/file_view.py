# SPDX-License-Identifier: MIT
"""One file to read: what is different in it, or all of it."""

import asyncio

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import ContentSwitcher

from kmodlab.tui.files import text_of
from kmodlab.tui.widgets.code_editor import CodeEditor
from kmodlab.tui.widgets.fitted_text import FittedText, Layout


class FileView(ContentSwitcher):
    """Shows a difference, or a whole file in the colours of C."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._exchanging = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """Lay out the two, of which one is shown."""
        yield FittedText(id="changes")
        yield Vertical(id="whole")

    def show_changes(self, layout: Layout) -> None:
        """Show a difference as `layout` lays it out."""
        self.query_one(FittedText).show(layout)
        self.current = "changes"

    async def show_whole(self, name: str, content: bytes) -> None:
        """Show the file `name`, to read and to copy from."""
        whole = self.query_one("#whole")
        async with self._exchanging:
            await whole.remove_children()
            await whole.mount(CodeEditor(name, text_of(content), read_only=True))
        self.current = "whole"

    def focus_text(self) -> None:
        """Give the focus to what is shown, so that it can be scrolled."""
        (self.query_one(CodeEditor) if self.current == "whole" else self.query_one(FittedText)).focus()
