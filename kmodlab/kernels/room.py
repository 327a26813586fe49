# SPDX-License-Identifier: MIT
"""Room on the disk for a kernel."""

import shutil
from pathlib import Path

from kmodlab.errors import LabError

SPARE = 50_000_000  # bytes that a kernel leaves free on the disk
HINT = "Free some space, or set XDG_CACHE_HOME to a place that has it."


def demand(folder: Path, what: str, need: int) -> None:
    """Raise LabError when there are fewer than `need` bytes for `folder`."""
    free = shutil.disk_usage(folder).free
    if free < need:
        raise LabError(
            f"{what} needs {need / 1e6:.0f} MB in {folder.parent}, where {free / 1e6:.0f} MB are free.",
            hint=HINT,
        )


def used_up(what: str) -> LabError:
    """The error for `what` could not be done because the disk is full."""
    return LabError(f"{what}: the disk is full.", hint=HINT)
