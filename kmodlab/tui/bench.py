# SPDX-License-Identifier: MIT
"""The learner's own machine as the tabs of the results use it: started when one of them is opened first."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from textual.signal import Signal

from kmodlab.errors import LabError
from kmodlab.machines.machine import MachineLostError
from kmodlab.packs.catalog import Lesson
from kmodlab.tui.messages import explained

if TYPE_CHECKING:
    from textual.widget import Widget

    from kmodlab.bench import Bench
    from kmodlab.build.result import BuildEvidence
    from kmodlab.session import Session

Answer = TypeVar("Answer")


class Phase(Enum):
    """How it stands with the machine."""

    NONE = "none"  # nobody has asked for one
    STARTING = "starting"
    READY = "ready"
    LOST = "lost"  # `trouble` says why; `renew` gets another one


class BenchKeeper:
    """One bench at a time, for one lesson at a time. `changed` is published when it stands otherwise with it."""

    def __init__(self, owner: "Widget", session: "Session") -> None:
        """Work for `owner`; machines come from `session`."""
        self.changed: Signal[BenchKeeper] = Signal(owner, "bench")
        self.phase = Phase.NONE
        self.trouble: LabError | None = None  # why there is no machine, or no module in it
        self.has_modules = False  # they are in /root
        self.parameters: Mapping[str, tuple[str, ...]] = {}  # of each module that was built
        self.lesson: Lesson | None = None
        self._owner, self._session = owner, session
        self._bench: Bench | None = None
        self._built: Mapping[str, bytes] = {}  # by the last check
        self._number = 0  # of the bench, so that what an old one still says is told from what counts

    @property
    def names(self) -> tuple[str, ...]:
        """The lesson's modules."""
        return self.lesson.manifest.modules if self.lesson else ()

    def begin_lesson(self, lesson: Lesson) -> None:
        """Have nothing to do with the lesson before any more."""
        self._drop()
        self.lesson, self._built, self.parameters = lesson, {}, {}
        self._tell(Phase.NONE)

    def want(self) -> None:
        """Start a machine, if there is none; nothing but `renew` brings back one that was lost."""
        if self.phase is Phase.NONE and self.lesson is not None:
            self._begin(self.lesson)

    def renew(self) -> None:
        """Start a fresh machine instead of the one that is there."""
        if self.lesson is not None:
            self._drop()
            self._begin(self.lesson)

    def take(self, build: "BuildEvidence", modules: Mapping[str, bytes]) -> None:
        """Put what a check has built into the machine."""
        if modules:
            self._built, self.parameters = modules, build.parameters
            if self._bench is not None:
                self._run(self._put(self._number, self._bench, modules))

    async def use(self, call: "Callable[[Bench], Answer]") -> Answer | None:
        """What a call of the bench, made in a thread, gives back; None when there is no machine, or not any more.

        Raises LabError as the call does, but MachineLostError.
        """
        bench, number = self._bench, self._number
        if bench is None:
            return None
        try:
            return await asyncio.to_thread(call, bench)
        except MachineLostError as loss:
            self._lose(number, loss)
            return None

    async def note_end(self) -> None:
        """Take down that the guest has ended, and why."""
        if self._bench is not None:
            number = self._number
            self._lose(number, await asyncio.to_thread(self._bench.loss))

    def _begin(self, lesson: Lesson) -> None:
        self._tell(Phase.STARTING)
        self._run(self._start(self._number, lesson))

    async def _start(self, number: int, lesson: Lesson) -> None:
        try:
            bench = await asyncio.to_thread(self._session.bench)
        except Exception as problem:
            self._lose(number, explained(problem))
            return
        if number != self._number:  # another one is wanted by now
            await asyncio.to_thread(bench.close)
            return
        self._bench = bench
        self._tell(Phase.READY)
        try:
            await self._fill(number, bench, lesson)
        except MachineLostError as loss:
            self._lose(number, loss)
        except Exception as problem:  # the shell works all the same
            if number == self._number and not self.has_modules:
                self._tell(self.phase, explained(problem))

    async def _fill(self, number: int, bench: "Bench", lesson: Lesson) -> None:
        """Put what the lesson is about into a fresh machine: what was checked last, else the files as they are."""
        sources = await asyncio.to_thread(self._session.workspace.read, lesson)
        if not self._built:
            helpers = await asyncio.to_thread(lesson.helpers)
            build = await asyncio.to_thread(bench.build, sources, lesson.manifest.modules, helpers)
            self.parameters = build.parameters
        if self._built:  # by now, maybe
            await asyncio.to_thread(bench.put, self._built)
        self._have_modules(number)
        await asyncio.to_thread(bench.supply, lesson, sources)

    async def _put(self, number: int, bench: "Bench", modules: Mapping[str, bytes]) -> None:
        try:
            await asyncio.to_thread(bench.put, modules)
        except MachineLostError as loss:
            self._lose(number, loss)
        except LabError as problem:
            self._tell(self.phase, problem)
        else:
            self._have_modules(number)

    def _have_modules(self, number: int) -> None:
        if number == self._number and self.phase is Phase.READY:
            self.has_modules = True
            self._tell(Phase.READY)

    def _lose(self, number: int, trouble: LabError) -> None:
        if number == self._number:
            self._drop()
            self._tell(Phase.LOST, trouble)

    def _drop(self) -> None:
        """End the machine; what it still says does not count."""
        self._number += 1
        self.has_modules = False
        if self._bench is not None:
            self._owner.run_worker(self._bench.close, thread=True, exit_on_error=False, group="bench")
            self._bench = None

    def _run(self, work: Coroutine[None, None, None]) -> None:
        self._owner.run_worker(work, exit_on_error=False, group="bench")

    def _tell(self, phase: Phase, trouble: LabError | None = None) -> None:
        self.phase, self.trouble = phase, trouble
        self.changed.publish(self)
