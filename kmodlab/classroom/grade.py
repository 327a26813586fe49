# SPDX-License-Identifier: MIT
"""What travels between the parts of the classroom: submissions, grades, and the roster. Values without behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kmodlab.grading.verdict import Outcome, Report

DECIMALS = 4  # of points: a penalty is a fraction of them, and nobody wants to read 1.7999999999999998
NOTHING = "Nothing was handed in."  # the problem of whoever did not


@dataclass(frozen=True, slots=True)
class Submission:
    """What a student handed in for a lesson.

    `files` are those that the lesson declares, and no other; `problem` is a sentence on what is wrong with what was
    handed in, such as a file that is missing. Without any file there is nothing to grade.
    """

    student: str
    lesson: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    problem: str | None = None
    submitted: datetime | None = None  # with its time zone; None when it is not known


@dataclass(frozen=True, slots=True)
class Graded:
    """A report, how long it took to make, and when that was (UTC)."""

    report: Report
    seconds: float
    graded_at: datetime


@dataclass(frozen=True, slots=True)
class Grade:
    """What a submission is worth.

    `report` is None when nothing could be graded; `problem` then says why. With a report it says what else the
    instructor has to know. `points` are those of the ordinary checks, and None when the lab itself failed: that
    costs nobody a point, and has to be graded again. `bonus` comes on top of `max_points`; `penalty` is what being late
    costs.
    """

    student: str
    lesson: str
    report: Report | None
    problem: str | None
    points: float | None
    max_points: float
    bonus: float
    penalty: float
    seconds: float  # that grading took
    fingerprint: str  # of the files, the lesson, the kernel and the lab; empty without a report
    graded_at: datetime  # UTC
    submitted: datetime | None = None
    due: datetime | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)  # that the report is about

    @property
    def outcome(self) -> Outcome | None:
        """How the attempt ended; None when nothing could be graded."""
        return self.report.outcome if self.report else None

    @property
    def score(self) -> float | None:
        """The points that count, bonus and penalty included, never below 0; None when the lab itself failed."""
        return (
            None
            if self.points is None
            else max(0.0, round(self.points + self.bonus - self.penalty, DECIMALS))
        )


@dataclass(frozen=True, slots=True)
class Student:
    """One of the class; what the roster does not tell is empty."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""

    @property
    def name(self) -> str:
        """The name for people; the id when the roster tells none."""
        return f"{self.first_name} {self.last_name}".strip() or self.id


@dataclass(frozen=True, slots=True)
class Roster:
    """The class, by id."""

    students: Mapping[str, Student] = field(default_factory=dict)

    def student(self, id: str) -> Student:
        """The student with that id; one who is not on the roster has nothing but the id."""
        return self.students.get(id) or Student(id)
