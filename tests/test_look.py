# SPDX-License-Identifier: MIT
"""What expectations ask about is read from a machine as it is."""

import pytest

from kmodlab.grading import look
from kmodlab.machines.qemu import QemuMachine
from kmodlab.packs.expectations import (
    DeviceExpectation,
    Expectation,
    FileExpectation,
    LogExpectation,
    ModuleExpectation,
    TraceExpectation,
    TracerExpectation,
)


def test_files_of_every_kind_are_told_apart(machine: QemuMachine) -> None:
    machine.run(
        "printf 'a b\\n\\377' >'/tmp/a file'; chmod 4751 '/tmp/a file'; mkfifo /tmp/pipe; : >/tmp/empty"
    )
    paths = ("/tmp/a file", "/tmp", "/tmp/pipe", "/tmp/none", "/tmp/empty", "/proc/sys/vm/drop_caches")
    expectations: list[Expectation] = [FileExpectation(file=path) for path in paths]
    seen = look.at_files(machine, [*expectations, DeviceExpectation(device="/dev/null")])
    file = seen["/tmp/a file"]
    assert (file.exists, file.mode, file.content, file.kind) == (True, "4751", "a b\n\\xff", "f")
    assert (seen["/tmp"].kind, seen["/tmp"].content) == ("d", None)
    assert (seen["/tmp/pipe"].kind, seen["/tmp/pipe"].content) == ("p", None)
    assert not seen["/tmp/none"].exists
    assert seen["/tmp/empty"].content == ""
    assert seen["/proc/sys/vm/drop_caches"].mode == "0200"
    null = seen["/dev/null"]
    assert (null.kind, null.major, null.minor, null.mode) == ("c", 1, 3, "0666")


def test_a_file_without_end_is_cut(machine: QemuMachine) -> None:
    machine.run("yes | head -c 200000 >/tmp/long")
    seen = look.at_files(machine, [FileExpectation(file="/tmp/long")])["/tmp/long"]
    assert seen.content is not None
    assert len(seen.content) == 64 << 10


def test_modules_are_told_with_their_users(machine: QemuMachine) -> None:
    asked = [
        ModuleExpectation(module="virtio_ring", loaded=True),
        ModuleExpectation(module="no", loaded=False),
    ]
    seen = look.at_modules(machine, asked)
    assert "virtio_console" in seen["virtio_ring"].holders
    assert seen["virtio_ring"].refcount == len(seen["virtio_ring"].holders)
    assert seen["virtio_ring"].taint == ""
    assert not seen["no"].is_loaded


def test_the_trace_buffer_is_told_with_how_tracing_was_left(machine: QemuMachine) -> None:
    tracing = look.TRACING
    machine.run(f"echo 'a mark' >{tracing}/trace_marker; echo 0 >{tracing}/tracing_on")
    seen = look.at_trace(machine, [TraceExpectation(trace="a mark")])
    assert seen is not None
    assert [line.split(": ")[-1] for line in seen.lines] == ["a mark"]
    assert (seen.tracer, seen.is_on, seen.is_cut) == ("nop", False, False)


def test_what_nothing_asks_about_is_not_looked_at(machine: QemuMachine) -> None:
    machine.close()
    nothing: list[Expectation] = [LogExpectation(log="x"), ModuleExpectation(module="m", license="GPL")]
    assert look.at_files(machine, nothing) == look.at_modules(machine, nothing) == {}
    assert look.at_trace(machine, nothing) is None


@pytest.mark.parametrize(
    ("expectation", "needs"),
    [
        (LogExpectation(log="x"), False),
        (ModuleExpectation(module="m", license="GPL"), False),
        (ModuleExpectation(module="m", taint="OE"), True),
        (FileExpectation(file="/f"), True),
        (DeviceExpectation(device="/dev/x"), True),
        (TracerExpectation(tracer="nop"), True),
    ],
)
def test_only_what_a_kernel_can_tell_needs_one(expectation: Expectation, needs: bool) -> None:
    assert look.is_needed(expectation) is needs


def test_an_answer_that_is_cut_gives_what_it_holds() -> None:
    assert look.files(b"f 0644 0 0 2\nab- 0 0 0 -1\nf 06")[0].content == "ab"
    assert len(look.files(b"f 0644 0 0 2\nab- 0 0 0 -1\nf 06")) == 2
