# SPDX-License-Identifier: MIT
"""Shell: a machine that is reached through a root shell, such as a board over ssh or a serial line.

It is no clone: what is done to its kernel stays done. Files live in a memory file system that only the lab's own
shell sees, so of the machine's files none is touched.
"""

import base64
import gzip
import re
import shlex
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import PurePosixPath
from typing import NoReturn

import pexpect

from kmodlab.errors import LabError
from kmodlab.machines import shell_login
from kmodlab.machines.channel import Channel
from kmodlab.machines.machine import CommandResult, ConnectionLostError, DeadlineError, MachineLostError
from kmodlab.machines.shell_login import AskSecret

ANSWER_SECONDS = 10.0  # for what always takes less than one
SLOWEST_LINE = 2000.0  # bytes a second that a file travels with at least
RECOVERY_SECONDS = 3.0  # for the shell to answer again after ctrl+C
LONGEST_SHOWN = 60  # characters of a command; longer ones are mostly the lab's own, and tell nobody anything
CTRL_C = b"\x03"
LOST_HINT = "See how it is and reach it by hand; what the check has loaded may still be there."
HOME = "/root"  # what shell_agent.sh makes its own
MODCTL = f"{HOME}/.kmodlab/modctl"  # in a folder that it has in its PATH
# Both readers of the log, that of the lab and this one's own, go to its end.
RENEW = f"[ -e {MODCTL} ] && rm -rf {HOME}/*; modctl log <&7 >/dev/null; modctl log <&8 >/dev/null"

_RECORD = re.compile(rb"(?P<priority>\d{1,5}),\d+,(?P<microseconds>\d{1,18}),[^;]*;(?P<text>.*)")
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")


class ShellMachine:
    """A root shell at the end of a terminal (a Machine)."""

    def __init__(self, command: str, ask: AskSecret) -> None:
        """Run `command` and take over the shell that it gives; raise LabError when it gives none.

        `ask` has the user answer a question for a password.
        """
        self._spawn = shell_login.connect(command, ask)
        self._channel = Channel(self._spawn, self.clock)
        self._log = bytearray()
        self._modules: dict[str, None] = {}  # that were put there, in order
        self._is_busy = self._is_closed = False
        self._is_ended = threading.Event()
        self.loss: ConnectionLostError | None = None  # why it can be asked nothing any more

    def run(
        self, command: str, *, deadline: float = 10, give_up: Callable[[], bool] | None = None
    ) -> CommandResult:
        """See Machine.run. A command that meets its deadline is interrupted, as by ctrl+C."""

        def is_over() -> bool:
            return self._is_ended.is_set() or (give_up is not None and give_up())

        try:
            return self._run(command, deadline, is_over)
        except DeadlineError as problem:
            if self._is_ended.is_set():
                raise MachineLostError from problem
            raise

    def run_aside(self, command: str, *, deadline: float = 2) -> CommandResult:
        """Run a command after one that was interrupted; there is only one shell."""
        return self._run(command, deadline)

    def interrupt(self) -> None:
        """Do nothing: a machine of somebody's own is not made to panic."""

    def push(self, path: str, content: bytes) -> None:
        """See Machine.push."""
        place = PurePosixPath(path)
        if place.suffix == ".ko":
            self._modules[place.stem.replace("-", "_")] = None
        packed = base64.encodebytes(gzip.compress(content, mtime=0))
        command = f"head -c {len(packed)} <&6 | base64 -d | gzip -d >{shlex.quote(path)}"
        result = self._run(command, ANSWER_SECONDS + len(packed) / SLOWEST_LINE, data=packed)
        if result.status != 0:
            why = result.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            self._lose(f"The file {path} did not arrive whole on the machine: {why}.")

    def pull(self, path: str) -> bytes:
        """See Machine.pull."""
        result = self.run(f"cat {shlex.quote(path)}")
        if result.status != 0:
            raise FileNotFoundError(path)
        return result.stdout

    def clock(self) -> float:
        """See Machine.clock; what else the machine does is not known here."""
        return time.monotonic()

    def log(self, offset: int = 0) -> bytes:
        """See Machine.log. While a command runs, nothing new is known."""
        if not self._is_busy and self.loss is None:
            try:
                self._log += _as_on_console(self._run("modctl log <&7", ANSWER_SECONDS).stdout)
            except DeadlineError:
                self._lose("The machine's log cannot be read any more.")
        return bytes(self._log[offset:])

    def renew(self) -> None:
        """Begin a check: nothing is in /root, and the log is empty."""
        self._run(RENEW, ANSWER_SECONDS)
        self._log.clear()
        self._modules.clear()

    def clean_up(self) -> list[str]:
        """Unload what is left of the modules that were put there; return those that stay loaded."""
        names = list(reversed(self._modules))
        left = " ".join(f"/sys/module/{name}" for name in names)
        if not names:
            return []
        unload = f"for module in {left}; do [ ! -e $module ] || modctl unload ${{module##*/}}; done"
        shown = self._run(f"{unload}; ls -d {left}", ANSWER_SECONDS).stdout
        return [PurePosixPath(line).name for line in shown.decode(errors="replace").splitlines()]

    def kill(self) -> None:
        """See Machine.kill: a command that runs is interrupted, so that `close` can clean up."""
        self._is_ended.set()

    def close(self) -> None:
        """Unload the lab's modules, and give the shell back; see Machine.close."""
        if self._is_closed:
            return
        self._is_closed = True
        with suppress(LabError):
            self.clean_up()
        with suppress(OSError):
            self._spawn.send(b"bye\n")
            self._spawn.expect([shell_login.GONE, pexpect.EOF, pexpect.TIMEOUT], timeout=RECOVERY_SECONDS)
        self._spawn.close(force=True)

    def _run(
        self,
        command: str,
        deadline: float,
        give_up: Callable[[], bool] | None = None,
        data: bytes = b"",
    ) -> CommandResult:
        if self.loss is not None:
            raise self.loss
        self._is_busy = True
        try:
            return self._channel.run(command, deadline, give_up, data)
        except DeadlineError:
            self._recover(command)
            raise
        except MachineLostError:
            self._lose("The connection to the machine was lost.")
        finally:
            self._is_busy = False

    def _recover(self, command: str) -> None:
        """Have the shell answer again."""
        try:
            self._spawn.send(CTRL_C)
            self._channel.run(":", RECOVERY_SECONDS, None)
        except (OSError, LabError):
            short = " ".join(command.split())
            since = f" since `{short}`" if len(short) <= LONGEST_SHOWN else ""
            self._lose(f"The machine answers no more{since}: it hangs, or the connection is lost.")

    def _lose(self, message: str) -> NoReturn:
        self.loss = ConnectionLostError(message, hint=LOST_HINT)
        raise self.loss


def _as_on_console(dump: bytes) -> bytes:
    """Records as /dev/kmsg gives them (Documentation/ABI/testing/dev-kmsg), as the serial port of a guest has them."""
    lines: list[bytes] = []
    for found in map(_RECORD.fullmatch, dump.split(b"\n")):
        if found is not None:
            seconds, microseconds = divmod(int(found["microseconds"]), 1_000_000)
            text = _ESCAPED.sub(lambda escaped: bytes([int(escaped[1], 16)]), found["text"])
            head = b"<%b>[%5d.%06d] " % (found["priority"], seconds, microseconds)
            lines += [head + part + b"\n" for part in text.split(b"\n")]
    return b"".join(lines)
