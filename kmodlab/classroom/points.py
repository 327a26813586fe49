# SPDX-License-Identifier: MIT
"""The arithmetic of points: ordinary ones, those on top, and what being late costs. Pure."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from kmodlab.classroom.grade import DECIMALS
from kmodlab.grading.verdict import CheckVerdict
from kmodlab.packs.catalog import Lesson
from kmodlab.packs.late import Late


@dataclass(frozen=True, slots=True)
class Points:
    """What an attempt is worth: what it `earned` of the ordinary points, `bonus` on top, less the `penalty`."""

    earned: float
    bonus: float = 0.0
    penalty: float = 0.0


def bonus_checks(lesson: Lesson) -> frozenset[str]:
    """The ids of the checks whose points come on top."""
    return frozenset(check.id for check in lesson.checks if check.bonus)


def possible(lesson: Lesson) -> float:
    """All the ordinary points that there are."""
    on_top = bonus_checks(lesson)
    return sum(check.points for check in lesson.checks if check.id not in on_top)


def tally(
    verdicts: Collection[CheckVerdict], bonus_checks: Collection[str] = (), lost: float = 0.0
) -> Points:
    """Add up `verdicts`; those of `bonus_checks` (ids) come on top, and the fraction `lost` is taken off all."""
    earned = sum(verdict.points for verdict in verdicts if verdict.id not in bonus_checks)
    bonus = sum(verdict.points for verdict in verdicts if verdict.id in bonus_checks)
    return Points(earned, bonus, round(lost * (earned + bonus), DECIMALS))


def fraction_lost(policy: Late, due: datetime | None, submitted: datetime | None) -> float:
    """The fraction of the points that being late costs; 0 when it is not known when it was due or handed in."""
    if due is None or submitted is None:
        return 0.0
    late = submitted - due - timedelta(minutes=policy.grace)
    days = max(0, math.ceil(late / timedelta(days=1)))
    return min(policy.limit, days * policy.penalty)
