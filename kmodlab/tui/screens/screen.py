# SPDX-License-Identifier: MIT
"""What every screen of the app has: the session, and one way to tell of trouble."""

from typing import TYPE_CHECKING, TypeVar, cast

from textual import on
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from kmodlab.errors import LabError
from kmodlab.tui.messages import explained

if TYPE_CHECKING:
    from textual.app import App

    from kmodlab.session import Session
    from kmodlab.tui.app import KmodlabApp
    from kmodlab.tui.machine import Machine

Answer = TypeVar("Answer")

TOO_SMALL = "This terminal is too small.\n\nkmodlab needs 60 columns\nand 16 rows."


def _size_classes(app: "App[object]") -> str:
    """The classes for the size of the terminal, which Textual gives a screen only when all on it has its styles."""
    sizes = zip(app.size, (app.HORIZONTAL_BREAKPOINTS, app.VERTICAL_BREAKPOINTS), strict=True)
    return " ".join(max(point for point in points or () if point[0] <= size)[1] for size, points in sizes)


class LabScreen(Screen[Answer]):
    """A screen over the engine; what it is dismissed with is `Answer`."""

    AUTO_FOCUS = ""

    def __init__(self, session: "Session") -> None:
        """Show what `session` knows."""
        super().__init__(classes=_size_classes(self.app))
        self.session = session

    @property
    def machine(self) -> "Machine":
        """What gets the machine ready."""
        return cast("KmodlabApp", self.app).machine

    @property
    def takes_every_key(self) -> bool:
        """Whether every key, but the one that leaves, goes to the guest."""
        return self.focused is not None and self.focused.id == "terminal"

    def tell(self, trouble: LabError) -> None:
        """Tell what went wrong and what to do about it."""
        self.notify(f"{trouble.message}\n{trouble.hint}", severity="error", markup=False, timeout=12)

    @on(Worker.StateChanged)
    def _tell_of_worker(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self.tell(explained(event.worker.error))
