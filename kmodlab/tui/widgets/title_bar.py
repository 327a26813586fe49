# SPDX-License-Identifier: MIT
"""The line at the top: the lesson, and how it stands with the machine."""

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widgets import Static

from kmodlab.errors import CancelledError, LabError
from kmodlab.steps import Step
from kmodlab.tui.messages import explained

if TYPE_CHECKING:
    from kmodlab.session import Session

BAR_WIDTH = 10  # cells


class MachineStatus(Static):
    """Gets the session's machine ready, and shows how far it is."""

    has_failed: var[bool] = var(False)

    class Advanced(Message):
        """The machine is a step nearer to being ready."""

        def __init__(self, step: Step) -> None:
            self.step = step
            super().__init__()

    class Ready(Message):
        """A kernel is there and booted."""

    class Failed(Message):
        """There is no machine to run modules in."""

        def __init__(self, trouble: LabError) -> None:
            self.trouble = trouble
            super().__init__()

    def __init__(self, session: "Session") -> None:
        """Show the machine of `session`."""
        super().__init__(id="machine")
        self._session = session

    @work(thread=True, exclusive=True, exit_on_error=False, group="prepare")
    def prepare(self) -> None:
        """Get a kernel and boot it; the learner reads and edits meanwhile."""
        try:
            self._session.prepare(self.hear)
        except CancelledError:  # the app is being left
            return
        except Exception as problem:
            self.post_message(self.Failed(explained(problem)))
        else:
            self.post_message(self.Ready())

    def hear(self, step: Step) -> None:
        """Be told of a step, in any thread."""
        self.post_message(self.Advanced(step))

    @on(Advanced)
    def _show_step(self, message: Advanced) -> None:
        step = message.step
        self.update(Content.assemble((_bar(step.fraction), "$primary"), (step.text, "$muted")))

    @on(Ready)
    def show_ready(self) -> None:
        """Show that the machine is ready, and what it is."""
        self.has_failed = False
        accelerator = (self._session.accelerator or "").upper()
        words = " · ".join(word for word in (self._session.kernel, accelerator, "ready") if word)
        self.update(Content.assemble(("● ", "$success"), (words, "$muted")))

    @on(Failed)
    def show_failure(self) -> None:
        """Show that there is no machine."""
        self.has_failed = True
        self.update(Content.assemble(("✗ no machine", "$error"), (" · F8 tries again", "$muted")))


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


def _bar(fraction: float | None) -> str:
    """A bar of progress, with the percentage; a mere sign when it is not known how much there is to do."""
    if fraction is None:
        return "▸ "
    full = round(min(max(fraction, 0.0), 1.0) * BAR_WIDTH)
    return "━" * full + "╌" * (BAR_WIDTH - full) + f" {fraction:4.0%} "
