# SPDX-License-Identifier: MIT
"""The runner: one attempt at a lesson, from the learner's files to the report, as a stream of events."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from kmodlab.build import helpers, kbuild
from kmodlab.build.result import BuildEvidence
from kmodlab.errors import CancelledError, LabError
from kmodlab.evidence.audit import Baseline
from kmodlab.evidence.evidence import CheckEvidence, Evidence
from kmodlab.grading import concurrency, grade, packcode, supplies, sweep
from kmodlab.grading.course import AT_ONCE, Course, shared_runs
from kmodlab.grading.events import Built, CheckBegan, CheckEnded, Ended, Event
from kmodlab.grading.observe import observe
from kmodlab.grading.packcode import Drive
from kmodlab.grading.supplies import Supplies
from kmodlab.grading.verdict import CheckVerdict, Outcome, RunReport
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines.machine import Machine
from kmodlab.packs import needs
from kmodlab.packs.catalog import Lesson
from kmodlab.packs.manifest import Check, Load, Shell


class Machines(Protocol):
    """Where machines come from."""

    def why_not(self, check: Check) -> str | None:
        """Why a check cannot be made with them, in one sentence; None when it can."""

    def expect(self, count: int, *, is_parallel: bool) -> None:
        """Make ready for `count` machines whose processors work at the same time, or take turns."""

    def take(self, *, is_parallel: bool) -> tuple[Machine, Baseline]:
        """Such a machine, which nobody has used, and what it looks like; raise LabError when none can be had."""

    def give_back(self, machine: Machine) -> None:
        """End a machine."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What all checks of one attempt have in common."""

    lesson: Lesson
    build: BuildEvidence
    modules: Mapping[str, Path]
    supplies: Supplies
    start_others: bool  # the modules have code of theirs run beside their callers

    def may_race(self, check: Check) -> bool:
        """Whether several things may happen at the same time."""
        return self.start_others or concurrency.may_race(check)

    def verdict(self, check: Check, evidence: CheckEvidence) -> CheckVerdict:
        """What a check is worth."""
        return grade.grade_check(check, evidence, self.build, packcode.judge_of(self.lesson.pack_folder))


def _need_fit_kernel(lesson: Lesson, tree: KernelTree) -> None:
    needed = lesson.manifest.kernel
    try:
        config = tree.config() if needed.config else {}
    except OSError:
        return  # what cannot be told is not held against the kernel
    lacking = ", ".join(needs.unmet(needed, tree.release, config))
    if lacking:
        raise LabError(
            f"Lesson {lesson.id} needs a kernel with {lacking}, and Linux {tree.release} is another.",
            hint="Use another one: kmodlab kernel list, kmodlab kernel add.",
        )


class Runner:
    """Runs attempts on one kernel, of each so many checks `at_once`; `cancelled` ends it with CancelledError."""

    def __init__(
        self, tree: KernelTree, machines: Machines, cancelled: threading.Event, at_once: int = AT_ONCE
    ) -> None:
        self._tree, self._machines, self._cancelled, self._at_once = tree, machines, cancelled, at_once
        self._in_use: dict[str, Machine] = {}  # by check
        self._abandoned: set[str] = set()

    def attempt(self, lesson: Lesson, sources: Mapping[str, bytes]) -> Iterator[Event]:
        """Build the files and run every check; the last event is Ended.

        Raises LabError where the kernel is not fit, or a module of the pack's own cannot be built.
        """
        _need_fit_kernel(lesson, self._tree)
        began = time.monotonic()
        names, pack_modules = lesson.manifest.modules, helpers.built(self._tree, lesson.helpers())
        with (
            kbuild.build_folder() as folder,
            supplies.prepared(self._tree, lesson, sources, pack_modules) as supplied,
        ):
            runs = self._runs(lesson)
            self._make_ready(runs, has_helpers=bool(pack_modules))
            build = kbuild.build(self._tree, sources, names, folder, self._cancelled, pack_modules)
            yield Built(build, kbuild.modules(folder, names) if build.succeeded else {})
            modules = {name: folder / f"{name}.ko" for name in names} if build.succeeded else {}
            seen: dict[str, CheckEvidence] = {}
            start_others = bool(pack_modules) or concurrency.start_others(modules.values())
            yield from self._checks(_Attempt(lesson, build, modules, supplied, start_others), runs, seen)
        in_order = tuple(seen[check.id] for check in lesson.checks if check.id in seen)
        seconds = time.monotonic() - began
        evidence = Evidence(lesson.id, self._tree.release, build, in_order, seconds)
        yield Ended(grade.grade(lesson, evidence), evidence)

    def _checks(
        self, attempt: _Attempt, runs: Mapping[str, Check], seen: dict[str, CheckEvidence]
    ) -> Iterator[Event]:
        """Run the checks by their `runs`, several at a time; fill in `seen`."""
        course = Course(attempt.lesson.checks, attempt.build, self._at_once)
        running: dict[str, Future[CheckEvidence]] = {}
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="check") as executor:
            while not course.is_over:
                while check := course.next_to_begin():
                    yield CheckBegan(check.id)
                    run = runs[check.id]
                    if check.faults:
                        course.begin(check, executor.submit(self._sweep, check, attempt, running.get(run.id)))
                        continue
                    if run.id not in running:
                        running[run.id] = executor.submit(self._run, run, attempt)
                    course.begin(check, running[run.id])
                decided = course.next_to_decide()
                if decided is None:
                    course.wait()
                    continue
                reason = course.reason_to_skip(decided)
                if reason is None:
                    seen[decided.id] = replace(course.evidence(decided), check=decided.id)
                    verdict = attempt.verdict(decided, seen[decided.id])
                else:
                    self._abandon(decided)
                    verdict = grade.skipped(decided, attempt.build, reason)
                course.decide(decided, verdict.outcome)
                yield CheckEnded(verdict)

    def _abandon(self, check: Check) -> None:
        """End what a check has begun ahead, if anything; nobody asks for its evidence."""
        self._abandoned.add(check.id)
        if check.id in self._in_use:
            self._in_use[check.id].kill()

    def _runs(self, lesson: Lesson) -> dict[str, Check]:
        """By id, what is run for each check; none shares its run with one that cannot be made."""
        able = [check for check in lesson.checks if self._machines.why_not(check) is None]
        return {check.id: check for check in lesson.checks} | shared_runs(able)

    def _make_ready(self, runs: Mapping[str, Check], *, has_helpers: bool) -> None:
        distinct = {run.id: run for run in runs.values() if grade.needs_machine(run)}
        parallel = sum(has_helpers or concurrency.may_race(run) for run in distinct.values())
        self._machines.expect(parallel, is_parallel=True)
        self._machines.expect(len(distinct) - parallel, is_parallel=False)

    def _run(self, check: Check, attempt: _Attempt, fail: int = 0) -> CheckEvidence:
        """Observe a check, or a run for several; with the call `fail` made to fail, unless that is 0."""
        try:
            files = attempt.supplies.of(check)
        except LabError as problem:
            return CheckEvidence(check.id, trouble=problem.message)
        drive = packcode.drive_of(attempt.lesson.pack_folder)
        is_parallel = attempt.may_race(check)
        return self._observe(check, attempt.modules, fail, files, drive, is_parallel=is_parallel)

    def _sweep(self, check: Check, attempt: _Attempt, shared: Future[CheckEvidence] | None) -> CheckEvidence:
        """Observe a check, unless it shares a run; when it passes, make the calls fail that it names under `faults`."""
        evidence = self._run(check, attempt) if shared is None else shared.result()
        began = time.monotonic()
        if attempt.verdict(check, evidence).outcome is not Outcome.PASS or evidence.calls == 0:
            return evidence
        if evidence.calls is None:
            return CheckEvidence(check.id, trouble="The lab cannot make those calls fail.")
        self._machines.expect(min(evidence.calls, self._at_once), is_parallel=attempt.may_race(check))
        runs = sweep.sweep(
            check, evidence.calls, lambda number: self._run(check, attempt, number), self._at_once
        )
        return replace(evidence, faulted=runs, seconds=evidence.seconds + time.monotonic() - began)

    def _observe(
        self,
        check: Check,
        modules: Mapping[str, Path],
        fail: int = 0,
        files: Mapping[str, bytes] | None = None,
        drive: Drive | None = None,
        *,
        is_parallel: bool = True,
    ) -> CheckEvidence:
        """Observe a check on a machine of its own; trouble with the lab's own machinery is tried once more."""
        if not grade.needs_machine(check):
            return CheckEvidence(check.id)
        if (reason := self._machines.why_not(check)) is not None:
            return CheckEvidence(check.id, skipped=reason)
        trouble = ""
        for _ in range(2):
            if self._cancelled.is_set():
                raise CancelledError
            try:
                machine, before = self._machines.take(is_parallel=is_parallel)
            except LabError as problem:
                trouble = problem.message
                continue
            self._in_use[check.id] = machine
            if check.id in self._abandoned:
                machine.kill()
            try:
                evidence = observe(check, machine, modules, before, fail, files, drive)
            finally:
                self._machines.give_back(machine)
            if self._cancelled.is_set():
                raise CancelledError
            if evidence.trouble is None or check.id in self._abandoned:
                return evidence
            trouble = evidence.trouble
        return CheckEvidence(check.id, trouble=trouble)

    def run(
        self, sources: Mapping[str, bytes], names: list[str], arguments: str, commands: Sequence[str]
    ) -> RunReport:
        """Build modules, load them in order, the last with `arguments`; run `commands`; unload; tell what was found."""
        began = time.monotonic()
        with kbuild.build_folder() as folder:
            self._machines.expect(1, is_parallel=True)
            build = kbuild.build(self._tree, sources, names, folder, self._cancelled)
            evidence = None
            if build.succeeded:
                loads = [Load(load=name) for name in names[:-1]]
                loads.append(Load(load=f"{names[-1]} {arguments}".strip()))
                check = Check(id="run", title="run", do=(*loads, *(Shell(sh=line) for line in commands)))
                evidence = self._observe(check, {name: folder / f"{name}.ko" for name in names})
        return grade.report_run(self._tree.release, build, evidence, time.monotonic() - began)
