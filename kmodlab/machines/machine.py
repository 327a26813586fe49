# SPDX-License-Identifier: MIT
"""Machine: what the lab asks of anything that runs a kernel, and the two ways in which it can fail."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from kmodlab.errors import LabError

CHECK_AGAIN = "Check again: the next machine is a fresh one."


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

    def __init__(self, message: str = "The machine stopped.", *, hint: str = CHECK_AGAIN) -> None:
        super().__init__(message, hint=hint)


class ConnectionLostError(LabError):
    """The way to the machine is gone, so that nobody knows how the machine is: trouble of the lab's own."""


class DeadlineError(LabError):
    """A command did not end in time."""

    def __init__(self, command: str, seconds: float, *, hint: str = CHECK_AGAIN) -> None:
        self.command, self.seconds = command, seconds
        super().__init__(f"`{command}` did not end within {seconds:g} seconds.", hint=hint)


class Machine(Protocol):
    """A kernel that commands are run in, as root.

    One that is reached from outside may raise ConnectionLostError in each of its methods.
    """

    def run(
        self, command: str, *, deadline: float = 10, give_up: Callable[[], bool] | None = None
    ) -> CommandResult:
        """Run a shell command and wait for its end.

        `give_up` is asked now and then whether waiting has become pointless. Raises DeadlineError when `deadline`
        seconds of the machine's clock have passed or `give_up` says so, and MachineLostError.
        """

    def run_aside(self, command: str, *, deadline: float = 2) -> CommandResult:
        """Run a shell command while another one has not ended, to see why it does not; raises as `run` does."""

    def interrupt(self) -> None:
        """Make the guest's kernel panic, however busy it is, and say in its log what it was at."""

    def push(self, path: str, content: bytes) -> None:
        """Write a file in the guest; raises as `run` does."""

    def pull(self, path: str) -> bytes:
        """Read a file of the guest; raises as `run` does, and FileNotFoundError."""

    def clock(self) -> float:
        """Seconds, from any beginning, without those in which other programs kept this machine from running.

        Who gives a machine time gives it time of this kind: on a busy computer it gets less of the other.
        """

    def log(self, offset: int = 0) -> bytes:
        """What the kernel has printed since the machine was handed out, from `offset` bytes on."""

    def close(self) -> None:
        """End the machine and give back all that it holds. May be called again."""

    def kill(self) -> None:
        """End the machine from any thread; whoever waits for it gets MachineLostError. `close` is still due."""
