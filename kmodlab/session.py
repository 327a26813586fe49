# SPDX-License-Identifier: MIT
"""Session: one sitting. Kernel, machines, workspace and progress put together for the faces.

What builds and runs modules is imported when it is first asked for: it takes as long as a third of the app's start.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from kmodlab.errors import CancelledError, UsageError
from kmodlab.grading.events import Ended, Event
from kmodlab.grading.verdict import RunReport
from kmodlab.kernels.tree import KernelTree
from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.packs import trust
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.steps import Listener, ignore

if TYPE_CHECKING:
    from kmodlab.bench import Bench
    from kmodlab.debugger import Debugger
    from kmodlab.grading.runner import Runner
    from kmodlab.remote import Remote
    from kmodlab.standby import Standby


class Session:
    """The engine as the faces use it: a context manager that leaves nothing behind."""

    def __init__(
        self,
        pack: Pack,
        *,
        workspace: Workspace | None = None,
        progress: Progress | None = None,
        tree: KernelTree | None = None,
        at_once: int | None = None,
        reach: "Callable[[], Remote] | None" = None,
    ) -> None:
        """Machines run the kernel of `tree`, by default the chosen one.

        Of an attempt so many checks run `at_once`, by default one a processor.

        `reach` leads to a machine of the user's own, which is used in the place of all that, for one check at a time.
        """
        self.pack = pack
        self.workspace = workspace or Workspace(pack)
        self._progress = progress
        self._tree = tree
        self._at_once = 1 if reach else at_once or os.cpu_count() or 1
        self._preparing = threading.Lock()
        self._under_way: set[threading.Event] = set()  # one for each attempt; set, it ends it
        self._closing = threading.Event()
        self._reach = reach
        self._standby: Standby | None = None
        self._remote: Remote | None = None
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
        return self._standby.template.hardware.accelerator if self._standby else None

    @property
    def remote(self) -> "Remote | None":
        """The machine of the user's own, if one is used; None before `boot`."""
        return self._remote

    def prepare(self, listen: Listener = ignore) -> None:
        """Do what `boot` does, and have machines stand by from now on, for one attempt after another."""
        self.boot(listen)
        if self._standby is not None:
            self._standby.stand_by()

    def boot(self, listen: Listener = ignore) -> None:
        """Fetch the kernel if there is none, boot it once if it was not.

        May be called again, and from several threads; raises LabError that says what is missing, and CancelledError
        when the session is closed meanwhile.
        """
        with self._preparing:
            if self._ready is not None:
                return
            if self._reach is not None:
                self._remote = self._reach()
            else:
                from kmodlab import standby

                self._standby = standby.prepare(self._tree, self._at_once, listen, self._closing)

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
            for event in self._runner(cancelled, listen).attempt(lesson, sources):
                if isinstance(event, Ended):
                    if keep:
                        progress.record(lesson.id, event.report, dict(sources))
                    if self._standby is not None:
                        self._standby.rest()
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
            return self._runner(cancelled, listen).run(sources, names, arguments, commands)

    def bench(self, listen: Listener = ignore) -> "Bench":
        """A fresh machine of the learner's own; whoever asked for it closes it, or the session does at its end.

        `cancel` does not concern it. Raises as `check` does.
        """
        from kmodlab.bench import Bench

        own = self._own(listen, "Only the lab's own machines can be played with.")
        bench = Bench(own.hand_over(), own.tree)
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
        helped_by: Mapping[str, Mapping[str, bytes]] | None = None,
        listen: Listener = ignore,
    ) -> "Iterator[Debugger]":
        """Modules on a fresh machine with gdb's way into it; `files` lie beside them. Raises as `check` does.

        `helped_by` are the sources of modules of the pack's that they may use, by module; these are loaded first.
        """
        from kmodlab import debugger
        from kmodlab.build import helpers

        own = self._own(listen, "gdb can stop the lab's own machines only.")
        pack_modules = helpers.built(own.tree, helped_by or {})
        with debugger.prepared(own.tree, own.hand_over, sources, modules, files, pack_modules) as prepared:
            yield prepared

    def is_rested(self) -> bool:
        """Whether as many machines stand by as ever will."""
        return self._standby is not None and self._standby.is_rested()

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
                self._standby = self._remote = None

    @contextmanager
    def _attempt(self) -> Iterator[threading.Event]:
        """Have an attempt under way, which `cancel` ends by setting the event."""
        cancelled = threading.Event()
        self._under_way.add(cancelled)
        try:
            yield cancelled
        finally:
            self._under_way.discard(cancelled)

    @property
    def _ready(self) -> "Standby | Remote | None":
        return self._standby or self._remote

    def _runner(self, cancelled: threading.Event, listen: Listener) -> "Runner":
        from kmodlab.grading.runner import Runner

        self.boot(listen)
        if (ready := self._ready) is None:
            raise CancelledError
        return Runner(ready.tree, ready, cancelled, self._at_once)

    def _own(self, listen: Listener, why: str) -> "Standby":
        """The lab's own machines; raise UsageError that says `why` none other will do."""
        self.boot(listen)
        if self._remote is not None:
            raise UsageError(why, hint="Leave --machine out.")
        if self._standby is None:
            raise CancelledError
        return self._standby
