# SPDX-License-Identifier: MIT
"""What is shown above the lesson for a moment: a question, the solution."""

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Footer, Static, TabbedContent, TabPane

from kmodlab.tui.files import text_of
from kmodlab.tui.widgets.code_editor import CodeEditor


class Question(ModalScreen[bool]):
    """A question with yes or no for an answer; no is where the focus is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", show=False, id="question.yes"),
        Binding("n,escape", "answer(False)", "No", show=False, id="question.no"),
        Binding("left,up", "app.focus_previous", "Before", show=False),
        Binding("right,down", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, question: str, consequence: str, yes: str) -> None:
        """Ask `question`, say what comes of it, and name the button that does it."""
        super().__init__()
        self._question, self._consequence, self._yes = question, consequence, yes

    def compose(self) -> ComposeResult:
        """Lay out the question above its answers."""
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="question", markup=False)
            yield Static(self._consequence, classes="consequence", markup=False)
            with Horizontal(classes="answers"):
                yield Button(Content.assemble(("N", "underline"), "o, go back"), id="no", compact=True)
                yield Button(Content.assemble(("y", "underline"), f": {self._yes}"), id="yes", compact=True)

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, is_yes: bool) -> None:
        """Answer."""
        self.dismiss(is_yes)


class Solution(ModalScreen[None]):
    """The reference solution, to read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q",
            "dismiss(None)",
            "Back to your own",
            id="solution.close",
            tooltip="Back to your own files",
        )
    ]

    def __init__(self, title: str, files: Mapping[str, bytes]) -> None:
        """Show `files`, the solution of the lesson called `title`."""
        super().__init__()
        self._title, self._files = title, files

    def compose(self) -> ComposeResult:
        """Lay out one tab a file."""
        with Vertical(classes="sheet"):
            yield Static(f"Solution: {self._title}", classes="sheet-title", markup=False)
            with TabbedContent():
                for name, content in self._files.items():
                    with TabPane(name):
                        yield CodeEditor(name, text_of(content), read_only=True)
            yield Footer(show_command_palette=False)

    @on(CodeEditor.Left)
    def _close(self) -> None:
        self.dismiss(None)
