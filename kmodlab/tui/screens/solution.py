# SPDX-License-Identifier: MIT
"""The reference solution: to read, and beside the learner's own files."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static, Tab, Tabs

from kmodlab.packs.catalog import Lesson
from kmodlab.tui.diff_text import count_label, diff_text
from kmodlab.tui.difference import Row
from kmodlab.tui.screens.screen import LabScreen
from kmodlab.tui.widgets.code_editor import CodeEditor
from kmodlab.tui.widgets.file_view import FileView
from kmodlab.tui.widgets.footer import StillFooter

if TYPE_CHECKING:
    from kmodlab.session import Session

VIEWS = {"difference": "Difference", "solution": "Solution"}


class SolutionScreen(LabScreen[None]):
    """One tab a file, each with two views: what is different from the learner's file, and the solution itself."""

    HELP = "Solution"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q",
            "dismiss(None)",
            "Back to your own",
            id="solution.close",
            tooltip="Back to your own files",
        ),
        Binding(
            "w",
            "turn_over",
            "Other view",
            id="solution.view",
            tooltip="Show what is different from yours; again: the solution itself",
        ),
        Binding(
            "right,l", "turn(1)", "Next file", show=False, id="solution.next-tab", tooltip="To the next file"
        ),
        Binding(
            "left,h",
            "turn(-1)",
            "File before",
            show=False,
            id="solution.last-tab",
            tooltip="To the file before",
        ),
    ]

    def __init__(
        self,
        session: "Session",
        lesson: Lesson,
        solution: Mapping[str, bytes],
        rows: Mapping[str, Sequence[Row]],
        view: str,
    ) -> None:
        """Show the `solution` of `lesson`, and the `rows` from the learner's files to it; `view` is one of VIEWS."""
        super().__init__(session)
        self._lesson, self._solution, self._rows, self._view = lesson, solution, rows, view
        self._files = list(solution)

    def compose(self) -> ComposeResult:
        """Lay out the tabs of files and views above the file."""
        with Horizontal(classes="screen-title"):
            yield Static("kmodlab", classes="brand")
            yield Static(f"Solution: {self._lesson.title}", classes="title", markup=False)
        with Horizontal(id="solution-head"):
            yield Tabs(
                *(
                    Tab(count_label(name, self._rows[name]), id=f"file-{number}")
                    for number, name in enumerate(self._files)
                ),
                id="solution-files",
            )
            yield Tabs(
                *(Tab(label, id=f"view-{view}") for view, label in VIEWS.items()),
                id="solution-views",
                active=f"view-{self._view}",
            )
        yield FileView(id="solution-file")
        yield StillFooter(show_command_palette=False)

    def on_mount(self) -> None:
        """Keep the tabs out of the way of the Tab key."""
        for tabs in self.query(Tabs):
            tabs.can_focus = False

    @on(Tabs.TabActivated)
    async def _show(self, event: Tabs.TabActivated) -> None:
        event.stop()
        number = int(self.query_one("#solution-files", Tabs).active.removeprefix("file-"))
        self._view = self.query_one("#solution-views", Tabs).active.removeprefix("view-")
        name = self._files[number]
        file = self.query_one(FileView)
        if self._view == "difference":
            file.show_changes(partial(diff_text, self._rows[name], "your own", "the solution"))
        else:
            await file.show_whole(name, self._solution[name])
        file.focus_text()

    def action_turn(self, step: int) -> None:
        """Turn to the file `step` tabs on."""
        tabs = self.query_one("#solution-files", Tabs)
        number = int(tabs.active.removeprefix("file-"))
        tabs.active = f"file-{(number + step) % len(self._files)}"

    def action_turn_over(self) -> None:
        """Show the other view."""
        other = "solution" if self._view == "difference" else "difference"
        self.query_one("#solution-views", Tabs).active = f"view-{other}"

    @on(CodeEditor.Left)
    def _close(self) -> None:
        self.dismiss(None)
