# SPDX-License-Identifier: MIT
"""Progress of long work, as the engine tells it to whichever face is listening."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """Where long work stands: what is being done, how much of it (0 to 1, None when unknown), and of how many bytes."""

    text: str
    fraction: float | None = None
    size: int | None = None  # None when it is not about bytes


Listener = Callable[[Step], None]


def ignore(step: Step) -> None:
    """Listen to nothing."""
