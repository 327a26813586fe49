# SPDX-License-Identifier: MIT
"""The line to the guest: a thread that reads what it prints and writes what was typed."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from select import select

MOST_AT_ONCE = 4096  # bytes; the screen takes some 20 ms for as many when they are all short lines


class SerialLine:
    """Both directions of a console.

    Each piece that comes is passed to `hear`, in the thread of the line, and the next one is read when `go_on` was
    called: a guest that prints without end waits, and what waits here is never much. `ended` is called, once, when
    the guest has no more to say.
    """

    def __init__(
        self, connection: socket.socket, hear: Callable[[bytes], object], ended: Callable[[], object]
    ) -> None:
        """Take up a connection; it is still the caller's to close."""
        self._connection = connection.dup()  # so that nobody closes it while the thread waits for it
        self._hear, self._ended = hear, ended
        self._waker, self._wakened = socket.socketpair()
        self._typed, self._typing = bytearray(), threading.Lock()
        self._may_read = threading.Event()
        self._may_read.set()
        self._is_closed = False
        threading.Thread(target=self._run, name="serial-line", daemon=True).start()

    def send(self, typed: bytes) -> None:
        """Type something."""
        with self._typing:
            self._typed += typed
        self._wake()

    def go_on(self) -> None:
        """Read on."""
        self._may_read.set()
        self._wake()

    def close(self) -> None:
        """End the line."""
        self._is_closed = True
        self._wake()

    def _wake(self) -> None:
        with suppress(OSError):
            self._waker.send(b".")

    def _run(self) -> None:
        with self._connection, self._waker, self._wakened, suppress(OSError):
            while not self._is_closed and self._exchange():
                pass
        if not self._is_closed:
            self._ended()

    def _exchange(self) -> bool:
        """Wait for something to do, and do it; False when the guest has ended."""
        readers = [self._wakened, *([self._connection] if self._may_read.is_set() else [])]
        readable, writable, _ = select(readers, [self._connection] if self._typed else [], [])
        if self._wakened in readable:
            self._wakened.recv(MOST_AT_ONCE)
        if writable:
            self._write()
        if self._connection in readable:
            printed = self._connection.recv(MOST_AT_ONCE)
            if not printed:
                return False
            self._may_read.clear()
            self._hear(printed)
        return True

    def _write(self) -> None:
        with self._typing:
            typed = bytes(self._typed)
        sent = self._connection.send(typed, socket.MSG_DONTWAIT)
        with self._typing:
            del self._typed[:sent]
