# SPDX-License-Identifier: MIT
"""Pool: clones standing by, so that nobody waits for a machine to start."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from kmodlab.machines.qemu import QemuMachine


class Pool:
    """Keeps machines ready that `make` makes, as many as `fill` was last told."""

    def __init__(self, make: Callable[[], QemuMachine]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._waiting: deque[Future[QemuMachine]] = deque()
        self._taken: set[QemuMachine] = set()
        self._maker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="standby")
        self._is_closed = False

    def fill(self, count: int) -> None:
        """Start making machines until `count` stand by."""
        with self._lock:
            while len(self._waiting) < count and not self._is_closed:
                self._waiting.append(self._maker.submit(self._make))

    def take(self) -> QemuMachine:
        """A machine nobody has used, for the caller to give back; raise LabError when none can be had."""
        with self._lock:
            waiting = self._waiting.popleft() if self._waiting else self._maker.submit(self._make)
        machine = waiting.result()
        with self._lock:
            self._taken.add(machine)
        return machine

    def is_rested(self) -> bool:
        """Whether no machine is being made."""
        with self._lock:
            return all(machine.done() for machine in self._waiting)

    def give_back(self, machine: QemuMachine) -> None:
        """End a machine that was taken."""
        with self._lock:
            self._taken.discard(machine)
        machine.close()

    def kill_taken(self) -> None:
        """End the machines in use from another thread: whoever waits for them gets MachineLostError."""
        with self._lock:
            for machine in self._taken:
                machine.kill()

    def close(self) -> None:
        """End all machines, those in use too."""
        with self._lock:
            self._is_closed = True
            waiting = [*self._waiting]
            self._waiting.clear()
        self._maker.shutdown(cancel_futures=True)
        for future in waiting:
            if not future.cancelled() and future.exception() is None:
                future.result().close()
        self.kill_taken()
