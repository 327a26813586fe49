# SPDX-License-Identifier: MIT
"""grades.csv: a line a grade, in the columns that nbgrader exports."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from kmodlab.classroom.formats import common
from kmodlab.classroom.grade import Grade, Roster
from kmodlab.packs.catalog import Pack

FILE = "grades.csv"


def write(grades: Sequence[Grade], pack: Pack, roster: Roster, folder: Path) -> None:
    """Write grades.csv into `folder`; raise LabError when it cannot be written."""
    common.put(folder / FILE, text(grades, roster))


def text(grades: Sequence[Grade], roster: Roster) -> str:
    """The grades as CSV. Where the lab itself failed there is no score; points of bonus checks are in the raw one."""
    lines = io.StringIO()
    writer = csv.DictWriter(lines, list(_row(grades[0], roster)) if grades else (), lineterminator="\n")
    writer.writeheader()
    writer.writerows(_row(grade, roster) for grade in grades)
    return lines.getvalue()


def _row(grade: Grade, roster: Roster) -> dict[str, object]:
    student = roster.student(grade.student)
    return {
        "assignment": grade.lesson,
        "duedate": _moment(grade.due),
        "timestamp": _moment(grade.submitted),
        "student_id": student.id,
        "last_name": student.last_name,
        "first_name": student.first_name,
        "email": student.email,
        "raw_score": "" if grade.points is None else _number(grade.points + grade.bonus),
        "late_submission_penalty": _number(grade.penalty),
        "score": "" if grade.score is None else _number(grade.score),
        "max_score": _number(grade.max_points),
    }


def _moment(moment: datetime | None) -> str:
    return str(moment.astimezone(UTC)) if moment else ""


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
