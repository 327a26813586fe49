# SPDX-License-Identifier: MIT
"""Debugger: gdb on a machine of its own, with the learner's modules about to be loaded.

Where they will lie is known beforehand: clones of one template hand out the same memory, so another clone has loaded
them, without init. So breakpoints can be set in code that is not there yet, and gdb begins at the first line of init.
"""

import io
import os
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from kmodlab.build import kbuild, sandbox
from kmodlab.build.helpers import Helper
from kmodlab.build.inert import inert, unplaced
from kmodlab.errors import LabError, UsageError
from kmodlab.evidence import klog
from kmodlab.evidence.klog import Record
from kmodlab.grading import actions, supplies
from kmodlab.grading.actions import MODULE_FOLDER
from kmodlab.grading.grade import build_complaint
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines.machine import CommandResult, DeadlineError, MachineLostError
from kmodlab.machines.qemu import QemuMachine
from kmodlab.packs.actions import Load

SOCKET, SETUP, ATTACHED, WISHES = "gdb.socket", "setup.gdb", "attached", "wishes"  # in gdb's folder
CODE_AND_DATA = (
    ".text",
    ".init",
    ".exit",
    ".data",
    ".bss",
    ".rodata",
)  # how sections begin that gdb has use for
AS_LONG_AS_IT_TAKES = 1e9  # seconds, for who debugs has the guest stand still
END_SECONDS = 5.0  # for what was begun to end after gdb has gone
# Seconds that the guest runs until a script's `continue` comes back: when it has nothing to do, and when it has.
IDLE_SECONDS, ACTION_SECONDS = 1.0, 10.0
POLL_SECONDS = 0.05
LONGEST_WISH = 1 << 12  # bytes; as much is written to a pipe at once (pipe(7), PIPE_BUF)
GUEST = f"""#!/bin/sh
# In gdb, `!guest COMMAND` has COMMAND run in the machine as soon as `continue` lets it.
echo "$*" >"${{0%/*}}/{WISHES}"
"""
SECTIONS = "cd /sys/module/%s/sections && grep . .[!.]* * 2>/dev/null"

Tell = Callable[[str, CommandResult], None]  # is given each command of the guest that has ended, and how


@dataclass(frozen=True, slots=True)
class Module:
    """A built module with its debug information, and where its sections are going to be."""

    path: Path
    sections: Mapping[str, int] = field(default_factory=dict)

    @property
    def has_init(self) -> bool:
        """Whether it has a function that the kernel calls when it loads it."""
        with self.path.open("rb") as stream:
            symbols = ELFFile(stream).get_section_by_name(".symtab")
            return isinstance(symbols, SymbolTableSection) and bool(symbols.get_symbol_by_name("init_module"))


@contextmanager
def prepared(
    tree: KernelTree,
    new_machine: Callable[[], QemuMachine],
    sources: Mapping[str, bytes],
    names: Sequence[str],
    files: Mapping[str, bytes],
    helpers: Sequence[Helper] = (),
) -> Iterator["Debugger"]:
    """Build modules, find out where they will lie, and open a machine for gdb, with `files` beside the modules.

    `helpers` are loaded before gdb comes. Raises LabError when gdb is missing or the modules do not build.
    """
    if shutil.which("gdb") is None:
        raise LabError("The program gdb is missing.", hint="Install the package gdb.")
    with kbuild.build_folder() as folder:
        build = kbuild.build(tree, sources, names, folder, helpers=helpers)
        if not build.succeeded:
            raise UsageError(
                build_complaint(build), hint="`kmodlab check` shows all messages of the compiler."
            )
        built = kbuild.modules(folder, names)
        with closing(new_machine()) as scout:
            for helper in helpers:
                _load(scout, helper.name, helper.module)
            sections = {name: _sections(scout, name, built[f"{name}.ko"]) for name in names}
        modules = [Module(folder / f"{name}.ko", sections[name]) for name in names]
        for module in modules:
            module.path.write_bytes(unplaced(module.path.read_bytes()))
        with closing(new_machine()) as machine, socket.socket(socket.AF_UNIX) as listener:
            supplies.push(machine, {**built, **files})
            for helper in helpers:
                _load(machine, helper.name, helper.module)
            _listen(listener, folder)
            machine.serve_gdb(listener)
            yield Debugger(machine, folder, modules)


def _load(machine: QemuMachine, name: str, module: bytes) -> None:
    machine.push(f"{MODULE_FOLDER}/{name}.ko", module)
    result = machine.run(actions.command(Load(load=name)))
    if result.status != 0:
        error = actions.in_words(result.stderr.decode(errors="replace")).strip()
        raise UsageError(
            f"The kernel refuses to load {name}: {error}.",
            hint="`kmodlab console` and dmesg show what it says of it.",
        )


def _sections(scout: QemuMachine, name: str, module: bytes) -> dict[str, int]:
    """Where a module lies when it is loaded; it stays loaded, for those after it may need it."""
    _load(scout, name, inert(module))
    shown = scout.run(SECTIONS % shlex.quote(name.replace("-", "_"))).stdout.decode(errors="replace")
    pairs = (line.split(":", 1) for line in shown.splitlines())
    return {section: int(address, 16) for section, address in pairs if section.startswith(CODE_AND_DATA)}


def _listen(listener: socket.socket, folder: Path) -> None:
    """Listen in a folder whose name may be longer than a socket's address."""
    descriptor = os.open(folder, os.O_PATH)
    try:
        listener.bind(f"/proc/self/fd/{descriptor}/{SOCKET}")
    finally:
        os.close(descriptor)
    listener.listen()


class Debugger:
    """A machine that waits for gdb."""

    def __init__(self, machine: QemuMachine, folder: Path, modules: Sequence[Module]) -> None:
        """`folder` holds the sources and the built modules, and is where gdb runs."""
        self._machine, self._folder, self._modules = machine, folder, modules
        self._has_ended = threading.Event()

    def run(self, commands: Sequence[str], script: Path | None, tell: Tell) -> int:
        """Run gdb in this terminal until it ends, and return its exit status.

        The modules are loaded, then `commands` are run in the guest, each as soon as gdb lets it, and `tell` is given
        each that has ended. With a `script` gdb takes its commands from there, and a `continue` comes back by itself
        when nothing more happens in the guest, or a command there does not end.
        """
        (self._folder / SETUP).write_text(self._setup())
        (self._folder / "guest").write_text(GUEST)
        (self._folder / "guest").chmod(0o755)
        os.mkfifo(self._folder / WISHES)
        # both ways, so that it never comes to its end
        with (self._folder / WISHES).open("r+b", buffering=0) as wishes:
            os.set_blocking(wishes.fileno(), False)
            gdb = self._start(script)
            feeder = threading.Thread(
                target=self._feed, args=(gdb, commands, None if script else wishes, tell), daemon=True
            )
            feeder.start()
            try:
                return gdb.wait()
            finally:
                gdb.kill()
                gdb.wait()
                feeder.join(END_SECONDS)
                self._has_ended.set()
                feeder.join()

    def log(self) -> tuple[Record, ...]:
        """What the kernel has logged."""
        return klog.parse(self._machine.log().decode(errors="replace"))

    def _setup(self) -> str:
        lines = [
            "set confirm off",
            "set architecture i386:x86-64",
            f"set substitute-path {sandbox.inside(self._folder)} {self._folder}",
        ]
        for module in self._modules:
            places = " ".join(f"-s {name} {address:#x}" for name, address in module.sections.items())
            lines.append(f"add-symbol-file {module.path.name} {places}")
        lines += [f"target remote {SOCKET}", f"shell touch {ATTACHED}"]
        if any(module.has_init for module in self._modules):
            lines += ["thbreak init_module", "continue"]  # by hardware: the code is not there yet
        return "\n".join(lines) + "\n"

    def _start(self, script: Path | None) -> subprocess.Popen[bytes]:
        batch = [] if script is None else ["-batch"]
        then = [] if script is None else ["-x", str(script.resolve())]
        environment = {**os.environ, "PATH": f"{self._folder}:{os.environ.get('PATH', os.defpath)}"}
        environment.pop("DEBUGINFOD_URLS", None)  # else gdb asks whether it may look for symbols there
        return subprocess.Popen(["gdb", "-q", *batch, "-x", SETUP, *then], cwd=self._folder, env=environment)

    def _feed(
        self, gdb: subprocess.Popen[bytes], commands: Sequence[str], wishes: io.FileIO | None, tell: Tell
    ) -> None:
        """Give the guest its work, and in the end what is wished for; without `wishes` gdb has to be interrupted."""
        watch = None if wishes else _Watch(gdb, self._machine)
        with suppress(MachineLostError, DeadlineError):
            while not (self._folder / ATTACHED).exists():
                if gdb.poll() is not None:
                    return
                time.sleep(POLL_SECONDS)
            for module in self._modules:
                name = module.path.stem
                self._do(f"insmod {name}", actions.command(Load(load=name)), tell, watch)
            for command in commands:
                self._do(command, command, tell, watch)
            while gdb.poll() is None:
                time.sleep(POLL_SECONDS)
                if watch:
                    watch.look(IDLE_SECONDS)
                elif wishes:
                    for wish in (wishes.read(LONGEST_WISH) or b"").decode(errors="replace").splitlines():
                        self._do(wish, wish, tell, None)

    def _do(self, title: str, command: str, tell: Tell, watch: "_Watch | None") -> None:
        def is_over() -> bool:
            if watch:
                watch.look(ACTION_SECONDS)
            return self._has_ended.is_set()

        tell(title, self._machine.run(command, deadline=AS_LONG_AS_IT_TAKES, give_up=is_over))


class _Watch:
    """Presses Ctrl-C for a gdb that nobody sits at, once the guest has run for a while without being stopped."""

    def __init__(self, gdb: subprocess.Popen[bytes], machine: QemuMachine) -> None:
        self._gdb, self._machine = gdb, machine
        self._since = machine.clock()

    def look(self, limit: float) -> None:
        """See how it is; `limit` is in seconds of the machine's clock."""
        now = self._machine.clock()
        if self._gdb.poll() is not None or not self._machine.is_running():
            self._since = now
        elif now - self._since > limit:
            self._since = now
            self._gdb.send_signal(signal.SIGINT)
