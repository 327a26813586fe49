# SPDX-License-Identifier: MIT
"""Actions as commands of the guest, and their errors by name."""

import pytest

from kmodlab.evidence.evidence import ActionEvidence
from kmodlab.grading import actions
from kmodlab.machines.machine import CommandResult
from kmodlab.machines.qemu import QemuMachine
from kmodlab.packs.actions import (
    Action,
    Load,
    Parallel,
    Read,
    Run,
    Shell,
    SingleAction,
    Unload,
    Wait,
    WaitFor,
    Write,
)


@pytest.mark.parametrize(
    ("status", "stderr", "name"),
    [
        (0, "", None),
        (1, "errno 22\n", "EINVAL"),
        (1, "errno 2\n", "ENOENT"),
        (1, "errno 512\n", "errno 512"),
        (1, "open: errno 16\n", "EBUSY"),
        (1, "sh: not found\n", None),
        (0, "errno 22\n", None),
    ],
)
def test_errors_are_named(status: int, stderr: str, name: str | None) -> None:
    assert actions.error_name(status, stderr) == name


def test_errors_are_put_into_words() -> None:
    assert actions.in_words("errno 16\n") == "EBUSY (Device or resource busy)\n"
    assert actions.in_words("open: errno 2\n") == "open: ENOENT (No such file or directory)\n"
    assert actions.in_words("errno 512\n") == "errno 512\n"


@pytest.mark.parametrize(
    ("action", "title"),
    [
        (Load(load="m a=1"), "load m a=1"),
        (Shell(sh="true"), "sh true"),
        (Shell(sh="true", title="Nothing"), "Nothing"),
        (Write(write="/f", text="a\n"), r"write 'a\n' to /f"),
        (Write(write="/f", text="a", repeat=99), "write 99 bytes to /f"),
        (Write(write="/f", hex="00 ff"), "write 2 bytes to /f"),
        (Read(read="/f", size=5, offset=3), "read 5 bytes from /f at offset 3"),
        (Run(run="x.c", args=("a b",)), "run x.c 'a b'"),
        (Wait(wait=WaitFor(log="x")), "wait until the kernel logs “x”"),
        (Wait(wait=WaitFor(file="/f", absent=True)), "wait until /f is gone"),
        (Parallel(parallel=(Load(load="m"), Shell(sh="true"))), "load m ∥ sh true"),
    ],
)
def test_actions_are_named_for_people(action: Action, title: str) -> None:
    assert actions.title(action) == title


def test_what_was_dropped_is_told() -> None:
    seen = actions.evidence(Shell(sh="yes"), CommandResult(0, b"y\n", b"", 0.1, dropped=500))
    assert seen.stdout == "y\n\n[… 500 more bytes]"


def done(machine: QemuMachine, action: SingleAction | Parallel) -> ActionEvidence:
    return actions.evidence(action, machine.run(actions.command(action)))


def test_bytes_are_written_and_read_as_they_are(machine: QemuMachine) -> None:
    machine.push("/tmp/f", b"0123456789")
    assert done(machine, Write(write="/tmp/f", hex="00ff", repeat=2)).count == 4
    assert machine.pull("/tmp/f") == b"\x00\xff\x00\xff456789"
    seen = done(machine, Read(read="/tmp/f", size=3, offset=3))
    assert (seen.count, seen.stdout, seen.stderr) == (3, r"\xff45", "")


def test_a_call_that_fails_is_named_with_its_error(machine: QemuMachine) -> None:
    seen = done(machine, Write(write="/tmp/it's not there", text="x"))
    assert (seen.status, seen.errno, seen.count) == (1, "ENOENT", None)
    assert seen.stderr.startswith("open: ENOENT")
    seen = done(machine, Read(read="/root"))
    assert (seen.errno, seen.stderr.split(":")[0]) == ("EISDIR", "read")


def test_an_empty_write_is_a_write(machine: QemuMachine) -> None:
    machine.push("/tmp/f", b"x")
    seen = done(machine, Write(write="/tmp/f", text=""))
    assert (seen.status, seen.count) == (0, 0)


def test_each_action_in_parallel_has_a_result_and_a_cpu_of_its_own(machine: QemuMachine) -> None:
    which = Shell(sh="taskset -p $$; echo error >&2; exit 3")
    seen = done(machine, Parallel(parallel=(which, which, Unload(unload="none"), Shell(sh="kill -9 $$"))))
    assert seen.status == 0
    one, other, unload, killed = seen.parts
    assert (one.status, one.stderr) == (3, "error\n")
    assert {part.stdout.split(": ")[1] for part in (one, other)} == {"1\n", "2\n"}
    assert (unload.errno, killed.status) == ("ENOENT", 137)


def test_a_long_output_in_parallel_is_cut_and_says_so(machine: QemuMachine) -> None:
    long = Shell(sh="yes | head -c 100000")
    seen = done(machine, Parallel(parallel=(long, Shell(sh="echo after"))))
    assert seen.parts[0].stdout.endswith(f"\n[… {100000 - (64 << 10)} more bytes]")
    assert seen.parts[1].stdout == "after\n"


def test_a_missing_module_gives_its_error(machine: QemuMachine) -> None:
    loaded = machine.run(actions.command(Load(load="nothing")))
    assert actions.error_name(loaded.status, loaded.stderr.decode()) == "ENOENT"
    unloaded = machine.run(actions.command(Unload(unload="nothing")))
    assert actions.error_name(unloaded.status, unloaded.stderr.decode()) == "ENOENT"


def test_a_file_that_is_no_module_gives_its_error(machine: QemuMachine) -> None:
    machine.push("/root/text.ko", b"not a module")
    loaded = machine.run(actions.command(Load(load="text")))
    assert actions.error_name(loaded.status, loaded.stderr.decode()) == "ENOEXEC"


def test_a_module_in_use_gives_its_error(machine: QemuMachine) -> None:
    unloaded = machine.run(actions.command(Unload(unload="virtio_ring")))
    assert actions.error_name(unloaded.status, unloaded.stderr.decode()) == "EAGAIN"
