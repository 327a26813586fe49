# SPDX-License-Identifier: MIT
"""The line at the top: the lesson, and how it stands with the machine."""

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from kmodlab.tui.keys import key_for
from kmodlab.tui.machine import MachineState

if TYPE_CHECKING:
    from kmodlab.session import Session
    from kmodlab.tui.app import KmodlabApp

BAR_WIDTH = 10  # cells


class MachineStatus(Static):
    """How it stands with the machine, in a few words."""

    def __init__(self, session: "Session") -> None:
        """Show the machine of `session`."""
        super().__init__(id="machine")
        self._session = session

    def on_mount(self) -> None:
        """Show how it stands now, and whatever changes."""
        machine = cast("KmodlabApp", self.app).machine
        machine.changed.subscribe(self, self._show)
        self._show(machine.state)

    def _show(self, state: MachineState) -> None:
        if state.is_ready:
            accelerator = (self._session.accelerator or "").upper()
            words = " · ".join(word for word in (self._session.kernel, accelerator, "ready") if word)
            self.update(Content.assemble(("● ", "$success"), (words, "$muted")))
        elif state.trouble is not None:
            self.update(
                Content.assemble(
                    ("✗ no machine", "$error"), (f" · {key_for(self.app, 'prepare')} tries again", "$muted")
                )
            )
        elif state.steps:
            step = state.steps[-1]
            self.update(Content.assemble((bar(step.fraction), "$primary"), (step.text, "$muted")))


class TitleBar(Horizontal):
    """Name of the app, title of the lesson, state of the machine."""

    def __init__(self, title: str, session: "Session") -> None:
        """Begin with the lesson called `title`."""
        self._title, self._session = title, session
        super().__init__()

    def compose(self) -> ComposeResult:
        """Lay out the three."""
        yield Static("kmodlab", id="brand")
        yield Static(self._title, id="title", markup=False)
        yield MachineStatus(self._session)

    def name_lesson(self, title: str) -> None:
        """Show the title of another lesson."""
        self.query_one("#title", Static).update(Content(title))


def bar(fraction: float | None) -> str:
    """A bar of progress, with the percentage; a mere sign when it is not known how much there is to do."""
    if fraction is None:
        return "▸ "
    full = round(min(max(fraction, 0.0), 1.0) * BAR_WIDTH)
    return "━" * full + "╌" * (BAR_WIDTH - full) + f" {fraction:4.0%} "
