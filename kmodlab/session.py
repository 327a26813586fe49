# SPDX-License-Identifier: MIT
"""Session: one sitting. Kernel, machines, workspace and progress put together for the faces."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from kmodlab import debugger
from kmodlab.bench import Bench
from kmodlab.debugger import Debugger
from kmodlab.errors import CancelledError, UsageError
from kmodlab.evidence import audit
from kmodlab.evidence.audit import Baseline
from kmodlab.grading.course import AT_ONCE
from kmodlab.grading.events import Ended, Event
from kmodlab.grading.runner import Runner
from kmodlab.grading.verdict import RunReport
from kmodlab.kernels import store
from kmodlab.kernels.tree import KernelTree
from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.machines import template, witness
from kmodlab.machines.machine import Machine
from kmodlab.machines.pool import Pool
from kmodlab.machines.qemu import QemuMachine
from kmodlab.machines.template import Template
from kmodlab.packs import trust
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.packs.manifest import Check
from kmodlab.remote import Remote
from kmodlab.steps import Listener, ignore

STANDBY = 3  # before the first attempt
MOST_STANDBY = 6  # each takes some 100 MB

# Without KVM a first start costs 30 ms.
WARM_UP = f"modctl load /none; modctl unload /none; modctl look / | head -c 1 | cat; {witness.watch(())}"


class Session:
    """The engine as the faces use it: a context manager that leaves nothing behind."""

    def __init__(
        self,
        pack: Pack,
        *,
        workspace: Workspace | None = None,
        progress: Progress | None = None,
        tree: KernelTree | None = None,
        at_once: int = AT_ONCE,
        reach: Callable[[], Remote] | None = None,
    ) -> None:
        """Machines run the kernel of `tree`, by default the chosen one; of an attempt so many checks run `at_once`.

        `reach` leads to a machine of the user's own, which is used in the place of all that, for one check at a time.
        """
        self.pack = pack
        self.workspace = workspace or Workspace(pack)
        self._progress = progress
        self._tree, self._at_once = tree, 1 if reach else at_once
        self._preparing = threading.Lock()
        self._under_way: set[threading.Event] = set()  # one for each attempt; set, it ends it
        self._closing = threading.Event()
        self._reach = reach
        self._ready: _Ready | Remote | None = None
        self._benches: list[Bench] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def turn_to(self, pack: Pack) -> None:
        """Go on with another pack, its files and its progress; machines stay, and so does an attempt under way."""
        self.pack = pack
        self.workspace, self._progress = self.workspace.of(pack), self.progress.of(pack)

    @property
    def progress(self) -> Progress:
        """What the learner did, made when it is first asked for."""
        if self._progress is None:
            self._progress = Progress(self.pack)
        return self._progress

    @property
    def kernel(self) -> str | None:
        """The release of the kernel in use; None before `boot`."""
        return self._ready.tree.release if self._ready else None

    @property
    def accelerator(self) -> str | None:
        """How machines run, kvm or tcg; None before `boot`."""
        return self._ready.template.hardware.accelerator if isinstance(self._ready, _Ready) else None

    @property
    def remote(self) -> Remote | None:
        """The machine of the user's own, if one is used; None before `boot`."""
        return self._ready if isinstance(self._ready, Remote) else None

    def prepare(self, listen: Listener = ignore) -> None:
        """Do what `boot` does, and have machines stand by from now on, for one attempt after another."""
        self.boot(listen)
        if self._ready is not None:
            self._ready.stand_by()

    def boot(self, listen: Listener = ignore) -> None:
        """Fetch the kernel if there is none, boot it once if it was not.

        May be called again, and from several threads; raises LabError that says what is missing, and CancelledError
        when the session is closed meanwhile.
        """
        with self._preparing:
            if self._ready is None and self._reach is not None:
                self._ready = self._reach()
            elif self._ready is None:
                tree = self._tree or store.ensure(listen, self._closing)
                self._ready = _Ready(tree, template.prepare(tree, listen, self._closing), self._at_once)

    def check(
        self, lesson: Lesson, sources: Mapping[str, bytes], listen: Listener = ignore, *, keep: bool = True
    ) -> Iterator[Event]:
        """Grade the files; the last event is Ended. The attempt goes into the learner's progress when `keep`.

        Raises LabError, UntrustedError when code of the pack may not run, and CancelledError after `cancel`. Several
        threads may have files graded at the same time.
        """
        trust.demand(lesson)
        with self._attempt() as cancelled:
            progress = self.progress
            ready = self._prepared(listen)
            for event in Runner(ready.tree, ready, cancelled, self._at_once).attempt(lesson, sources):
                if isinstance(event, Ended):
                    if keep:
                        progress.record(lesson.id, event.report, dict(sources))
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
        with self._attempt() as cancelled:
            ready = self._prepared(listen)
            return Runner(ready.tree, ready, cancelled).run(sources, names, arguments, commands)

    def bench(self, listen: Listener = ignore) -> Bench:
        """A fresh machine of the learner's own; whoever asked for it closes it, or the session does at its end.

        `cancel` does not concern it. Raises as `check` does.
        """
        ready = self._prepared(listen)
        if isinstance(ready, Remote):
            raise UsageError("Only the lab's own machines can be played with.", hint="Leave --machine out.")
        bench = Bench(ready.hand_over(), ready.tree)
        with self._preparing:
            self._benches.append(bench)
        if self._closing.is_set():
            bench.close()
            raise CancelledError
        return bench

    @contextmanager
    def debugger(
        self,
        sources: Mapping[str, bytes],
        modules: Sequence[str],
        files: Mapping[str, bytes],
        listen: Listener = ignore,
    ) -> Iterator[Debugger]:
        """Modules on a fresh machine with gdb's way into it; `files` lie beside them. Raises as `check` does."""
        ready = self._prepared(listen)
        if isinstance(ready, Remote):
            raise UsageError("gdb can stop the lab's own machines only.", hint="Leave --machine out.")
        with debugger.prepared(ready.tree, ready.hand_over, sources, modules, files) as prepared:
            yield prepared

    def is_rested(self) -> bool:
        """Whether as many machines stand by as ever will."""
        return self._ready is not None and self._ready.is_rested()

    def cancel(self) -> None:
        """End the attempts under way, from any thread: whoever iterates over one gets CancelledError."""
        for cancelled in self._under_way.copy():
            cancelled.set()
        if self._ready is not None:
            self._ready.kill_taken()

    def close(self) -> None:
        """End all machines, and what is being prepared; the session cannot be used any more."""
        self._closing.set()
        self.cancel()
        with self._preparing:
            for bench in self._benches:
                bench.close()
            if self._ready is not None:
                self._ready.close()
                self._ready = None

    @contextmanager
    def _attempt(self) -> Iterator[threading.Event]:
        """Have an attempt under way, which `cancel` ends by setting the event."""
        cancelled = threading.Event()
        self._under_way.add(cancelled)
        try:
            yield cancelled
        finally:
            self._under_way.discard(cancelled)

    def _prepared(self, listen: Listener) -> "_Ready | Remote":
        self.boot(listen)
        if self._ready is None:
            raise CancelledError
        return self._ready


class _Ready:
    """A kernel and its machines (Machines, as the runner wants them)."""

    def __init__(self, tree: KernelTree, source: Template, at_once: int) -> None:
        self.tree, self.template = tree, source
        self.pool = Pool(self._make, _warm_up)
        self._before: Baseline | None = None
        self._most = MOST_STANDBY if at_once > 1 else 1  # one after the other, the next one is soon enough
        self._wanted, self._stands_by = min(STANDBY, self._most), False

    def stand_by(self) -> None:
        """Have machines stand by, now and after each attempt."""
        self._stands_by = True
        self.rest()

    def rest(self) -> None:
        """After an attempt: have as many machines stand by as it has taken, if they are to."""
        if self._stands_by:
            self.pool.rest(self._wanted)

    def is_rested(self) -> bool:
        return self.pool.is_rested()

    def why_not(self, check: Check) -> str | None:
        return None

    def expect(self, count: int) -> None:
        count = min(count, self._most)
        self._wanted = max(self._wanted, count)
        self.pool.fill(count)

    def take(self) -> tuple[Machine, Baseline]:
        machine = self.pool.take()
        assert self._before is not None
        return machine, self._before

    def give_back(self, machine: Machine) -> None:
        assert isinstance(machine, QemuMachine)
        self.pool.give_back(machine)

    def hand_over(self) -> QemuMachine:
        """A machine for the caller to keep and to end; another one stands by in its place."""
        machine = self.pool.take()
        self.pool.let_go(machine)
        self.rest()
        return machine

    def kill_taken(self) -> None:
        self.pool.kill_taken()

    def close(self) -> None:
        self.pool.close()
        self.template.close()

    def _make(self) -> QemuMachine:
        machine = self.template.clone()
        try:
            if self._before is None:
                self._before = audit.baseline(self.template.answer(audit.LOOK, machine))
        except BaseException:
            machine.close()
            raise
        return machine


def _warm_up(machine: QemuMachine) -> None:
    """Do once what a check will do: the second time it takes half as long, as QEMU has translated the code by then."""
    machine.run(WARM_UP)
    machine.run(audit.FIRST_LOOK)
