# SPDX-License-Identifier: MIT
"""Following a kernel log, and when waiting has become pointless."""

from typing import cast

import pytest

from kmodlab.evidence import follower
from kmodlab.evidence.follower import Follower
from kmodlab.machines.machine import Machine

OOPS = (
    b"<1>[    2.000000] BUG: unable to handle page fault for address: 0000000000400000\n"
    b"<4>[    2.000001] Oops: 0001 [#1] PREEMPT SMP PTI\n"
)
PANIC = b"<0>[    3.000000] Kernel panic - not syncing: Fatal exception\n"


class Printing:
    """A machine that has printed something (of Machine only `log`)."""

    def __init__(self) -> None:
        self.printed = b""

    def log(self, offset: int = 0) -> bytes:
        return self.printed[offset:]


@pytest.fixture
def machine() -> Printing:
    return Printing()


@pytest.fixture
def log(machine: Printing) -> Follower:
    return Follower(cast(Machine, machine))


def test_a_panic_ends_patience_at_once(machine: Printing, log: Follower) -> None:
    is_over = log.patience()
    assert not is_over()
    machine.printed += PANIC
    assert is_over()


def test_after_an_oops_a_command_gets_a_moment_to_end(
    machine: Printing, log: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    hit = log.patience()
    machine.printed += OOPS
    assert not hit()
    monkeypatch.setattr(follower, "OOPS_SECONDS", 0.0)
    assert hit()


def test_a_command_after_an_oops_has_a_moment_of_its_own(
    machine: Printing, log: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.printed += OOPS
    log.read()
    now = follower.time.monotonic()
    monkeypatch.setattr(follower.time, "monotonic", lambda: now + 100)
    is_over = log.patience()
    assert not is_over()
    monkeypatch.setattr(follower.time, "monotonic", lambda: now + 110)
    assert is_over()
