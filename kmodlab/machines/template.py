# SPDX-License-Identifier: MIT
"""Template: a guest booted once and kept, RAM and device state, for clones to wake up from.

A clone maps the template's RAM copy-on-write, so it starts in about 0.1 s. Kept templates lie in the cache, by
everything that they were made of; when the cache cannot take one, it lives in memory for as long as the lab runs.
"""

import hashlib
import os
import re
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from kmodlab import locks, paths
from kmodlab.errors import CancelledError
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines import accelerator, guest, qemu
from kmodlab.machines.accelerator import Accelerator
from kmodlab.machines.machine import DeadlineError, MachineLostError
from kmodlab.machines.qemu import Hardware, QemuMachine
from kmodlab.steps import Listener, Step, ignore

BOOT_SECONDS = 60.0  # a TCG boot takes 3 to 6 s; a loaded computer more
KASAN_BOOT_SECONDS = 180.0  # where every access to memory is looked at: 15 to 25 s
KVM_BOOT_SECONDS = 5.0  # one that takes longer than without it is of no use
CLONE_SECONDS = 10.0
ANSWER_SECONDS = 30.0
KEPT_TEMPLATES = 3
# For a second the kernel measures how fast its clock ticks, and says so, which it shall not do in each clone. What is
# in the caches at the end is shared by all clones. 4: from then on the kernel says nothing when they are dropped.
LAST_COMMAND = (
    "n=0; while grep -q early /sys/devices/system/clocksource/clocksource0/current_clocksource && [ $n -lt 30 ]; do "
    "sleep 0.1; n=$((n + 1)); done; sync; for what in 3 4; do echo $what >/proc/sys/vm/drop_caches; done"
)


@dataclass(frozen=True, slots=True)
class Template:
    """Descriptors of the RAM and of the device state, open as long as the lab runs; `folder` is where it is kept."""

    hardware: Hardware
    ram: int
    state: int
    folder: Path

    def clone(self, *, is_parallel: bool = True) -> QemuMachine:
        """A new machine that is in the state of the template and has answered its first command.

        Its two processors work at the same time, or take turns, which needs less of the host's.
        """
        state = os.open(f"/proc/self/fd/{self.state}", os.O_RDONLY)  # an offset of its own
        try:
            machine = QemuMachine(self.hardware, self.ram, state=state, is_parallel=is_parallel)
        finally:
            os.close(state)
        try:
            machine.run(":", deadline=CLONE_SECONDS)
        except BaseException:
            machine.close()
            raise
        return machine

    def answer(self, command: str, machine: QemuMachine) -> bytes:
        """What each new clone prints when it is given `command`.

        `machine`, a clone that nobody has used, is asked when that is not known yet; raises as Machine.run does.
        """
        known = self.folder / f"answer-{hashlib.sha256(command.encode()).hexdigest()[:16]}"
        with suppress(OSError):
            return known.read_bytes()
        result = machine.run(command, deadline=ANSWER_SECONDS)
        if result.status == 0:
            with suppress(OSError):  # the cache takes nothing: ask again the next time
                draft = known.with_name(f".{known.name}.{os.getpid()}")
                draft.write_bytes(result.stdout)
                draft.replace(known)
        return result.stdout

    def close(self) -> None:
        """Give the descriptors back; clones live on."""
        os.close(self.ram)
        os.close(self.state)


def prepare(tree: KernelTree, listen: Listener = ignore, cancelled: Event | None = None) -> Template:
    """The template for a kernel: from the cache, else booted now.

    Raises LabError when no machine can be had, CancelledError once `cancelled` is set.
    """
    initramfs = guest.initramfs(tree)
    work = _Work(listen, cancelled or Event())
    found = accelerator.remembered()
    if found is None:
        found = accelerator.usable()
        if found.name == "kvm":
            listen(Step("Trying hardware virtualisation (KVM)"))
            try:
                template = _open_or_boot(Hardware(tree, initramfs, "kvm"), work, KVM_BOOT_SECONDS)
            except (DeadlineError, MachineLostError) as problem:
                found = Accelerator("tcg", f"KVM is there but does not work here: {problem.message}")
            else:
                accelerator.remember(found)
                return template
        accelerator.remember(found)
    hardware = Hardware(tree, initramfs, found.name)
    return _open_or_boot(hardware, work, KASAN_BOOT_SECONDS if hardware.has_kasan else BOOT_SECONDS)


@dataclass(frozen=True, slots=True)
class _Work:
    """Who is told of long work, and who may end it."""

    listen: Listener
    cancelled: Event


def _open_or_boot(hardware: Hardware, work: _Work, deadline: float) -> Template:
    folder = paths.cache() / "templates" / _key(hardware)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = locks.held(folder.parent / f".{folder.name}.lock", "booting", work.listen, work.cancelled)
        with lock:
            kept = _open(hardware, folder)
            if kept is None:
                kept = _boot(hardware, folder, work, deadline)
                _keep(kept)
            return kept
    except OSError:  # the cache takes nothing: do without it
        return _boot(hardware, folder, work, deadline)


def _open(hardware: Hardware, folder: Path) -> Template | None:
    try:
        ram = os.open(folder / "ram", os.O_RDWR)
    except FileNotFoundError:
        return None
    state = os.open(folder / "state", os.O_RDONLY)
    os.utime(folder)
    return Template(hardware, ram, state, folder)


def _boot(hardware: Hardware, folder: Path, work: _Work, deadline: float) -> Template:
    work.listen(Step(f"Booting Linux {hardware.tree.release} once"))
    ram, state = os.memfd_create("guest-ram"), os.memfd_create("guest-state")
    os.ftruncate(ram, hardware.memory_mib << 20)
    try:
        machine = QemuMachine(hardware, ram, is_shared=True)
        try:
            machine.wait_for_agent(deadline, work.cancelled.is_set)
            machine.run(LAST_COMMAND)
            machine.save(state)
        except MachineLostError as problem:
            raise MachineLostError(_last_words(machine) or problem.message) from problem
        except DeadlineError as problem:
            if work.cancelled.is_set():
                raise CancelledError from problem
            raise
        finally:
            machine.close()
    except BaseException:
        os.close(ram)
        os.close(state)
        raise
    return Template(hardware, ram, state, folder)


def _last_words(machine: QemuMachine) -> str:
    """Why a machine stopped, as its kernel or QEMU says; empty when neither does."""
    panics = re.findall(rb"Kernel panic - .*", machine.log())
    return panics[0].decode(errors="replace").strip() if panics else machine.complaint()


def _keep(template: Template) -> None:
    """Write a template to the cache, whole or not at all; the oldest make room."""
    folder = template.folder
    temporary = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        _copy(template.ram, temporary / "ram")
        _copy(template.state, temporary / "state")
        temporary.rename(folder)
    except OSError:
        shutil.rmtree(temporary, ignore_errors=True)  # no room: this one lives in memory
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    else:
        _prune(folder.parent)


def _copy(descriptor: int, path: Path) -> None:
    """Copy a file and leave out its empty pages."""
    with (
        Path(f"/proc/self/fd/{descriptor}").open("rb", buffering=0) as source,
        path.open("xb", buffering=0) as target,
    ):
        while block := source.read(1 << 16):
            if block.count(0) == len(block):
                target.seek(len(block), os.SEEK_CUR)
            else:
                target.write(block)
        target.truncate(source.tell())


def _prune(folder: Path) -> None:
    kept = sorted(folder.glob("[!.]*/"), key=lambda path: path.stat().st_mtime, reverse=True)
    abandoned = (path for path in folder.glob(".new-*") if time.time() - path.stat().st_mtime > 3600)
    for path in (*kept[KEPT_TEMPLATES:], *abandoned):
        shutil.rmtree(path, ignore_errors=True)


def _key(hardware: Hardware) -> str:
    """Everything that a template is made of, as a short text."""
    parts = (
        hardware.tree.release,
        hardware.initramfs.name,
        str(hardware.tree.image.stat().st_mtime_ns),
        qemu.version(),
        LAST_COMMAND,
        *qemu.command_line(hardware, 0, 0, (0,) * 5, is_shared=True, state=None, is_parallel=True),
    )
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    return f"{hardware.tree.release}-{hardware.accelerator}-{digest}"
