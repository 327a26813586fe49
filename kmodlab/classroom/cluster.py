# SPDX-License-Identifier: MIT
"""A Dask cluster does the work: jobs go to whichever worker has time, and those of a worker that dies go to another.

A worker that has not got the pack or the kernel says so and is sent it from here, once. What runs there is remote.py.
"""

import logging
import queue
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from distributed import Client, Future
from distributed.scheduler import KilledWorker

from kmodlab import __version__
from kmodlab.classroom import remote
from kmodlab.classroom.content import Content
from kmodlab.classroom.jobs import Advances, Answer, Began, Done, Job, Trouble
from kmodlab.classroom.remote import Lacks, Order, Setting, Unfit
from kmodlab.errors import LabError
from kmodlab.kernels.tree import KernelTree
from kmodlab.packs import trust
from kmodlab.packs.catalog import Pack
from kmodlab.steps import Listener, Step

PACK_NAMES = ("pack.toml", "lessons", trust.CHECKS)  # of a pack, what grading needs
CONNECT_SECONDS = 30  # also when the connection is lost
LOOK_SECONDS = 1.0  # between two looks at how many workers there are
AHEAD = 2  # jobs for each thread of the cluster: one that is done, and one that waits
MOST_TRIES = 6  # of a job whose worker is lost, or asks for what it was sent


def work(pack: Pack, tree: KernelTree, address: str, listen: Listener, jobs: Sequence[Job]) -> Advances:
    """Have `jobs` of `pack` done on the kernel of `tree` by the cluster at `address` (jobs.Work).

    Raises LabError when there is no cluster, it goes away, or a worker cannot grade.
    """
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # what concerns people is told by us
    contents = (Content(pack.folder, PACK_NAMES, PACK_NAMES), _of_kernel(tree))
    setting = Setting(__version__, contents[0].digest, contents[1].digest, remote.relative(tree))
    with _connected(address) as client:
        yield from _Cluster(client, address, setting, contents, listen).work(jobs)


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as problem:
        raise LabError(
            f"There is no Dask scheduler at {address}.",
            hint="Start one with `dask scheduler`; it prints its address.",
        ) from problem
    try:
        yield client
    finally:
        with suppress(Exception):  # a cluster that has gone has no processes of ours
            client.run(remote.end, on_error="ignore")
        client.close(timeout=LOOK_SECONDS)


def _of_kernel(tree: KernelTree) -> Content:
    is_spread = tree.folders != (tree.root,) or not tree.busybox.is_relative_to(tree.root)
    if tree.root == Path("/") or is_spread:
        raise LabError(
            f"The kernel {tree.release} is spread over this computer and cannot be sent to others.",
            hint="Choose one that `kmodlab kernel add` fetched.",
        )
    names = tuple(path.name for path in tree.root.iterdir())
    return Content(tree.root, names, remote.known_by(tree))


class _Cluster:
    """The cluster while it works for one class."""

    def __init__(
        self,
        client: Client,
        address: str,
        setting: Setting,
        contents: Sequence[Content],
        listen: Listener,
    ) -> None:
        self._client, self._address, self._setting, self._listen = client, address, setting, listen
        self._contents = {content.digest: content for content in contents}
        self._packed = cache(lambda digest: self._contents[digest].packed())
        self._ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._running: dict[Future, tuple[Job, int]] = {}

    def work(self, jobs: Sequence[Job]) -> Advances:
        """Have `jobs` done."""
        waiting = deque((job, 1) for job in jobs)
        while waiting or self._running:
            room = AHEAD * self._threads() - len(self._running)
            for _ in range(min(room, len(waiting))):
                job, tries = waiting.popleft()
                self._submit(job, tries)
                if tries == 1:
                    yield Began(job)
            for future in self._next():
                job, tries = self._running.pop(future)
                answer = self._answer(future)
                if answer is not None:
                    yield Done(job, answer)
                elif tries < MOST_TRIES:
                    waiting.appendleft((job, tries + 1))
                else:
                    yield Done(
                        job, Trouble("The cluster lost it again and again.", "Look at its workers' logs.")
                    )

    def _submit(self, job: Job, tries: int) -> None:
        order = Order(self._setting, job.fingerprint, job.lesson.id, dict(job.files))
        future = self._client.submit(remote.grade, order, pure=False)
        self._running[future] = job, tries
        future.add_done_callback(self._ended.put)

    def _next(self) -> list[Future]:
        """A future that has ended, if one does within a moment."""
        with suppress(queue.Empty):
            return [self._ended.get(timeout=LOOK_SECONDS)]
        return []

    def _threads(self) -> int:
        """How many submissions the cluster grades at a time; raise LabError when its scheduler is gone."""
        try:
            threads = sum(map(int, self._client.nthreads().values()))
        except (OSError, TimeoutError):  # it tries to connect again
            threads = 0
        except (RuntimeError, AttributeError) as problem:  # it has given up, and taken itself apart
            raise LabError(
                f"The Dask scheduler at {self._address} is gone.",
                hint="What is graded is kept; once it is there again, the same command goes on.",
            ) from problem
        if not threads:
            self._listen(Step(f"Waiting for workers of {self._address}"))
        return threads

    def _answer(self, future: Future) -> Answer | None:
        """What came of a job; None when it has to be tried again. Raise LabError when a worker cannot grade at all."""
        try:
            answer: Answer | Lacks | Unfit = future.result()
        except (KilledWorker, OSError, CancelledError, TimeoutError):
            return None
        except Exception as problem:
            raise LabError(
                f"The workers at {self._address} cannot grade: {type(problem).__name__}: {problem}.",
                hint=f"Install kmodlab {__version__} on every one of them.",
            ) from problem
        if isinstance(answer, Unfit):
            raise LabError(answer.message, hint=answer.hint)
        if isinstance(answer, Lacks):
            self._send(answer)
            return None
        return answer

    def _send(self, lacks: Lacks) -> None:
        """Send the worker what it still has not got; raise LabError when it cannot keep it."""
        for digest in lacks.digests:
            to = {"workers": [lacks.address], "on_error": "ignore"}  # one that has gone: another will ask
            if any(self._client.run(remote.has, digest, **to).values()):
                continue
            self._listen(Step(f"Sending what {lacks.address} has not got"))
            told = self._client.run(
                remote.keep, digest, self._contents[digest].known_by, self._packed(digest), **to
            )
            for refusal in filter(None, told.values()):
                raise LabError(refusal.message, hint=refusal.hint)
