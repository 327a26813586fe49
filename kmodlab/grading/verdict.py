# SPDX-License-Identifier: MIT
"""Verdicts: the outcome of a check and of a whole attempt.

The JSON that `as_json` gives is documented in docs/report.md.
"""

from dataclasses import dataclass
from enum import StrEnum

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.evidence.finding import Finding
from kmodlab.evidence.klog import Record
from kmodlab.grading.compare import Difference

SCHEMA = "kmodlab.report/1"


class Outcome(StrEnum):
    """How a check ended. ERROR is the lab's own fault and never costs the learner a point."""

    PASS = "pass"
    FAIL = "fail"
    SKIP = "skip"
    CRASH = "crash"
    HANG = "hang"
    BUILD_ERROR = "build-error"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """What one check came to. `reason` is one sentence on why it did not pass."""

    id: str
    title: str
    outcome: Outcome
    points: float
    max_points: float
    seconds: float = 0.0
    reason: str | None = None
    expected: str | None = None
    actual: str | None = None
    hints: tuple[str, ...] = ()  # all of the lesson's; the faces show them one at a time
    findings: tuple[Finding, ...] = ()
    log: tuple[Record, ...] = ()
    difference: Difference | None = None  # where two texts that should be the same first differ
    is_bonus: bool = False  # its points come on top


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on one attempt at a lesson. Points of bonus checks are among `points`, not among `max_points`."""

    lesson: str
    kernel: str
    outcome: Outcome
    points: float
    max_points: float
    seconds: float
    checks: tuple[CheckVerdict, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    build_output: str = ""
    findings: tuple[Finding, ...] = ()  # those of every check, and of the build
    hidden_checks: int = 0  # that were not run, as only the instructor has them


@dataclass(frozen=True, slots=True)
class RunReport:
    """What was found when modules without a lesson were built, loaded, watched and unloaded.

    `load_error` is what insmod said when the kernel refused a module.
    """

    kernel: str
    outcome: Outcome
    seconds: float
    diagnostics: tuple[Diagnostic, ...] = ()
    build_output: str = ""
    findings: tuple[Finding, ...] = ()
    log: tuple[Record, ...] = ()
    load_error: str | None = None
