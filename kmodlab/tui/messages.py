# SPDX-License-Identifier: MIT
"""What the thread of a check tells the lesson screen."""

from textual.message import Message

from kmodlab.errors import LabError
from kmodlab.grading.events import Event


class CheckAdvanced(Message):
    """The attempt with this number has come further."""

    def __init__(self, attempt: int, event: Event) -> None:
        self.attempt = attempt
        self.event = event
        super().__init__()


class CheckStopped(Message):
    """The attempt with this number ended without a report."""

    def __init__(self, attempt: int, trouble: LabError) -> None:
        self.attempt = attempt
        self.trouble = trouble
        super().__init__()


def explained(problem: Exception) -> LabError:
    """A problem as something to show: what the lab foresaw as it is, anything else in one sentence."""
    if isinstance(problem, LabError):
        return problem
    return LabError(
        f"kmodlab itself failed: {type(problem).__name__}: {problem}.",
        hint="Your files are saved. Please report it, with what `kmodlab --debug check` prints.",
    )
