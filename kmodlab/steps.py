# SPDX-License-Identifier: MIT
"""Progress of long work, as the engine tells it to whichever face is listening."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """Where long work stands: what is being done, and how much of it (0 to 1, None when unknown)."""

    text: str
    fraction: float | None = None


Listener = Callable[[Step], None]


def ignore(step: Step) -> None:
    """Listen to nothing."""
