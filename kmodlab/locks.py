# SPDX-License-Identifier: MIT
"""Locks between several kmodlab at once."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

from filelock import FileLock, Timeout

from kmodlab.errors import CancelledError, LabError
from kmodlab.steps import Listener, Step

PATIENCE = 0.2  # seconds between two tries


@contextmanager
def held(path: Path, busy_with: str, listen: Listener, cancelled: Event | None) -> Iterator[None]:
    """Hold the lock `path`; when another kmodlab has it, say that it is `busy_with` something, and wait.

    Raises LabError when the file cannot be made, CancelledError once `cancelled` is set.
    """
    lock = FileLock(path)
    has_told = False
    try:
        while not lock.is_locked:
            if cancelled is not None and cancelled.is_set():
                raise CancelledError
            with suppress(Timeout):
                lock.acquire(timeout=PATIENCE if has_told else 0)
                break
            if not has_told:
                listen(Step(f"Waiting for another kmodlab that is busy with {busy_with}"))
                has_told = True
    except OSError as problem:
        raise LabError(
            f"The folder {path.parent} cannot be written: {problem.strerror}.",
            hint="Make it writable, or set XDG_CACHE_HOME to another place.",
        ) from problem
    try:
        yield
    finally:
        lock.release()
