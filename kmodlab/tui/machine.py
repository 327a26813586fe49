# SPDX-License-Identifier: MIT
"""The machine that modules run in: got ready in a thread, while the learner reads; every screen shows how it stands."""

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import App
from textual.signal import Signal

from kmodlab.errors import CancelledError, LabError
from kmodlab.steps import Step
from kmodlab.tui.keys import key_for
from kmodlab.tui.messages import explained

if TYPE_CHECKING:
    from kmodlab.session import Session


@dataclass(frozen=True, slots=True)
class MachineState:
    """How it stands: what is done for it, the last step being under way, until it is ready or there is trouble."""

    steps: tuple[Step, ...] = ()
    trouble: LabError | None = None
    is_ready: bool = False


class Machine:
    """Gets the session's machine ready. Whoever shows that subscribes to `changed`."""

    def __init__(self, app: App[None], session: "Session") -> None:
        """Work in threads of `app`."""
        self._app, self._session = app, session
        self._is_preparing = False
        self.state = MachineState()
        self.changed: Signal[MachineState] = Signal(app, "machine")

    @property
    def has_failed(self) -> bool:
        """Whether there is no machine, and trying again may help."""
        return self.state.trouble is not None

    def prepare(self) -> None:
        """Get a kernel and boot it, unless that is under way or done."""
        if not (self._is_preparing or self.state.is_ready):
            self._is_preparing = True
            self._turn(MachineState())
            self._app.run_worker(self._prepare, thread=True, exit_on_error=False, group="prepare")

    def hear(self, step: Step) -> None:
        """Be told of a step, in any thread."""
        self._app.call_later(self._advance, step)

    def show_ready(self) -> None:
        """Take down that a kernel is there and booted."""
        self._is_preparing = False
        if not self.state.is_ready:
            settle()
            self._turn(MachineState(self.state.steps, is_ready=True))

    def fail(self, trouble: LabError) -> None:
        """Take down that there is no machine, and tell it."""
        self._is_preparing = False
        self._turn(MachineState(self.state.steps, trouble))
        next_step = (
            f"{key_for(self._app, 'doctor')} opens the doctor, {key_for(self._app, 'prepare')} tries again."
        )
        self._app.notify(
            f"{trouble.message}\n{trouble.hint}\n{next_step}", severity="error", markup=False, timeout=12
        )

    def _prepare(self) -> None:
        try:
            self._session.prepare(self.hear)
        except CancelledError:  # the app is being left
            return
        except Exception as problem:
            self._app.call_later(self.fail, explained(problem))
        else:
            self._app.call_later(self.show_ready)

    def _advance(self, step: Step) -> None:
        done = self.state.steps
        if done and done[-1].text == step.text:
            done = done[:-1]
        self._turn(MachineState((*done, step)))

    def _turn(self, state: MachineState) -> None:
        self.state = state
        self.changed.publish(state)


def settle() -> None:
    """Have Python look for garbage only in what comes from now on.

    In all that is there by now it takes so long (a tenth of a second, now and then) that keys would have to wait.
    """
    gc.freeze()
