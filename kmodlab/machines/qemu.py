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
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kmodlab.errors import LabError
from kmodlab.kernels.architecture import ARCHITECTURE
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines.channel import Channel
from kmodlab.machines.machine import CommandResult, MachineLostError
from kmodlab.machines.monitor import Monitor

MEMORY_MIB = 128
KASAN_MEMORY_MIB = 256  # an eighth of it is KASAN's, and much of the rest kmemleak's and lockdep's
LOG_LIMIT = 8 << 20  # bytes of a kernel log that are ever read
PUSH_SECONDS = 10.0
NICENESS = 10  # of QEMU
LEAST_SHARE = 0.1  # of the time that passes, which a machine's clock counts however busy the computer is
PORTS = ("control", "data", "aside")  # of virtio-serial, in the order of /dev/vport0p1, 2, 3

# All slab caches are watched but those of ACPI's interpreter, which would take half of the time to boot.
KERNEL_ARGUMENTS = (
    f"console={ARCHITECTURE.console} console_msg_format=syslog quiet panic=-1 nokaslr mitigations=off "
    "slub_debug={checks};-,Acpi-* no_hash_pointers init_on_alloc=0 "
    "watchdog_thresh=2 rcupdate.rcu_cpu_stall_timeout=3 sysctl.kernel.hung_task_timeout_secs=5 unknown_nmi_panic "
    "tsc=reliable "  # else the clock is the HPET, and a look at it leads to QEMU
    "printk.devkmsg=on rcupdate.rcu_expedited=1"  # without the last, unloading waits 25 ms for a grace period
)
# Without KVM and with KASAN, ACPI's interpreter takes half a minute for how interrupts are wired, and processors are so
# slow that their clocks seem to differ.
KASAN_ARGUMENTS = " pci=noacpi"

# Starts a program that dies with the lab. A lab that is killed before the signal is set would not be missed: then the
# parent is another one already, and nothing is started.
GUARD = ("setpriv", "--pdeathsig", "KILL", "--", "sh", "-c", '[ "$PPID" = "$LAB_PID" ] && exec "$@"', "sh")

# The death signal is sent when the *thread* that started a process ends, so one thread starts them all.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="qemu-starter")


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a template and its clones have in common."""

    tree: KernelTree
    initramfs: Path
    accelerator: str  # kvm or tcg

    @property
    def has_kasan(self) -> bool:
        """Whether the kernel looks at each access to memory."""
        return _has_kasan(self.tree)

    @property
    def memory_mib(self) -> int:
        """How much memory a guest has; on the host it takes as much of that as it uses."""
        return KASAN_MEMORY_MIB if self.has_kasan else MEMORY_MIB

    @property
    def kernel_arguments(self) -> str:
        """The kernel's command line. KASAN looks at each access, so the slabs need not be looked at for damage."""
        if self.has_kasan:
            return KERNEL_ARGUMENTS.format(checks="PU") + KASAN_ARGUMENTS
        return KERNEL_ARGUMENTS.format(checks="FZPU")


@cache  # each clone asks
def _has_kasan(tree: KernelTree) -> bool:
    return "KASAN" in tree.config()


def emulator() -> str:
    """The QEMU program for the guests; raise LabError when there is none."""
    found = shutil.which(ARCHITECTURE.emulator)
    if found is None:
        raise LabError(
            f"QEMU is missing: there is no program {ARCHITECTURE.emulator}.",
            hint=f"Install the package {ARCHITECTURE.emulator_package}, or run ./lab, which does.",
        )
    return found


@cache
def version() -> str:
    """The first line of `qemu-system-… --version`."""
    return subprocess.run(
        [emulator(), "--version"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[0]


def command_line(
    hardware: Hardware,
    ram: int,
    log: int,
    sockets: Sequence[int],
    *,
    is_shared: bool,
    state: int | None,
    is_parallel: bool,
) -> list[str]:
    """QEMU's arguments. A template and its clones must agree in all devices.

    `ram`, `log` and `state` are file descriptors; `sockets` those of monitor, commands, data, aside and console.
    """
    cpu = "host" if hardware.accelerator == "kvm" else ARCHITECTURE.cpu
    accelerator = (
        "kvm" if hardware.accelerator == "kvm" else f"tcg,thread={'multi' if is_parallel else 'single'}"
    )
    memory = f"id=ram,size={hardware.memory_mib}M,mem-path=/proc/self/fd/{ram},share={'on' if is_shared else 'off'}"
    monitor, *connections, console = (f"socket,fd={number}" for number in sockets)
    ports = (_port(*named) for named in zip(PORTS, connections, strict=True))
    return [
        *GUARD,
        emulator(),
        *(
            "-M",
            f"{ARCHITECTURE.machine},memory-backend=ram",
            "-accel",
            accelerator,
            "-cpu",
            cpu,
            "-smp",
            "2",
        ),
        *("-m", str(hardware.memory_mib), "-object", f"memory-backend-file,{memory}"),
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"),
        *("-kernel", str(hardware.tree.image), "-initrd", str(hardware.initramfs)),
        *("-append", hardware.kernel_arguments),
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
        self,
        hardware: Hardware,
        ram: int,
        *,
        is_shared: bool = False,
        state: int | None = None,
        is_parallel: bool = True,
    ) -> None:
        """Start QEMU on the RAM file `ram` (a descriptor).

        A template writes to its RAM file (`is_shared`); a clone maps it copy-on-write and wakes up from the device
        `state`, a descriptor of its own. Its two processors work at the same time (`is_parallel`) or take turns.
        """
        monitor, monitor_end = socket.socketpair()
        control, control_end = socket.socketpair()
        self._data, data_end = socket.socketpair()
        aside, aside_end = socket.socketpair()
        self.console, console_end = socket.socketpair()
        self._monitor = Monitor(monitor)
        self._channel, self._aside = Channel(control, self.clock), Channel(aside, self.clock)
        self._now = 0.0  # as the clock was last read
        self._log = os.memfd_create("kernel-log")
        self._complaints = os.memfd_create("qemu-stderr")
        self._is_closed = False
        ends = (monitor_end, control_end, data_end, aside_end, console_end)
        numbers = [end.fileno() for end in ends]
        command = command_line(
            hardware, ram, self._log, numbers, is_shared=is_shared, state=state, is_parallel=is_parallel
        )
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
            self._data.settimeout(PUSH_SECONDS / LEAST_SHARE)
            self._data.sendall(content)

    def pull(self, path: str) -> bytes:
        """See Machine.pull."""
        result = self.run(f"cat {shlex.quote(path)}")
        if result.status != 0:
            raise FileNotFoundError(path)
        return result.stdout

    def clock(self) -> float:
        """See Machine.clock."""
        waited = kept_waiting(self._process.pid)  # told only when the waiting is over
        self._now = max(self._now, time.monotonic() - (1 - LEAST_SHARE) * waited)
        return self._now

    def log(self, offset: int = 0) -> bytes:
        """See Machine.log."""
        return os.pread(self._log, LOG_LIMIT, offset)

    def serve_gdb(self, listener: socket.socket) -> None:
        """Let gdb come in by a listening socket; while it is attached, it rules when the guest runs."""
        address = {"type": "fd", "data": {"str": "gdb"}}
        backend = {"type": "socket", "data": {"addr": address, "server": True, "wait": False}}
        self._monitor.command("getfd", descriptor=listener.fileno(), fdname="gdb")
        self._monitor.command("chardev-add", id="gdb", backend=backend)
        self._monitor.human_command("gdbserver chardev:gdb")

    def is_running(self) -> bool:
        """Whether the guest's processors run, and are not held by gdb."""
        return bool(self._monitor.command("query-status")["running"])

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


def kept_waiting(process: int) -> float:
    """The seconds in which a thread of a process could have run and did not, of the thread that waited longest.

    Nothing is known of a process that has ended, and on kernels that do not count it (proc(5), schedstat).
    """
    longest = 0
    with suppress(OSError, ValueError, IndexError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            with suppress(FileNotFoundError):
                longest = max(longest, int((thread / "schedstat").read_bytes().split()[1]))
    return longest / 1e9


def _start(command: Sequence[str], inherited: Sequence[int], complaints: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=complaints,
        pass_fds=inherited,
        env=os.environ | {"LAB_PID": str(os.getpid())},
        start_new_session=True,  # the terminal's Ctrl-C is for the lab, which then ends QEMU itself
    )
    _lower(process.pid)
    return process


def _lower(process: int) -> None:
    """Let QEMU have what others leave of the processors: the app, above all, which has to answer at each key.

    Where sessions are scheduled as groups niceness counts only within one, and the group has its own (sched(7)).
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process, NICENESS)
    with suppress(OSError):
        Path(f"/proc/{process}/autogroup").write_text(str(NICENESS))
