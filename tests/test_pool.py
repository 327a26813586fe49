# SPDX-License-Identifier: MIT
"""Clones standing by."""

import threading
import time

import pytest

from kmodlab.machines.machine import MachineLostError
from kmodlab.machines.pool import Pool
from kmodlab.machines.qemu import QemuMachine
from kmodlab.machines.template import Template


def test_machines_stand_by_before_they_are_asked_for(booted: Template) -> None:
    made = threading.Semaphore(0)

    def make():  # type: ignore[no-untyped-def]
        clone = booted.clone()
        made.release()
        return clone

    pool = Pool(make)
    pool.fill(2)
    try:
        assert made.acquire(timeout=10)
        assert made.acquire(timeout=10)
        machine = pool.take()
        assert machine.run("echo ready").stdout == b"ready\n"
        pool.give_back(machine)
    finally:
        pool.close()


def wait_until_rested(pool: Pool) -> None:
    ends = time.monotonic() + 10
    while not pool.is_rested():
        assert time.monotonic() < ends, "the pool does not come to rest"
        time.sleep(0.01)


def test_machines_are_warmed_up_once_when_nobody_wants_any(booted: Template) -> None:
    warmed: list[QemuMachine] = []
    pool = Pool(booted.clone, warmed.append)
    try:
        for _ in range(2):
            pool.rest(2)
            wait_until_rested(pool)
        assert len(warmed) == 2
        assert pool.take() in warmed
    finally:
        pool.close()


def test_whoever_is_in_a_hurry_waits_for_no_warm_up(booted: Template) -> None:
    warmed: list[QemuMachine] = []
    pool = Pool(booted.clone, warmed.append)
    try:
        pool.rest(1)
        pool.fill(1)
        wait_until_rested(pool)
        assert warmed == []
    finally:
        pool.close()


def test_closing_ends_machines_in_use(booted: Template) -> None:
    pool = Pool(booted.clone)
    pool.fill(2)
    machine = pool.take()
    pool.close()
    with pytest.raises(MachineLostError):
        machine.run("true")
    machine.close()


def test_a_machine_that_cannot_be_made_is_an_error_of_take() -> None:
    def fail():  # type: ignore[no-untyped-def]
        raise MachineLostError("no more machines")

    pool = Pool(fail)
    pool.fill(1)
    with pytest.raises(MachineLostError, match="no more machines"):
        pool.take()
    pool.close()
