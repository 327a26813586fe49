# SPDX-License-Identifier: MIT
"""What is asked above a screen."""

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static


class Question(ModalScreen[bool]):
    """A question with yes or no for an answer; no is where the focus is."""

    HELP = "Question"
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


class KeyQuestion(ModalScreen[str | None]):
    """Waits for a key, and is dismissed with it; Escape is for None."""

    takes_every_key = True  # also those that work everywhere: the app asks for this

    def __init__(self, name: str, meaning: str, objection: Callable[[str], str | None]) -> None:
        """Ask for the key of a command, by its name and meaning; one with an `objection` is not taken."""
        super().__init__()
        self._command, self._meaning, self._objection = name, meaning, objection

    def compose(self) -> ComposeResult:
        """Lay out the question above what is said of the last key."""
        with Vertical(classes="dialog"):
            yield Static(f"Press the new key for “{self._command}”", classes="question", markup=False)
            yield Static(self._meaning, classes="consequence", markup=False)
            yield Static("Escape leaves it as it is.", id="objection", markup=False)

    def on_key(self, event: events.Key) -> None:
        """Take the key, or say why not."""
        event.stop()
        if event.key == "escape":
            self.dismiss(None)
        elif objection := self._objection(event.key):
            self.query_one("#objection", Static).update(f"{objection}\nPress another one, or Escape.")
        else:
            self.dismiss(event.key)
