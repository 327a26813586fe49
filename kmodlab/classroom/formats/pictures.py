# SPDX-License-Identifier: MIT
"""The pictures of a class as numbers: how points and times are distributed, and what becomes of each check. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kmodlab.classroom.grade import Grade
from kmodlab.grading.verdict import Outcome

TENTHS = 10
TIMES = (0, 1, 2, 3, 5, 10, 20, 60)  # seconds from which a bar counts
KINDS = {  # what an outcome is drawn as
    Outcome.PASS: "passed",
    Outcome.FAIL: "failed",
    Outcome.CRASH: "crashed or hung",
    Outcome.HANG: "crashed or hung",
    Outcome.BUILD_ERROR: "did not build",
    Outcome.SKIP: "skipped",
    Outcome.ERROR: "lab error",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram: from which value it counts, in words, and how many there are."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a check's row: so many of `whole` came to `kind`, and `before` of them stand in front of it."""

    kind: str
    count: int
    before: int
    whole: int


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a check in all reports; `lost` counts those in which it did not pass."""

    title: str
    parts: tuple[Part, ...]
    lost: int


def scores(grades: Iterable[Grade]) -> tuple[Bar, ...]:
    """How the scores of one lesson are distributed: by tenths of all points, and those that have them all."""
    known = [(grade.score, grade.max_points) for grade in grades if grade.score is not None]
    most = max((max_points for _, max_points in known), default=0) or 1
    counts = Counter(min(TENTHS, int(score / most * TENTHS + 1e-9)) for score, _ in known)
    return tuple(Bar(f"{most * tenth / TENTHS:.3g}", counts[tenth]) for tenth in range(TENTHS + 1))


def times(grades: Iterable[Grade]) -> tuple[Bar, ...]:
    """How long grading took those that were graded, in seconds."""
    took = [grade.seconds for grade in grades if grade.report]
    ends = (*TIMES[1:], float("inf"))
    counts = (sum(low <= seconds < high for seconds in took) for low, high in zip(TIMES, ends, strict=True))
    return tuple(Bar(f"{low} s", count) for low, count in zip(TIMES, counts, strict=True))


def checks(grades: Sequence[Grade]) -> tuple[Row, ...]:
    """What became of each check of one lesson, in the order of the lesson."""
    outcomes: dict[str, list[Outcome]] = {}
    titles: dict[str, str] = {}
    for grade in grades:
        for verdict in grade.report.checks if grade.report else ():
            outcomes.setdefault(verdict.id, []).append(verdict.outcome)
            titles[verdict.id] = verdict.title
    return tuple(_row(titles[id], of_check) for id, of_check in outcomes.items())


def _row(title: str, outcomes: Sequence[Outcome]) -> Row:
    counts = Counter(KINDS[outcome] for outcome in outcomes)
    parts: list[Part] = []
    before = 0
    for kind in dict.fromkeys(KINDS.values()):
        if counts[kind]:
            parts.append(Part(kind, counts[kind], before, len(outcomes)))
            before += counts[kind]
    return Row(title, tuple(parts), len(outcomes) - counts[KINDS[Outcome.PASS]])
