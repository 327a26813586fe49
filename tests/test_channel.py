# SPDX-License-Identifier: MIT
"""Commands over a connection, without a machine at its other end."""

import itertools
import socket
from collections.abc import Iterator

import pytest

from kmodlab.machines.channel import Channel
from kmodlab.machines.machine import DeadlineError, MachineLostError


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_deadline_is_of_the_clock_it_was_given(ends: tuple[socket.socket, socket.socket]) -> None:
    stands_still = itertools.repeat(0.0, 4)  # as when other programs have all processors
    asked: list[float] = []

    def clock() -> float:
        asked.append(next(stands_still, 8.0))
        return asked[-1]

    with pytest.raises(DeadlineError, match="did not end within"):
        Channel(ends[0], clock).run("true", 7.5, None)
    assert asked == [0.0, 0.0, 0.0, 0.0, 8.0]


def test_an_end_of_the_connection_is_a_lost_machine(ends: tuple[socket.socket, socket.socket]) -> None:
    ends[1].close()
    with pytest.raises(MachineLostError):
        Channel(ends[0], lambda: 0.0).run("true", 7.5, None)
