# SPDX-License-Identifier: MIT
"""The line to the guest; here the guest is the other end of a socket."""

import queue
import socket
import threading
from collections.abc import Iterator

import pytest

from kmodlab.tui.terminal.line import MOST_AT_ONCE, SerialLine

PATIENCE = 10


class Guest:
    """The other end of a line, and what has come through it."""

    def __init__(self) -> None:
        self.end, self.other = socket.socketpair()
        self.end.settimeout(PATIENCE)
        self.heard: queue.Queue[bytes] = queue.Queue()
        self.has_ended = threading.Event()
        self.line = SerialLine(self.other, self.heard.put, self.has_ended.set)


@pytest.fixture
def guest() -> Iterator[Guest]:
    guest = Guest()
    yield guest
    guest.line.close()
    guest.end.close()
    guest.other.close()


def test_both_directions(guest: Guest) -> None:
    guest.end.sendall(b"# ")
    assert guest.heard.get(timeout=PATIENCE) == b"# "
    guest.line.send(b"ls\r")
    assert guest.end.recv(100) == b"ls\r"


def test_a_flood_waits_until_the_screen_has_taken_what_came(guest: Guest) -> None:
    guest.end.sendall(b"x" * 3 * MOST_AT_ONCE)
    assert len(guest.heard.get(timeout=PATIENCE)) <= MOST_AT_ONCE
    guest.line.send(b"\x03")  # gets through all the same
    assert guest.end.recv(100) == b"\x03"
    assert guest.heard.empty()
    guest.line.go_on()
    assert guest.heard.get(timeout=PATIENCE)


def test_much_that_is_typed_arrives_in_order_when_the_guest_reads(guest: Guest) -> None:
    typed = bytes(range(256)) * 4000
    for at in range(0, len(typed), 1000):
        guest.line.send(typed[at : at + 1000])
    received = b""
    while len(received) < len(typed):
        received += guest.end.recv(1 << 16)
    assert received == typed


def test_the_end_of_the_guest_is_told(guest: Guest) -> None:
    guest.end.close()
    assert guest.has_ended.wait(PATIENCE)


def test_a_line_that_is_closed_tells_nothing_and_its_thread_ends(guest: Guest) -> None:
    threads = [thread for thread in threading.enumerate() if thread.name == "serial-line"]
    guest.line.close()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert not guest.has_ended.is_set()
    guest.line.send(b"too late")
