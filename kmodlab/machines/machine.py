# SPDX-License-Identifier: MIT
"""Machine: what the lab asks of anything that runs a kernel, and the two ways in which it can fail."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from kmodlab.errors import LabError


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command in the guest came to.

    `status` is the shell's exit status (128 + N: killed by signal N). Of each output at most OUTPUT_LIMIT bytes are
    kept; `dropped` counts the rest.
    """

    status: int
    stdout: bytes
    stderr: bytes
    seconds: float
    dropped: int = 0


class MachineLostError(LabError):
    """The machine stopped by itself, or its agent died."""

    def __init__(self, message: str = "The machine stopped.") -> None:
        super().__init__(message, hint="Check again: the next machine is a fresh one.")


class DeadlineError(LabError):
    """A command did not end in time."""

    def __init__(self, command: str, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(
            f"`{command}` did not end within {seconds:g} seconds.",
            hint="Check again: the next machine is a fresh one.",
        )


class Machine(Protocol):
    """A kernel that commands are run in, as root."""

    def run(
        self, command: str, *, deadline: float = 10, give_up: Callable[[], bool] | None = None
    ) -> CommandResult:
        """Run a shell command and wait for its end.

        `give_up` is asked now and then whether waiting has become pointless. Raises DeadlineError when `deadline`
        seconds have passed or `give_up` says so, and MachineLostError.
        """

    def run_aside(self, command: str, *, deadline: float = 2) -> CommandResult:
        """Run a shell command while another one has not ended, to see why it does not; raises as `run` does."""

    def interrupt(self) -> None:
        """Make the guest's kernel panic, however busy it is, and say in its log what it was at."""

    def push(self, path: str, content: bytes) -> None:
        """Write a file in the guest; raises as `run` does."""

    def pull(self, path: str) -> bytes:
        """Read a file of the guest; raises as `run` does, and FileNotFoundError."""

    def log(self, offset: int = 0) -> bytes:
        """What the kernel has printed since the machine was handed out, from `offset` bytes on."""

    def close(self) -> None:
        """End the machine and give back all that it holds. May be called again."""

    def kill(self) -> None:
        """End the machine from any thread; whoever waits for it gets MachineLostError. `close` is still due."""
