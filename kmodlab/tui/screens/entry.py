# SPDX-License-Identifier: MIT
"""A line to be typed: arguments of a module, a value for a parameter."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class Entry(ModalScreen[str | None]):
    """Asks for a line; None when the learner does not want to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Go back", id="entry.close", tooltip="Go back without doing it")
    ]

    def __init__(self, question: str, consequence: str, *, value: str = "", example: str = "") -> None:
        """Ask `question`, say what comes of it; begin with `value`, or show an `example`."""
        super().__init__()
        self._question, self._consequence = question, consequence
        self._value, self._example = value, example

    def compose(self) -> ComposeResult:
        """Lay out the question above the line."""
        with Vertical(classes="dialog"):
            yield Static(self._question, classes="question", markup=False)
            yield Input(self._value, placeholder=self._example, compact=True)
            yield Static(
                f"{self._consequence} · Enter does it · Esc goes back", classes="consequence", markup=False
            )

    @on(Input.Submitted)
    def _answer(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)
