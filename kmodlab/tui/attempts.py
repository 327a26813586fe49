# SPDX-License-Identifier: MIT
"""Attempts: the checks that a screen starts, one at a time; what they come to is posted to it."""

from collections.abc import Mapping
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from kmodlab.packs.catalog import Lesson
from kmodlab.steps import Listener
from kmodlab.tui.messages import CheckAdvanced, CheckStopped, explained

if TYPE_CHECKING:
    from textual.screen import Screen

    from kmodlab.session import Session


class Attempts:
    """Attempts are numbered, so that what an old one still says is told from what counts."""

    def __init__(self, screen: "Screen[None]", session: "Session") -> None:
        """Post CheckAdvanced and CheckStopped to `screen`."""
        self._screen, self._session = screen, session
        self._number = 0
        self._one_at_a_time = Lock()
        self.is_running = False

    def begin(self, lesson: Lesson, sources: Mapping[str, bytes], listen: Listener) -> None:
        """Check in a thread; an attempt under way has to be stopped before."""
        self.is_running = True
        run = partial(self._run, self._number, lesson, sources, listen)
        self._screen.run_worker(run, thread=True, exclusive=True, exit_on_error=False, group="check")

    def stop(self) -> None:
        """Have nothing that is under way count any more."""
        self._number += 1
        if self.is_running:
            self.is_running = False
            self._session.cancel()

    def end(self) -> None:
        """Take down that the attempt has come to its end."""
        self.is_running = False

    def is_current(self, number: int) -> bool:
        """Whether the attempt with this number counts."""
        return number == self._number

    def _run(self, number: int, lesson: Lesson, sources: Mapping[str, bytes], listen: Listener) -> None:
        with self._one_at_a_time:
            try:
                for event in self._session.check(lesson, sources, listen):
                    if not self.is_current(number):
                        return
                    self._screen.post_message(CheckAdvanced(number, event))
            except Exception as problem:
                self._screen.post_message(CheckStopped(number, explained(problem)))
