# SPDX-License-Identifier: MIT
"""Nothing outlives the lab: no process, no file of a machine, however it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from kmodlab.kernels.tree import KernelTree
from kmodlab.machines import qemu

PROGRAM = """
import time
from kmodlab.kernels import store
from kmodlab.machines import template
kept = template.prepare(store.ensure())
clones = [kept.clone() for _ in range(2)]
clones[0].run("echo c >/tmp/x")
print("ready", flush=True)
time.sleep(60)
"""


@contextmanager
def program_with_machines(scratch: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[psutil.Process]]]:
    """A program that holds two clones, told to put what is temporary into `scratch`."""
    environment = os.environ | {"TMPDIR": str(scratch), "XDG_RUNTIME_DIR": str(scratch)}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"
        children = psutil.Process(program.pid).children(recursive=True)
        try:
            yield program, [child for child in children if child.name().startswith("qemu")]
        finally:
            program.kill()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_no_machine_outlives_the_program(
    kernel_tree: KernelTree, tmp_path: Path, end: signal.Signals
) -> None:
    with program_with_machines(tmp_path) as (program, machines):
        assert len(machines) == 2
        os.kill(program.pid, end)
        program.wait(timeout=10)
        _, alive = psutil.wait_procs(machines, timeout=5)
    assert alive == []
    assert list(tmp_path.iterdir()) == []


def test_a_machine_has_no_file_that_could_be_left_behind(kernel_tree: KernelTree, tmp_path: Path) -> None:
    with program_with_machines(tmp_path) as (_, machines):
        assert list(tmp_path.iterdir()) == []
        opened = {Path(file.path) for machine in machines for file in machine.open_files()}
        sockets = [socket for machine in machines for socket in machine.net_connections("unix")]
    cache = kernel_tree.folders[0].parents[2]
    assert {path for path in opened if path.exists() and not path.is_relative_to(cache)} == set()
    assert [socket.laddr for socket in sockets if socket.laddr] == []


def test_a_machine_does_not_start_when_the_program_is_gone_by_then(tmp_path: Path) -> None:
    started = tmp_path / "started"
    command = [*qemu.GUARD, "touch", started]
    subprocess.run(command, env=os.environ | {"LAB_PID": str(os.getppid())})
    assert not started.exists()
    subprocess.run(command, env=os.environ | {"LAB_PID": str(os.getpid())})
    assert started.exists()
