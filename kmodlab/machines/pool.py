# SPDX-License-Identifier: MIT
"""Pool: clones standing by, so that nobody waits for a machine to start."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from kmodlab.errors import LabError
from kmodlab.machines.qemu import QemuMachine

# Of quiet before machines are warmed up: who makes one attempt after another has none to lose.
LEISURE_SECONDS = 0.5


class Pool:
    """Keeps machines ready that `make` makes, as many as `fill` was last told.

    When nobody wants any for a while, `warm_up` does with each what makes its first use quicker.
    """

    def __init__(
        self, make: Callable[[], QemuMachine], warm_up: Callable[[QemuMachine], object] | None = None
    ) -> None:
        self._make, self._warm_up = make, warm_up
        self._lock = threading.Lock()
        self._waiting: deque[Future[QemuMachine]] = deque()
        self._warm: set[QemuMachine] = set()
        self._taken: set[QemuMachine] = set()
        self._maker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="standby")
        self._is_wanted = threading.Event()  # somebody makes use of machines
        self._resting: Future[None] | None = None
        self._is_closed = False

    def fill(self, count: int) -> None:
        """Start making machines until `count` stand by."""
        self._is_wanted.set()
        self._fill(count)

    def rest(self, count: int) -> None:
        """The same, and warm them up unless somebody takes one soon."""
        self._is_wanted.clear()
        self._fill(count)
        if self._warm_up:
            with self._lock:
                if not self._is_closed:
                    self._resting = self._maker.submit(self._warm_up_all, self._warm_up)

    def take(self) -> QemuMachine:
        """A machine nobody has used, for the caller to give back; raise LabError when none can be had."""
        self._is_wanted.set()
        with self._lock:
            waiting = self._waiting.popleft() if self._waiting else self._maker.submit(self._make)
        machine = waiting.result()
        with self._lock:
            self._warm.discard(machine)
            self._taken.add(machine)
        return machine

    def is_rested(self) -> bool:
        """Whether no machine is being made or warmed up."""
        with self._lock:
            is_resting = self._resting is not None and not self._resting.done()
            return not is_resting and all(machine.done() for machine in self._waiting)

    def give_back(self, machine: QemuMachine) -> None:
        """End a machine that was taken."""
        with self._lock:
            self._taken.discard(machine)
        machine.close()

    def let_go(self, machine: QemuMachine) -> None:
        """Leave a machine that was taken to the caller, who ends it."""
        with self._lock:
            self._taken.discard(machine)

    def kill_taken(self) -> None:
        """End the machines in use from another thread: whoever waits for them gets MachineLostError."""
        with self._lock:
            for machine in self._taken:
                machine.kill()

    def close(self) -> None:
        """End all machines, those in use too."""
        self._is_wanted.set()
        with self._lock:
            self._is_closed = True
            waiting = [*self._waiting]
            self._waiting.clear()
        self._maker.shutdown(cancel_futures=True)
        for future in waiting:
            if not future.cancelled() and future.exception() is None:
                future.result().close()
        self.kill_taken()

    def _fill(self, count: int) -> None:
        with self._lock:
            while len(self._waiting) < count and not self._is_closed:
                self._waiting.append(self._maker.submit(self._make))

    def _warm_up_all(self, warm_up: Callable[[QemuMachine], object]) -> None:
        if self._is_wanted.wait(LEISURE_SECONDS):
            return
        while not self._is_wanted.is_set() and (future := self._next_cold()) is not None:
            machine = future.result()
            try:
                warm_up(machine)
            except LabError:
                machine.close()
                continue
            with self._lock:
                self._warm.add(machine)
                if not self._is_closed:
                    self._waiting.appendleft(future)
                    continue
            machine.close()

    def _next_cold(self) -> Future[QemuMachine] | None:
        """Take out one that is ready and cold; while it is being warmed up, it does not stand by."""
        with self._lock:
            for future in self._waiting:
                if future.done() and future.exception() is None and future.result() not in self._warm:
                    self._waiting.remove(future)
                    return future
            return None
