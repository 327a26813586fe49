# SPDX-License-Identifier: MIT
"""What this computer needs for the lab, whether it is there, and how to get it."""

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import Literal

from kmodlab import paths
from kmodlab.build import sandbox
from kmodlab.errors import LabError
from kmodlab.kernels import compiler as compilers
from kmodlab.kernels import store
from kmodlab.kernels.architecture import ARCHITECTURE
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines import accelerator, template

State = Literal["ok", "warning", "missing"]

ROOM = 1_000_000_000  # bytes of disk that a kernel, a template and builds take, with some to spare
MEMORY = 1_000_000_000  # bytes of memory for a few machines at once
SMALLEST_TERMINAL = (80, 24)  # columns, rows
SYSTEM_FOLDERS = ":/usr/sbin:/sbin"  # what the PATH of an ordinary user may leave out
CONTAINER_MARKS = (".dockerenv", "run/.containerenv", "run/systemd/container")
PACKAGE_MANAGERS = {
    "apt-get": "apt-get install",
    "dnf": "dnf install",
    "pacman": "pacman -S",
    "zypper": "zypper install",
}


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that the lab needs: `missing` keeps it from working, a `warning` makes it worse."""

    name: str
    state: State
    text: str  # what is there, or what is not
    fix: str | None = None  # what to do about it: a command, or a sentence


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that the lab calls, with its package where that has another name."""

    program: str
    purpose: str
    packages: Mapping[str, str] = field(default_factory=dict)  # by package manager


def _same_package(name: str) -> dict[str, str]:
    return dict.fromkeys(PACKAGE_MANAGERS, name)


QEMU = Tool(
    ARCHITECTURE.emulator,
    "runs the throw-away kernels",
    {
        "apt-get": "qemu-system-x86",
        "dnf": "qemu-system-x86-core",
        "pacman": "qemu-system-x86",
        "zypper": "qemu-x86",
    },
)
LIBC = Tool(
    "libc.a",
    "goes into the programs that run in a machine",
    {"apt-get": "libc6-dev", "dnf": "glibc-static", "pacman": "glibc", "zypper": "glibc-devel-static"},
)
TOOLS = (
    QEMU,
    Tool("make", "builds modules"),
    Tool("ld", "links modules", _same_package("binutils")),
    Tool("modinfo", "reads modules", _same_package("kmod")),
    Tool("setpriv", "ends machines with the lab", _same_package("util-linux")),
)
BUBBLEWRAP = Tool("bwrap", "keeps the compiler in a sandbox", _same_package("bubblewrap"))
LIBELF = Tool(
    "libelf.so.1",
    "lets the kernel's objtool run",
    {"apt-get": "libelf1", "dnf": "elfutils-libelf", "pacman": "libelf", "zypper": "libelf1"},
)


def examine(cancelled: Event | None = None) -> Iterator[Need]:
    """Look at everything in turn; the machine comes last, since booting one takes seconds, until `cancelled` is set."""
    yield python(sys.version_info[:3])
    yield from architecture(platform.machine())
    for tool in TOOLS:
        yield program(tool)
    yield library(LIBELF)
    tree, kernel_need = kernel()
    yield kernel_need
    yield compiler(tree.compiler if tree else None)
    yield static_library(tree.compiler if tree else "gcc")
    yield walls(find(BUBBLEWRAP.program) is not None, sandbox.works)
    yield disk(*room(paths.cache()))
    yield memory(Path("/proc/meminfo").read_text())
    screen = sys.__stdout__  # what the app has in the place of sys.stdout knows nothing of it
    is_terminal = screen is not None and screen.isatty()
    encoding = screen.encoding if screen is not None else None
    yield terminal(is_terminal, shutil.get_terminal_size(), os.environ, encoding)
    yield from surroundings(Path("/proc/sys/kernel/osrelease").read_text(), Path("/"))
    if tree and find(QEMU.program):
        yield machine(tree, partial(_boot, cancelled=cancelled))


def is_fit(needs: Iterable[Need]) -> bool:
    """Whether nothing is missing."""
    return all(need.state != "missing" for need in needs)


# --- Programs ---


def find(name: str) -> str | None:
    """The path of a program, of administrators' ones too."""
    return shutil.which(name, path=os.environ.get("PATH", os.defpath) + SYSTEM_FOLDERS)


def install_command(packages: Mapping[str, str], name: str) -> str:
    """The command that installs a package here; `name` stands for it where `packages` does not know better."""
    become = "" if os.geteuid() == 0 else "sudo "
    for manager, command in PACKAGE_MANAGERS.items():
        if find(manager):
            return f"{become}{command} {packages.get(manager, name)}"
    return f"Install {name} with your system's package manager."


def python(version: tuple[int, ...]) -> Need:
    """The Python that runs this; an older one than 3.11 does not get so far."""
    return Need("Python", "ok", ".".join(map(str, version)))


def architecture(machine: str) -> Iterator[Need]:
    """The computer's architecture, where it is not that of the machines."""
    if machine != ARCHITECTURE.name:
        yield Need(
            "architecture",
            "missing",
            f"This computer is {machine}, and the lab's kernels are {ARCHITECTURE.name}: lessons can be read here, "
            "but no module can be built or run.",
            f"Use a computer or a virtual machine that is {ARCHITECTURE.name}.",
        )


def _not_installed(tool: Tool) -> Need:
    fix = install_command(tool.packages, tool.program)
    return Need(tool.program, "missing", f"It {tool.purpose}, and it is not installed.", fix)


def program(tool: Tool) -> Need:
    """Whether a program is there, and what it says of its version."""
    path = find(tool.program)
    if path is None:
        return _not_installed(tool)
    return Need(tool.program, "ok", _version(path) or path)


def library(tool: Tool) -> Need:
    """Whether a shared library can be loaded."""
    try:
        ctypes.CDLL(tool.program)
    except OSError:
        return _not_installed(tool)
    return Need(tool.program, "ok", "installed")


def compiler(name: str | None) -> Need:
    """The compiler that the kernel's headers ask for; without a kernel the default one has to do."""
    wanted = name or "gcc"
    serving = compilers.find(wanted)
    path = find(serving) if serving else None
    if path:
        return Need("compiler", "ok", _version(path) or path)
    return Need(
        "compiler",
        "missing",
        f"The kernel was built with {wanted}; its modules need that or a newer one, and there is none."
        if name
        else "There is no C compiler.",
        install_command({} if _has_versioned_compilers() else _same_package("gcc"), wanted),
    )


def static_library(name: str) -> Need:
    """Whether the compiler `name` finds the static C library: it answers with its path then, else with its name."""
    serving = compilers.find(name)
    path = find(serving) if serving else None
    if path and "/" in _said([path, f"-print-file-name={LIBC.program}"]):
        return Need(LIBC.program, "ok", "installed")
    return _not_installed(LIBC)


def _has_versioned_compilers() -> bool:
    return find("apt-get") is not None


def _version(path: str) -> str | None:
    """The first line of what a program says of its version; None when it says nothing."""
    return next(iter(_said([path, "--version"]).splitlines()), None)


def _said(command: list[str]) -> str:
    """What a command prints; nothing when it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def walls(is_installed: bool, works: Callable[[], bool]) -> Need:
    """The sandbox for the compiler, tried out: having bubblewrap does not mean that the system lets it work."""
    name = "bubblewrap"
    if not is_installed:
        fix = install_command(BUBBLEWRAP.packages, name)
        return Need(name, "warning", "Without it modules are compiled without a sandbox.", fix)
    if works():
        return Need(name, "ok", "The compiler runs in a sandbox.")
    return Need(
        name, "warning", "It may not make namespaces here: modules are compiled without a sandbox.", _unlock()
    )


def _unlock() -> str:
    """What lets an ordinary user make namespaces (user_namespaces(7); AppArmor's restriction is Ubuntu's)."""
    for setting, value in (
        ("kernel.apparmor_restrict_unprivileged_userns", "0"),
        ("kernel.unprivileged_userns_clone", "1"),
    ):
        file = Path("/proc/sys", setting.replace(".", "/"))
        if file.exists() and file.read_text().strip() != value:
            return f"sudo sysctl {setting}={value}"
    return "In a container, start it so that it may make namespaces (docker run --security-opt seccomp=unconfined)."


# --- Kernel and machine ---


def kernel() -> tuple[KernelTree | None, Need]:
    """The kernel in use, if there is one."""
    try:
        tree = store.chosen()
    except LabError as problem:
        return None, Need("kernel", "missing", problem.message, problem.hint)
    if tree is None:
        return None, Need(
            "kernel", "warning", "There is none yet; the first check fetches one.", "kmodlab kernel add"
        )
    return tree, Need("kernel", "ok", f"Linux {tree.release}")


def machine(tree: KernelTree, boot: Callable[[KernelTree], None]) -> Need:
    """Whether `boot` really starts a machine, and how: KVM counts only when a guest has booted with it."""
    try:
        boot(tree)
    except LabError as problem:
        return Need("machine", "missing", problem.message, problem.hint)
    return acceleration(accelerator.remembered())


def _boot(tree: KernelTree, cancelled: Event | None) -> None:
    booted = template.prepare(tree, cancelled=cancelled)
    try:
        booted.clone().close()
    finally:
        booted.close()


def acceleration(found: accelerator.Accelerator | None) -> Need:
    """How machines run. In software is slower, and good enough: a check takes seconds."""
    if found is None:
        return Need("machine", "ok", "A machine starts.")
    if found.name == "kvm":
        return Need("machine", "ok", f"A machine starts. {found.reason}")
    return Need("machine", "ok", f"A machine starts, in software. {found.reason}")


# --- Room and surroundings ---


def room(folder: Path) -> tuple[Path, int, bool]:
    """The nearest folder that exists, the bytes free there, and whether it can be written."""
    existing = next(place for place in (folder, *folder.parents) if place.is_dir())
    return folder, shutil.disk_usage(existing).free, os.access(existing, os.W_OK)


def disk(folder: Path, free: int, is_writable: bool) -> Need:
    """Room in the cache, in bytes."""
    fix = "export XDG_CACHE_HOME=/a/folder/with/room"
    if not is_writable:
        return Need("disk", "missing", f"You may not write in {folder}.", fix)
    text = f"{free / 1e9:.1f} GB are free for {folder}."
    if free >= ROOM:
        return Need("disk", "ok", text)
    return Need(
        "disk", "warning", f"Only {text} A kernel and its machines take up to {ROOM / 1e9:.0f} GB.", fix
    )


def memory(meminfo: str) -> Need:
    """Memory that is available, from /proc/meminfo (proc(5))."""
    fields = dict(line.split(":", 1) for line in meminfo.splitlines() if ":" in line)
    available = int(fields["MemAvailable"].split()[0]) * 1024
    text = f"{available / 1e9:.1f} GB are available."
    if available >= MEMORY:
        return Need("memory", "ok", text)
    return Need("memory", "warning", f"Only {text}", "Close some programs, or give the computer more memory.")


def terminal(
    is_terminal: bool, size: tuple[int, int], environment: Mapping[str, str], encoding: str | None
) -> Need:
    """Whether the app looks as it should: size, colours and characters."""
    if not is_terminal:
        return Need("terminal", "ok", "There is none here; the command line needs none.")
    columns, rows = size
    kind = environment.get("TERM", "")
    if columns < SMALLEST_TERMINAL[0] or rows < SMALLEST_TERMINAL[1]:
        return Need(
            "terminal",
            "warning",
            f"{columns}x{rows} is small for the app.",
            "Make the window 80x24 or larger.",
        )
    if kind in ("", "dumb"):
        return Need(
            "terminal",
            "warning",
            f"TERM={kind or '(unset)'} promises no colours.",
            "export TERM=xterm-256color",
        )
    if (encoding or "").lower().replace("-", "") != "utf8":
        return Need(
            "terminal", "warning", f"Its characters are {encoding}, not UTF-8.", "export LANG=C.UTF-8"
        )
    return Need("terminal", "ok", f"{columns}x{rows}, {kind}, UTF-8")


def surroundings(osrelease: str, root: Path) -> Iterator[Need]:
    """What kind of computer this is, where that changes what works or how fast."""
    has_kvm = (root / "dev/kvm").exists()
    if "microsoft" in osrelease.lower():
        yield from _wsl(osrelease, has_kvm)
    if not has_kvm and any((root / mark).exists() for mark in CONTAINER_MARKS):
        yield Need(
            "container",
            "ok",
            "Everything works; machines run in software, and faster in a container started with --device /dev/kvm.",
        )
    lockdown = root / "sys/kernel/security/lockdown"
    if lockdown.exists() and "[none]" not in lockdown.read_text():
        yield Need(
            "lockdown",
            "ok",
            "This computer's kernel loads signed modules only (Secure Boot). The lab's machines load yours.",
        )


def _wsl(osrelease: str, has_kvm: bool) -> Iterator[Need]:
    """Windows Subsystem for Linux; version 1 has no Linux kernel, and says so in its release: 4.4.0-19041-Microsoft."""
    if osrelease.endswith("-Microsoft"):
        yield Need(
            "WSL",
            "missing",
            "This is version 1, which has no Linux kernel: machines do not start.",
            "In Windows: wsl --set-version NAME 2",
        )
    elif not has_kvm:
        yield Need(
            "WSL",
            "ok",
            "Everything works; machines run in software, and faster when .wslconfig says nestedVirtualization=true "
            "under [wsl2].",
        )
