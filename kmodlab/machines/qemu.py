# SPDX-License-Identifier: MIT
"""QEMU: its command line, its process, and the machine that it runs.

Everything that connects QEMU with the lab is an inherited file descriptor: sockets are socket pairs, RAM and kernel
log are memfds. Nothing of it has a name, so nothing of it can be left behind. QEMU itself is killed by the kernel
when the lab dies (prctl(2), PR_SET_PDEATHSIG).
"""

import os
import shlex
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kmodlab.errors import LabError
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines.channel import Channel
from kmodlab.machines.machine import CommandResult, MachineLostError
from kmodlab.machines.monitor import Monitor

MEMORY_MIB = 128
LOG_LIMIT = 8 << 20  # bytes of a kernel log that are ever read
PUSH_SECONDS = 10.0
PORTS = ("control", "data", "aside")  # of virtio-serial, in the order of /dev/vport0p1, 2, 3

KERNEL_ARGUMENTS = (
    "console=ttyS0 console_msg_format=syslog quiet panic=-1 nokaslr mitigations=off "
    "slub_debug=FZPU no_hash_pointers init_on_alloc=0 "
    "watchdog_thresh=2 rcupdate.rcu_cpu_stall_timeout=3 sysctl.kernel.hung_task_timeout_secs=5 unknown_nmi_panic "
    "printk.devkmsg=on rcupdate.rcu_expedited=1"  # without the last, unloading waits 25 ms for a grace period
)

# The death signal is sent when the *thread* that started a process ends, so one thread starts them all.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="qemu-starter")


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a template and its clones have in common."""

    tree: KernelTree
    initramfs: Path
    accelerator: str  # kvm or tcg


def emulator() -> str:
    """The QEMU program for x86-64; raise LabError when there is none."""
    found = shutil.which("qemu-system-x86_64")
    if found is None:
        raise LabError(
            "QEMU is missing: there is no program qemu-system-x86_64.",
            hint="Install the package qemu-system-x86, or run ./lab, which does.",
        )
    return found


@cache
def version() -> str:
    """The first line of `qemu-system-x86_64 --version`."""
    return subprocess.run(
        [emulator(), "--version"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[0]


def command_line(
    hardware: Hardware, ram: int, log: int, sockets: Sequence[int], *, is_shared: bool, state: int | None
) -> list[str]:
    """QEMU's arguments. A template and its clones must agree in all devices.

    `ram`, `log` and `state` are file descriptors; `sockets` those of monitor, commands, data, aside and console.
    """
    cpu = "host" if hardware.accelerator == "kvm" else "max"
    accelerator = "kvm" if hardware.accelerator == "kvm" else "tcg,thread=multi"
    memory = f"id=ram,size={MEMORY_MIB}M,mem-path=/proc/self/fd/{ram},share={'on' if is_shared else 'off'}"
    monitor, *connections, console = (f"socket,fd={number}" for number in sockets)
    ports = (_port(*named) for named in zip(PORTS, connections, strict=True))
    return [
        *("setpriv", "--pdeathsig", "KILL", "--", emulator()),
        *("-M", "pc,memory-backend=ram", "-accel", accelerator, "-cpu", cpu, "-smp", "2"),
        *("-m", str(MEMORY_MIB), "-object", f"memory-backend-file,{memory}"),
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"),
        *("-kernel", str(hardware.tree.image), "-initrd", str(hardware.initramfs)),
        *("-append", KERNEL_ARGUMENTS),
        *("-chardev", f"{monitor},id=monitor", "-mon", "chardev=monitor,mode=control"),
        *("-chardev", f"file,id=log,path=/proc/self/fd/{log},append=on", "-serial", "chardev:log"),
        *("-chardev", f"{console},id=console", "-serial", "chardev:console"),
        *("-device", "virtio-serial-pci"),
        *(argument for port in ports for argument in port),
        *(() if state is None else ("-incoming", "defer")),
    ]


def _port(name: str, connection: str) -> tuple[str, ...]:
    return (
        "-chardev",
        f"{connection},id={name}",
        "-device",
        f"virtserialport,chardev={name},name={name}",
    )


class QemuMachine:
    """One QEMU with a guest in it (a Machine)."""

    def __init__(
        self, hardware: Hardware, ram: int, *, is_shared: bool = False, state: int | None = None
    ) -> None:
        """Start QEMU on the RAM file `ram` (a descriptor).

        A template writes to its RAM file (`is_shared`); a clone maps it copy-on-write and wakes up from the device
        `state`, a descriptor of its own.
        """
        monitor, monitor_end = socket.socketpair()
        control, control_end = socket.socketpair()
        self._data, data_end = socket.socketpair()
        aside, aside_end = socket.socketpair()
        self.console, console_end = socket.socketpair()
        self._monitor, self._channel, self._aside = Monitor(monitor), Channel(control), Channel(aside)
        self._log = os.memfd_create("kernel-log")
        self._complaints = os.memfd_create("qemu-stderr")
        self._is_closed = False
        ends = (monitor_end, control_end, data_end, aside_end, console_end)
        numbers = [end.fileno() for end in ends]
        command = command_line(hardware, ram, self._log, numbers, is_shared=is_shared, state=state)
        inherited = [ram, self._log, *numbers, *([] if state is None else [state])]
        try:
            self._process = _starter.submit(_start, command, inherited, self._complaints).result()
        except BaseException:
            self._release()
            raise
        finally:
            for end in ends:
                end.close()
        if state is not None:
            self._wake(state)

    def _wake(self, state: int) -> None:
        try:
            self._ignore_shared_memory()
            self._monitor.command("migrate-incoming", uri=f"fd:{state}")
        except BaseException:
            self.close()
            raise

    def _ignore_shared_memory(self) -> None:
        """Save and load the devices only: the RAM stays where it is, in its file."""
        capability = {"capability": "x-ignore-shared", "state": True}
        self._monitor.command("migrate-set-capabilities", capabilities=[capability])

    def wait_for_agent(self, deadline: float, give_up: Callable[[], bool] | None = None) -> None:
        """Wait until a booting guest is ready; raises DeadlineError, MachineLostError."""
        self._aside.wait_for_agent(deadline, give_up)
        self._channel.wait_for_agent(deadline, give_up)

    def complaint(self) -> str:
        """The last thing that QEMU itself said on standard error; empty when it said nothing."""
        lines = os.pread(self._complaints, 1 << 16, 0).decode(errors="replace").splitlines()
        return lines[-1] if lines else ""

    def run(
        self, command: str, *, deadline: float = 10, give_up: Callable[[], bool] | None = None
    ) -> CommandResult:
        """See Machine.run."""
        return self._channel.run(command, deadline, give_up)

    def run_aside(self, command: str, *, deadline: float = 2) -> CommandResult:
        """See Machine.run_aside."""
        return self._aside.run(command, deadline, None)

    def interrupt(self) -> None:
        """See Machine.interrupt."""
        self._monitor.command("inject-nmi")

    def push(self, path: str, content: bytes) -> None:
        """See Machine.push."""
        sender = threading.Thread(target=self._send, args=(content,), name="push", daemon=True)
        sender.start()
        self.run(f"head -c {len(content)} </dev/vport0p2 >{shlex.quote(path)}", deadline=PUSH_SECONDS)
        sender.join()

    def _send(self, content: bytes) -> None:
        with suppress(OSError):  # a guest that does not read makes `run` fail, which says more
            self._data.settimeout(PUSH_SECONDS)
            self._data.sendall(content)

    def pull(self, path: str) -> bytes:
        """See Machine.pull."""
        result = self.run(f"cat {shlex.quote(path)}")
        if result.status != 0:
            raise FileNotFoundError(path)
        return result.stdout

    def log(self, offset: int = 0) -> bytes:
        """See Machine.log."""
        return os.pread(self._log, LOG_LIMIT, offset)

    def save(self, state: int) -> None:
        """Write the device state to the descriptor `state`; the guest stands still from then on."""
        self._ignore_shared_memory()
        self._monitor.command("getfd", descriptor=state, fdname="state")
        self._monitor.command("migrate", uri="fd:state")
        while (status := self._monitor.command("query-migrate").get("status")) != "completed":
            if status in ("failed", "cancelled"):
                raise MachineLostError("The machine's state could not be saved.")

    def kill(self) -> None:
        """End QEMU at once. From any thread; whoever waits for an answer gets MachineLostError."""
        self._process.kill()

    def close(self) -> None:
        """See Machine.close."""
        if not self._is_closed:
            self._is_closed = True
            self._process.kill()
            self._process.wait()
            self._release()

    def _release(self) -> None:
        self._channel.close()
        self._aside.close()
        self._monitor.close()
        self._data.close()
        self.console.close()
        os.close(self._log)
        os.close(self._complaints)


def _start(command: Sequence[str], inherited: Sequence[int], complaints: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=complaints,
        pass_fds=inherited,
        start_new_session=True,  # the terminal's Ctrl-C is for the lab, which then ends QEMU itself
    )
