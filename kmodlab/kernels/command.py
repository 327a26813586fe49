# SPDX-License-Identifier: MIT
"""Running a system command that may take long: watched line by line, stopped when the user cancels."""

import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from kmodlab.errors import CancelledError, LabError

PATIENCE = 0.1  # seconds between two looks at whether the user cancelled


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command came to."""

    status: int
    stdout: str
    stderr: str


def run(
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    on_line: Callable[[str], None] | None = None,
    cancel: Event | None = None,
    silence: float = 120.0,
) -> Finished:
    """Run `command` in `folder` in the C locale, without input, handing each line of its output to `on_line`.

    Raises CancelledError once `cancel` is set, LabError when there is no such command or it prints nothing for
    `silence` seconds. However this ends, by Ctrl-C too, no process of the command's is left.
    """
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
            try:
                stdout = _watch(process, on_line, cancel, silence)
                status = process.wait()
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                assert process.stdout is not None
                process.stdout.close()
            errors.seek(0)
            return Finished(status, stdout, errors.read().decode(errors="replace"))
    except TimeoutError as problem:
        raise LabError(
            f"The command {command[0]} has not moved for {silence:.0f} seconds.",
            hint="See whether the network is up and the disk has room, then start again.",
        ) from problem
    except (
        FileNotFoundError,
        PermissionError,
    ) as problem:  # the latter when PATH names a folder not ours to read
        raise LabError(
            f"The command {command[0]} is not there.", hint="Run `kmodlab doctor` to see how to install it."
        ) from problem


def _watch(
    process: subprocess.Popen[bytes],
    on_line: Callable[[str], None] | None,
    cancel: Event | None,
    silence: float,
) -> str:
    """Read the output of `process` to its end."""
    assert process.stdout is not None
    whole = bytearray()
    told = 0  # how much of it `on_line` has heard
    heard = time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if cancel is not None and cancel.is_set():
                raise CancelledError
            if not selector.select(timeout=PATIENCE):
                if time.monotonic() - heard > silence:
                    raise TimeoutError
                continue
            heard = time.monotonic()
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                return whole.decode(errors="replace")
            whole += chunk
            end = whole.rfind(b"\n") + 1
            if on_line is not None and end > told:
                for line in whole[told:end].decode(errors="replace").splitlines():
                    on_line(line)
                told = end
