# SPDX-License-Identifier: MIT
"""Session: one sitting. Kernel, machines, workspace and progress put together for the faces."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from kmodlab.build import kbuild
from kmodlab.errors import CancelledError, LabError, UsageError
from kmodlab.evidence import audit
from kmodlab.evidence.audit import Baseline
from kmodlab.grading import actions
from kmodlab.grading.events import Ended, Event
from kmodlab.grading.grade import build_complaint
from kmodlab.grading.runner import Runner
from kmodlab.grading.verdict import RunReport
from kmodlab.kernels import store
from kmodlab.kernels.tree import KernelTree
from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.machines import template, witness
from kmodlab.machines.console import Console
from kmodlab.machines.machine import Machine
from kmodlab.machines.pool import Pool
from kmodlab.machines.qemu import QemuMachine
from kmodlab.machines.template import Template
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.packs.manifest import Load
from kmodlab.steps import Listener, ignore

STANDBY = 3  # before the first attempt
MOST_STANDBY = 6  # each takes some 100 MB

# Without KVM a first start costs 30 ms.
WARM_UP = f"modctl load /none; modctl unload /none; modctl look / | head -c 1 | cat; {witness.watch(())}"


class Session:
    """The engine as the faces use it: a context manager that leaves nothing behind."""

    def __init__(
        self, pack: Pack, *, workspace: Workspace | None = None, progress: Progress | None = None
    ) -> None:
        self.pack = pack
        self.workspace = workspace or Workspace(pack)
        self.progress = progress or Progress(pack)
        self._preparing = threading.Lock()
        self._cancelled = threading.Event()
        self._closing = threading.Event()
        self._ready: _Ready | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def kernel(self) -> str | None:
        """The release of the kernel in use; None before `prepare`."""
        return self._ready.tree.release if self._ready else None

    @property
    def accelerator(self) -> str | None:
        """How machines run, kvm or tcg; None before `prepare`."""
        return self._ready.template.hardware.accelerator if self._ready else None

    def prepare(self, listen: Listener = ignore) -> None:
        """Fetch the kernel if there is none, boot it once if it was not, have machines stand by.

        May be called again, and from several threads; raises LabError that says what is missing, and CancelledError
        when the session is closed meanwhile.
        """
        with self._preparing:
            if self._ready is None:
                tree = store.ensure(listen, self._closing)
                self._ready = _Ready(tree, template.prepare(tree, listen, self._closing))
                self._ready.rest()

    def check(
        self, lesson: Lesson, sources: Mapping[str, bytes], listen: Listener = ignore, *, keep: bool = True
    ) -> Iterator[Event]:
        """Grade the files; the last event is Ended. The attempt goes into the learner's progress when `keep`.

        Raises LabError, and CancelledError after `cancel`.
        """
        self._cancelled.clear()
        ready = self._prepared(listen)
        runner = Runner(ready.tree, ready, self._cancelled)
        for event in runner.attempt(lesson, sources):
            if isinstance(event, Ended):
                if keep:
                    self.progress.record(lesson.id, event.report, dict(sources))
                ready.rest()
            yield event

    def run(
        self,
        sources: Mapping[str, bytes],
        arguments: str = "",
        commands: Sequence[str] = (),
        listen: Listener = ignore,
    ) -> RunReport:
        """Build, load, watch and unload any modules, one a C file, in the order given; raises as `check` does.

        `arguments` go to the last one; `commands` are run in a shell of the guest while all are loaded.
        """
        names = [name.removesuffix(".c") for name in sources if name.endswith(".c")]
        if not names:
            raise UsageError("There is no C file to build.", hint="Name one, as in `kmodlab run hello.c`.")
        self._cancelled.clear()
        ready = self._prepared(listen)
        return Runner(ready.tree, ready, self._cancelled).run(sources, names, arguments, commands)

    @contextmanager
    def console(
        self,
        sources: Mapping[str, bytes],
        names: Sequence[str],
        listen: Listener = ignore,
        *,
        load: bool = False,
    ) -> Iterator[Console]:
        """A shell in a fresh machine that has the modules `names`, built from `sources`, in its home; loaded if asked.

        Raises as `check` does, and LabError when the modules do not build.
        """
        self._cancelled.clear()
        ready = self._prepared(listen)
        machine = ready.pool.take()
        try:
            if names:
                self._push(machine, ready.tree, sources, names)
            if load:
                for name in names:
                    machine.run(actions.command(Load(load=name)))
            yield Console(machine)
        finally:
            ready.give_back(machine)

    def _push(
        self, machine: QemuMachine, tree: KernelTree, sources: Mapping[str, bytes], names: Sequence[str]
    ) -> None:
        with kbuild.build_folder() as folder:
            build = kbuild.build(tree, sources, names, folder, self._cancelled)
            if not build.succeeded:
                raise LabError(
                    build_complaint(build), hint="`kmodlab check` shows all messages of the compiler."
                )
            for name in names:
                content = kbuild.without_debug(folder / f"{name}.ko").read_bytes()
                machine.push(f"{actions.MODULE_FOLDER}/{name}.ko", content)

    def is_rested(self) -> bool:
        """Whether as many machines stand by as ever will."""
        return self._ready is not None and self._ready.pool.is_rested()

    def cancel(self) -> None:
        """End the attempt under way, from any thread: whoever iterates over it gets CancelledError."""
        self._cancelled.set()
        if self._ready is not None:
            self._ready.pool.kill_taken()

    def close(self) -> None:
        """End all machines, and what is being prepared; the session cannot be used any more."""
        self._closing.set()
        self.cancel()
        with self._preparing:
            if self._ready is not None:
                self._ready.close()
                self._ready = None

    def _prepared(self, listen: Listener) -> "_Ready":
        self.prepare(listen)
        if self._ready is None:
            raise CancelledError
        return self._ready


class _Ready:
    """A kernel with machines standing by (Machines, as the runner wants them)."""

    def __init__(self, tree: KernelTree, source: Template) -> None:
        self.tree, self.template = tree, source
        self.pool = Pool(self._make, _warm_up)
        self._before: Baseline | None = None
        self._wanted = STANDBY

    def rest(self) -> None:
        """Have machines stand by, as many as an attempt has taken."""
        self.pool.rest(self._wanted)

    def expect(self, count: int) -> None:
        count = min(count, MOST_STANDBY)
        self._wanted = max(self._wanted, count)
        self.pool.fill(count)

    def take(self) -> tuple[Machine, Baseline]:
        machine = self.pool.take()
        assert self._before is not None
        return machine, self._before

    def give_back(self, machine: Machine) -> None:
        assert isinstance(machine, QemuMachine)
        self.pool.give_back(machine)

    def close(self) -> None:
        self.pool.close()
        self.template.close()

    def _make(self) -> QemuMachine:
        machine = self.template.clone()
        try:
            if self._before is None:
                self._before = audit.take(machine)
        except BaseException:
            machine.close()
            raise
        return machine


def _warm_up(machine: QemuMachine) -> None:
    """Do once what a check will do: the second time it takes half as long, as QEMU has translated the code by then."""
    machine.run(WARM_UP)
    audit.take(machine)
