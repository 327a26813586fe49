# SPDX-License-Identifier: MIT
"""A Dask cluster does the work: what it has not got is sent, and what a killed worker did is done by another."""

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

from kmodlab.classroom import cluster, content, remote
from kmodlab.classroom.grade import Graded
from kmodlab.classroom.jobs import Began, Done, Job
from kmodlab.errors import LabError
from kmodlab.grading.verdict import Outcome
from kmodlab.kernels.tree import KernelTree
from kmodlab.packs.catalog import Pack
from kmodlab.steps import Step, ignore


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster of two worker processes."""
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as local:
        yield local.scheduler_address


def test_the_jobs_of_a_killed_worker_are_done_by_another(
    address: str, small_pack: Pack, kernel_tree: KernelTree
) -> None:
    hello = small_pack.lesson("hello")
    jobs = [Job(str(number), hello, {"hello.c": b"int x = y%d;\n" % number}) for number in range(3)]
    jobs.append(Job("good", hello, hello.solution()))
    steps: list[Step] = []
    events = []
    with Client(address, set_as_default=False) as client:
        pids = client.run(os.getpid)
        for event in cluster.work(small_pack, kernel_tree, address, steps.append, jobs):
            events.append(event)
            if isinstance(event, Done) and pids:
                os.kill(pids.popitem()[1], signal.SIGKILL)
                pids = {}
    assert [event.job for event in events if isinstance(event, Began)] == jobs
    answers = {event.job.fingerprint: event.answer for event in events if isinstance(event, Done)}
    assert answers.keys() == {job.fingerprint for job in jobs}
    for fingerprint, answer in answers.items():
        assert isinstance(answer, Graded)
        expected = Outcome.PASS if fingerprint == "good" else Outcome.BUILD_ERROR
        assert answer.report.outcome is expected
    assert any("has not got" in step.text for step in steps)
    digest = content.digest_of(small_pack.folder, cluster.PACK_NAMES)
    assert content.kept(digest) is not None
    shutil.rmtree(content.kept(digest) or "")


def test_where_there_is_no_scheduler_it_is_told(
    pack: Pack, kernel_tree: KernelTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(LabError, match="There is no Dask scheduler at tcp"):
        next(cluster.work(pack, kernel_tree, "tcp://127.0.0.1:9", ignore, ()))


def test_a_worker_with_another_version_is_told(
    address: str, pack: Pack, kernel_tree: KernelTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "__version__", "0.0")
    job = Job("1", pack.lesson("hello"), {"hello.c": b""})
    with pytest.raises(LabError, match=r"It runs kmodlab .*, and not 0\.0 as here"):
        list(cluster.work(pack, kernel_tree, address, ignore, [job]))


def test_when_the_scheduler_goes_away_it_is_told(
    pack: Pack, kernel_tree: KernelTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    job = Job("1", pack.lesson("hello"), {"hello.c": b""})
    with LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as local:
        steps = (local.close for _ in range(1))  # once, while it waits for workers
        with pytest.raises(LabError, match="is gone"):
            list(
                cluster.work(
                    pack, kernel_tree, local.scheduler_address, lambda step: next(steps, int)(), [job]
                )
            )


def test_a_kernel_is_found_below_another_folder(kernel_tree: KernelTree) -> None:
    moved = remote._below(Path("/elsewhere"), remote.relative(kernel_tree))
    assert moved.root == Path("/elsewhere")
    assert remote._below(kernel_tree.root, remote.relative(kernel_tree)) == kernel_tree


def test_a_kernel_that_is_spread_over_the_computer_is_not_sent(pack: Pack, kernel_tree: KernelTree) -> None:
    for part in ("image", "busybox"):
        spread = replace(kernel_tree, **{part: Path("/elsewhere/file")})
        with pytest.raises(LabError, match="cannot be sent to others"):
            next(cluster.work(pack, spread, "tcp://127.0.0.1:9", ignore, ()))
