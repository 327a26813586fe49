# SPDX-License-Identifier: MIT
"""The crew: worker processes on this machine. One that dies or does not come to an end is replaced."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Self

import kmodlab
from kmodlab.build import kbuild
from kmodlab.classroom import attempt
from kmodlab.classroom.jobs import Advances, Answer, Began, Done, Job, Trouble
from kmodlab.classroom.worker import ENDING_SECONDS
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines import template
from kmodlab.packs.catalog import Pack
from kmodlab.steps import Listener

TRIES = 2  # of a job whose worker dies
SHORTEST_WAIT = 0.1
REPORT = "Please report it, with the submission."


def work(pack: Pack, tree: KernelTree, workers: int, listen: Listener, jobs: Iterable[Job]) -> Advances:
    """Have `jobs` of `pack` done on the kernel of `tree` by so many `workers`, as jobs.Work says.

    Raises LabError when no machine can be had here.
    """
    template.prepare(tree, listen).close()  # now, or each worker would boot one
    with Crew(pack, tree, workers) as crew:
        yield from crew.work(jobs)


class Crew:
    """At most so many workers, each started when there is something to do for it; a context manager that ends them."""

    def __init__(self, pack: Pack, tree: KernelTree, most: int) -> None:
        self._pack, self._tree, self._most = pack, tree, most
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def work(self, jobs: Iterable[Job]) -> Advances:
        """Have `jobs` done; a job whose worker dies is tried again by another."""
        waiting = deque((job, 1) for job in jobs)
        while waiting or any(worker.is_busy for worker in self._workers):
            while waiting and (worker := self._idle()):
                job, tries = waiting.popleft()
                worker.begin(job, tries)
                if tries == 1:
                    yield Began(job)
            for worker in self._finished():
                job, tries = worker.order
                answer = worker.answer()
                if answer is None and tries < TRIES:
                    waiting.appendleft((job, tries + 1))
                else:
                    yield Done(job, answer or worker.complaint())
                if answer is None:
                    self._workers.remove(worker)
                    worker.close()
                    with kbuild.build_folder():  # which sweeps what the dead one was building
                        pass

    def close(self) -> None:
        """Have all workers end, and wait for it; more work would start others."""
        for worker in self._workers:
            worker.dismiss()
        for worker in self._workers:
            worker.close()
        self._workers.clear()

    def _idle(self) -> "_Worker | None":
        """A worker that has nothing to do, a new one when there may be more; None when all are busy."""
        idle = next((worker for worker in self._workers if not worker.is_busy), None)
        if idle is None and len(self._workers) < self._most:
            idle = _Worker(self._pack, self._tree)
            self._workers.append(idle)
        return idle

    def _finished(self) -> "list[_Worker]":
        """Wait until workers have answered, died, or run out of time."""
        busy = [worker for worker in self._workers if worker.is_busy]
        while True:
            patience = min(worker.ends for worker in busy) - time.monotonic()
            answered = wait([worker.pipe for worker in busy], timeout=max(SHORTEST_WAIT, patience))
            finished = [
                worker for worker in busy if worker.pipe in answered or time.monotonic() > worker.ends
            ]
            if finished:
                return finished


class _Worker:
    """One worker process, seen from here."""

    def __init__(self, pack: Pack, tree: KernelTree) -> None:
        self.ends = 0.0  # when what it does now must have come to an end
        self._order: tuple[Job, int] | None = None
        self._is_late = False
        self._says = os.memfd_create("worker-stderr")
        ours, theirs = socket.socketpair()
        # -P: whoever grades may stand in a folder of the class, and what lies there is not to be imported.
        command = [sys.executable, "-P", "-m", "kmodlab.classroom.worker", str(theirs.fileno())]
        places = (str(Path(kmodlab.__file__).parent.parent), os.environ.get("PYTHONPATH", ""))
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._says,
            pass_fds=[theirs.fileno()],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, places))},
            start_new_session=True,  # the terminal's Ctrl-C is for the lab, which then ends its workers
        )
        theirs.close()
        self.pipe = Connection(ours.detach())
        self._send((pack, tree))

    @property
    def is_busy(self) -> bool:
        """Whether it has been given something to do and has not answered."""
        return self._order is not None

    @property
    def order(self) -> tuple[Job, int]:
        """What it does, and the how manieth try that is."""
        assert self._order is not None
        return self._order

    def begin(self, job: Job, tries: int) -> None:
        """Give it something to do."""
        self._order = job, tries
        self.ends = time.monotonic() + attempt.longest_seconds(job.lesson)
        self._send((job.lesson.id, dict(job.files)))

    def answer(self) -> Answer | None:
        """What it has to say; None when it is dead, or late and so is killed."""
        self._order = None
        with suppress(EOFError, OSError):
            if self.pipe.poll():
                answer: Answer = self.pipe.recv()
                return answer
        self._is_late = self._process.poll() is None and time.monotonic() > self.ends
        self._process.kill()
        return None

    def complaint(self) -> Trouble:
        """Why it is dead."""
        status = self._process.wait()
        if self._is_late:
            return Trouble("Grading it did not come to an end.", REPORT)
        how = f"with exit status {status}" if status >= 0 else f"by the signal {signal.Signals(-status).name}"
        lines = os.pread(self._says, 1 << 16, 0).decode(errors="replace").splitlines()
        last = f" {lines[-1]}" if lines else ""
        return Trouble(
            f"The process that graded it ended {how}.{last}", "Please report it, with the submission."
        )

    def dismiss(self) -> None:
        """Have it end what it does, and itself."""
        self.pipe.close()

    def close(self) -> None:
        """Wait for its end, and hasten it when it takes too long."""
        self.dismiss()
        try:
            self._process.wait(timeout=ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._says)

    def _send(self, message: object) -> None:
        with suppress(OSError):  # it is dead; whoever waits for its answer learns that
            self.pipe.send(message)
