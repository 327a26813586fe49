# SPDX-License-Identifier: MIT
"""Worker processes: one that dies is replaced, and when nobody asks any more they all end."""

import os
import signal
import time
from collections.abc import Iterator, Sequence

import psutil
import pytest

from kmodlab.classroom import crew
from kmodlab.classroom.grade import Graded
from kmodlab.classroom.jobs import Advances, Began, Done, Job, Trouble
from kmodlab.grading.verdict import Outcome
from kmodlab.kernels.tree import KernelTree
from kmodlab.packs.catalog import Pack
from kmodlab.steps import ignore

END_SECONDS = 30


def workers() -> list[psutil.Process]:
    """The worker processes of this test, with the machines that they have."""
    return [child for child in psutil.Process().children() if "kmodlab.classroom.worker" in child.cmdline()]


@pytest.fixture
def jobs(pack: Pack, kernel_tree: KernelTree) -> Sequence[Job]:
    """Two that need only a build."""
    hello = pack.lesson("hello")
    return [Job(str(number), hello, {"hello.c": b"int x = y%d;\n" % number}) for number in range(2)]


@pytest.fixture
def advances(pack: Pack, kernel_tree: KernelTree, jobs: Sequence[Job]) -> Iterator[Advances]:
    under_way = crew.work(pack, kernel_tree, 2, ignore, jobs)
    yield under_way
    under_way.close()


def test_each_job_begins_and_is_done(advances: Advances, jobs: Sequence[Job]) -> None:
    seen = [*advances]
    assert [event.job for event in seen if isinstance(event, Began)] == jobs
    done = {event.job.fingerprint: event.answer for event in seen if isinstance(event, Done)}
    for number in ("0", "1"):
        answer = done[number]
        assert isinstance(answer, Graded)
        assert answer.report.outcome is Outcome.BUILD_ERROR
        assert f"'y{number}' undeclared" in str(answer.report.checks[0].reason)
    assert workers() == []


def test_the_job_of_a_worker_that_dies_is_done_by_another(advances: Advances) -> None:
    for _ in range(2):
        assert isinstance(next(advances), Began)
    os.kill(workers()[0].pid, signal.SIGKILL)
    answers = [event.answer for event in advances if isinstance(event, Done)]
    assert all(isinstance(answer, Graded) for answer in answers)
    assert len(answers) == 2


def test_a_job_that_kills_its_worker_again_is_told_and_the_others_are_done(
    pack: Pack, kernel_tree: KernelTree, jobs: Sequence[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = crew._Worker.begin

    def deadly(worker: crew._Worker, job: Job, tries: int) -> None:
        begin(worker, job, tries)
        if job.fingerprint == "0":
            worker._process.kill()

    monkeypatch.setattr(crew._Worker, "begin", deadly)
    done = {
        event.job.fingerprint: event.answer
        for event in crew.work(pack, kernel_tree, 1, ignore, jobs)
        if isinstance(event, Done)
    }
    assert isinstance(done["1"], Graded)
    assert isinstance(done["0"], Trouble)
    assert "The process that graded it ended by the signal SIGKILL." in done["0"].message


def test_a_job_that_does_not_come_to_an_end_is_ended(
    pack: Pack, kernel_tree: KernelTree, jobs: Sequence[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew.attempt, "longest_seconds", lambda lesson: 0.0)
    done = [
        event.answer for event in crew.work(pack, kernel_tree, 1, ignore, jobs[:1]) if isinstance(event, Done)
    ]
    assert isinstance(done[0], Trouble)
    assert done[0].message == "Grading it did not come to an end."
    assert workers() == []


def test_closed_in_the_middle_no_process_is_left(pack: Pack, kernel_tree: KernelTree) -> None:
    hello = pack.lesson("hello")
    advances = crew.work(pack, kernel_tree, 1, ignore, [Job("good", hello, hello.solution())])
    assert isinstance(next(advances), Began)
    (worker,) = workers()
    deadline = time.monotonic() + END_SECONDS
    while not (machines := worker.children(recursive=True)):
        assert time.monotonic() < deadline
    advances.close()
    _, alive = psutil.wait_procs([worker, *machines], timeout=END_SECONDS)
    assert alive == []
