# SPDX-License-Identifier: MIT
"""The course of an attempt: which checks can be begun, which have come to an end, which are not worth going on with."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from kmodlab.build.result import BuildEvidence
from kmodlab.evidence.evidence import CheckEvidence
from kmodlab.grading import grade
from kmodlab.grading.verdict import Outcome
from kmodlab.packs.manifest import Check

AT_ONCE = os.cpu_count() or 1  # checks that run at the same time, unless somebody wants fewer


def shared_runs(checks: Sequence[Check]) -> dict[str, Check]:
    """By id, what is run for each check: those that do the same, one after the other, have one run for all.

    What is run for several has the expectations of all, so that it is looked for what each of them asks about, and
    the `faults` of the one that has some, so that the calls are counted.
    """
    runs: dict[str, Check] = {}
    for check in checks:
        run = next((run for run in runs.values() if _can_share(run, check, runs)), None)
        if run is None:
            runs[check.id] = check
            continue
        asked = {"expect": (*run.expect, *check.expect), "faults": run.faults or check.faults}
        shared = run.model_copy(update=asked)
        runs |= {id: shared for id, other in runs.items() if other.id == run.id} | {check.id: shared}
    return runs


def _can_share(run: Check, check: Check, runs: Mapping[str, Check]) -> bool:
    """Whether a check does what a run does, and is skipped whenever that is."""
    before = runs.get(check.after or "")
    is_skipped_with_it = check.after == run.after or (before is not None and before.id == run.id)
    is_swept_alike = not run.faults or not check.faults or run.faults == check.faults
    return is_skipped_with_it and bool(run.do) and run.do == check.do and is_swept_alike


class Course:
    """How far the checks of one attempt are.

    A check is begun when the one that it comes after has passed. While a processor would be idle one is begun ahead,
    though the one before still runs; what it comes to counts only when that one passes.
    """

    def __init__(self, checks: Sequence[Check], build: BuildEvidence, at_once: int = AT_ONCE) -> None:
        """`at_once` checks may run at the same time; where that is one, none is begun ahead."""
        self._build, self._at_once = build, at_once
        self._undecided = list(checks)
        self._outcomes: dict[str, Outcome] = {}
        self._begun: dict[str, Future[CheckEvidence]] = {}

    @property
    def is_over(self) -> bool:
        """Whether every check has an outcome."""
        return not self._undecided

    def next_to_begin(self) -> Check | None:
        """A check to begin now; None when there is nothing to do but wait."""
        waiting = [check for check in self._undecided if check.id not in self._begun]
        due = (check for check in waiting if self._is_due(check) and self.reason_to_skip(check) is None)
        # a sweep takes many machines, and there is no idle time in it
        ahead = (check for check in waiting if check.after in self._begun and not check.faults)
        is_idle = len(self._unfinished()) < self._at_once and self._at_once > 1
        return next(due, None) or (next(ahead, None) if is_idle and self._build.succeeded else None)

    def begin(self, check: Check, running: Future[CheckEvidence]) -> None:
        """Take down that a check is `running`."""
        self._begun[check.id] = running

    def next_to_decide(self) -> Check | None:
        """A check that has come to its end, or will not be run; None when all that can be decided is."""
        return next((check for check in self._undecided if self._is_decidable(check)), None)

    def reason_to_skip(self, check: Check) -> str | None:
        """Why a check that is due cannot be run; None when it can."""
        return grade.reason_to_skip(check, self._build, self._outcomes)

    def evidence(self, check: Check) -> CheckEvidence:
        """What a check that was begun has come to; raises what it raised."""
        return self._begun[check.id].result()

    def decide(self, check: Check, outcome: Outcome) -> None:
        """Take down what a check came to."""
        self._undecided.remove(check)
        self._outcomes[check.id] = outcome

    def wait(self) -> None:
        """Wait until one of the checks that run has ended."""
        wait(self._unfinished(), return_when=FIRST_COMPLETED)

    def _unfinished(self) -> list[Future[CheckEvidence]]:
        return [running for running in self._begun.values() if not running.done()]

    def _is_due(self, check: Check) -> bool:
        return check.after is None or check.after in self._outcomes

    def _is_decidable(self, check: Check) -> bool:
        if not self._is_due(check):
            return False
        running = self._begun.get(check.id)
        return (running is not None and running.done()) or self.reason_to_skip(check) is not None
