# SPDX-License-Identifier: MIT
"""The command channel: shell commands over a virtio-serial port or a terminal, framed with a nonce of the host's.

The guest's side is agent.sh, or shell_agent.sh. Frames also carry a word that the host tells the agent once, before
anything else runs there: whoever takes the agent's place later does not know it.
"""

import re
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import pexpect
from pexpect.socket_pexpect import SocketSpawn

from kmodlab.machines.machine import CommandResult, DeadlineError, MachineLostError

OUTPUT_LIMIT = 1 << 20  # bytes kept of each output of a command
FRAME_LIMIT = 64  # bytes; no frame is longer
CHUNK = 1 << 16
POLL_SECONDS = 0.02
AGENT_KILLED = "The machine's agent was killed."
BANNER = re.compile(rb"\x1eagent\x1e")


class Channel:
    """Commands to the agent of one guest, one at a time."""

    def __init__(
        self, connection: "socket.socket | pexpect.spawn[bytes]", clock: Callable[[], float]
    ) -> None:
        """Over `connection`; all deadlines are seconds of `clock`."""
        self._clock = clock
        self._spawn = SocketSpawn(connection) if isinstance(connection, socket.socket) else connection
        self._spawn.delaybeforesend = None
        self._unread = b""
        self._word = b""

    def wait_for_agent(self, deadline: float, give_up: Callable[[], bool] | None = None) -> None:
        """Wait until a freshly booted guest's agent greets; raises as `run` does."""
        self._read_to(BANNER, _Patience("boot", deadline, give_up, self._clock))

    def run(
        self, command: str, deadline: float, give_up: Callable[[], bool] | None, data: bytes = b""
    ) -> CommandResult:
        """Run a command, which reads `data` from the connection; see Machine.run."""
        nonce = secrets.token_hex(8).encode()
        patience = _Patience(command, deadline, give_up, self._clock)
        began = time.monotonic()
        try:
            if not self._word:
                self._word = secrets.token_hex(8).encode()
                self._spawn.send(b"word " + self._word + b"\n")
            self._spawn.send(nonce + b" " + _escaped(command) + b"\n")
        except OSError as problem:
            raise MachineLostError from problem
        if data:
            threading.Thread(target=self._send, args=(data,), name="send", daemon=True).start()
        frame = re.compile(rb"\x1e%s %s (\d+)\x1e|\x1eagent\x1e" % (self._word, nonce))
        stdout, dropped, match = self._read_to(frame, patience)
        seconds = time.monotonic() - began
        if match[1] is None:
            raise MachineLostError(AGENT_KILLED)
        closing = re.compile(rb"\x1e%s %s\.\x1e" % (self._word, nonce))
        stderr, dropped_too, _ = self._read_to(closing, patience)
        return CommandResult(int(match[1]), stdout, stderr, seconds, dropped + dropped_too)

    def _send(self, data: bytes) -> None:
        with suppress(OSError):  # whoever waits for the command's end will see it
            self._spawn.send(data)

    def _read_to(
        self, pattern: re.Pattern[bytes], patience: "_Patience"
    ) -> tuple[bytes, int, re.Match[bytes]]:
        """Read up to `pattern`: what came before it, how much of that was dropped, and the match."""
        kept, dropped = bytearray(), 0
        while True:
            match = pattern.search(self._unread)
            end = match.start() if match else max(0, len(self._unread) - FRAME_LIMIT)
            room = OUTPUT_LIMIT - len(kept)
            kept += self._unread[: min(end, room)]
            dropped += max(0, end - room)
            self._unread = self._unread[match.end() if match else end :]
            if match:
                return bytes(kept), dropped, match
            self._receive(patience)

    def _receive(self, patience: "_Patience") -> None:
        """Wait for more, as long as patience lasts."""
        while True:
            patience.check()
            try:
                chunk = self._spawn.read_nonblocking(CHUNK, timeout=POLL_SECONDS)
                self._unread += cast(bytes, chunk)
                return
            except pexpect.TIMEOUT:
                continue
            except (pexpect.EOF, OSError) as problem:
                raise MachineLostError from problem

    def close(self) -> None:
        """Close the host's end."""
        self._spawn.close()


class _Patience:
    """How long a command is waited for."""

    def __init__(
        self,
        command: str,
        deadline: float,
        give_up: Callable[[], bool] | None,
        clock: Callable[[], float],
    ) -> None:
        self._command, self._deadline, self._give_up, self._clock = command, deadline, give_up, clock
        self._ends = clock() + deadline

    def check(self) -> None:
        """Raise DeadlineError when it has run out."""
        if self._clock() > self._ends or (self._give_up is not None and self._give_up()):
            raise DeadlineError(self._command, self._deadline)


def _escaped(command: str) -> bytes:
    """One line for `read -r`."""
    return command.encode().replace(b"\n", b"\x1d")
