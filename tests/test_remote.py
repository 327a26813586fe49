# SPDX-License-Identifier: MIT
"""A machine of one's own: a guest of ours, reached as a stranger would, through the shell on a terminal of it."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from remote_lab import assert_two_greetings_are_caught, attempt, greets_twice, session_on

from kmodlab import remote
from kmodlab.errors import LabError, UsageError
from kmodlab.evidence import klog
from kmodlab.evidence.audit import Baseline
from kmodlab.evidence.klog import Level, Record
from kmodlab.evidence.state import State
from kmodlab.grading.observe import observe
from kmodlab.grading.verdict import Outcome
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines.machine import CommandResult, ConnectionLostError
from kmodlab.machines.qemu import QemuMachine
from kmodlab.machines.shell import _as_on_console
from kmodlab.packs.catalog import Pack
from kmodlab.packs.manifest import Check
from kmodlab.remote import Remote

RELAY = """
import os, select, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
ends = {0: lambda data: line.sendall(data), line.fileno(): lambda data: os.write(1, data)}
while True:
    for end in select.select([*ends], [], [])[0]:
        data = os.read(end, 65536)
        if not data:
            sys.exit()
        ends[end](data)
"""
CRASHING = b"""// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/module.h>
static int __init bad_init(void)
{
	*(volatile int *)0x10 = 1;
	return 0;
}
module_init(bad_init);
MODULE_LICENSE("GPL");
"""


@pytest.fixture
def line(machine: QemuMachine, tmp_path: Path) -> Iterator[str]:
    """The command that leads to a shell on the guest's /dev/hvc0, as a terminal program does to a serial line."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "line"))
        listener.listen()
        address = {"type": "fd", "data": {"str": "line"}}
        backend = {"type": "socket", "data": {"addr": address, "server": True, "wait": False}}
        machine._monitor.command("getfd", fdname="line", descriptor=listener.fileno())
        machine._monitor.command("chardev-add", id="line", backend=backend)
        machine._monitor.command("device_add", driver="virtconsole", chardev="line", id="line")
        machine.run("until [ -e /dev/hvc0 ]; do sleep 0.02; done; modctl console /dev/hvc0")
        (tmp_path / "relay.py").write_text(RELAY)
        yield f"{sys.executable} {tmp_path}/relay.py {tmp_path}/line"


def test_a_shell_is_as_good_as_a_clone_until_a_module_crashes_its_kernel(
    line: str, machine: QemuMachine, pack: Pack, tmp_path: Path
) -> None:
    hello = pack.lesson("hello")
    with session_on(line, pack, tmp_path) as session:
        assert_two_greetings_are_caught(attempt(session, hello, greets_twice(hello)))
        assert machine.run("ls -A /root; ls -d /sys/module/hello").stdout == b""  # nothing is left there

        crash = session.run({"bad.c": CRASHING})
        assert crash.outcome is Outcome.CRASH
        assert ("null-deref", 5) in [(finding.kind, finding.line) for finding in crash.findings]
        assert session.remote is not None
        assert session.remote.damage == remote.CRASHED
        report = attempt(session, hello, greets_twice(hello))
        assert [check.id for check in report.checks if check.reason == remote.CRASHED] == ["loads"]

        session.remote._machine._spawn.terminate(force=True)
        with pytest.raises(ConnectionLostError, match="connection"):
            session.remote.take(is_parallel=True)


class OutOfReach:
    """A machine whose connection breaks when a module is loaded."""

    def run(self, command: str, **limits: object) -> CommandResult:
        if "modctl load" in command:
            raise ConnectionLostError("The connection was lost.", hint="")
        return CommandResult(0, b"", b"", 0.0)

    def log(self, offset: int = 0) -> bytes:
        return b""


def test_a_connection_that_is_lost_in_the_middle_is_not_the_learners_mistake() -> None:
    check = Check.model_validate({"id": "loads", "title": "loads", "do": ["load hello"]})
    before = Baseline(State(frozenset(), 0, {}))
    evidence = observe(check, OutOfReach(), {}, before)  # type: ignore[arg-type]
    assert evidence.trouble == "The connection was lost."
    assert evidence.findings == ()


def test_this_very_computer_is_refused() -> None:
    with pytest.raises(UsageError, match="very computer") as caught:
        remote._refuse_own_kernel("sudo -s", remote.BOOT_ID.read_text().strip())
    assert "--i-know-this-is-my-own-kernel" in caught.value.hint


def test_a_kernel_that_is_not_here_is_named_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(LabError, match=r"runs Linux 5.4.0-board \(aarch64\)") as caught:
        remote._tree("5.4.0-board", "aarch64")
    assert "kmodlab kernel add" in caught.value.hint


class Loaded:
    """A machine that is asked for /proc/modules only."""

    def __init__(self, modules: str) -> None:
        self._modules = modules

    def pull(self, path: str) -> bytes:
        return self._modules.encode()


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"do": ["load hello"]}, None),
        ({"do": ["load hello"], "faults": True}, remote.NO_FAULTS),
        ({"do": ["load hello"], "allow": ["panic"]}, remote.MAY_CRASH),
        ({"expect": [{"allocations": "hello", "count": 1}]}, remote.NO_ALLOCATIONS),
        ({"expect": [{"tracer": "function"}]}, remote.NO_TRACING),
    ],
)
def test_what_cannot_be_checked_there_is_skipped_with_the_reason(
    kernel_tree: KernelTree, asked: dict[str, object], reason: str | None
) -> None:
    check = Check.model_validate({"id": "one", "title": "one", **asked})
    machine: Any = Loaded("other 16384 0 - Live 0x0\n")
    assert Remote(machine, kernel_tree, []).why_not(check) == reason
    able = Remote(machine, kernel_tree, ["witness", "allocations", "tracing"]).why_not(check)
    assert able == (reason if reason in (remote.NO_FAULTS, remote.MAY_CRASH) else None)


def test_a_module_that_is_loaded_there_already_is_not_loaded_again(kernel_tree: KernelTree) -> None:
    machine: Any = Loaded("the_box 16384 0 - Live 0x0\n")
    check = Check.model_validate({"id": "one", "title": "one", "do": ["load the-box"]})
    assert "the_box is loaded there already" in (Remote(machine, kernel_tree, []).why_not(check) or "")


def test_records_look_as_on_the_console_of_a_guest() -> None:
    dump = (
        b"6,1207,81236512,-;hello: loaded\n SUBSYSTEM=module\n12,1208,81236600,c;caf\\xc3\\xa9\\x0asecond\n"
    )
    assert klog.parse(_as_on_console(dump).decode()) == (
        Record(0, 81.236512, Level.INFO, "hello: loaded"),
        Record(1, 81.2366, Level.WARNING, "caf\u00e9", facility=1),
        Record(2, 81.2366, Level.WARNING, "second", facility=1),
    )
    assert klog.buffered(dump) == {
        klog.identity(record) for record in klog.parse(_as_on_console(dump).decode())
    }
