# SPDX-License-Identifier: MIT
"""What several formats need: file names for students, files that are written only when they change, and verdicts."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from kmodlab import paths
from kmodlab.classroom import points
from kmodlab.classroom.grade import Grade
from kmodlab.grading.verdict import CheckVerdict, Outcome
from kmodlab.learner import files
from kmodlab.packs.catalog import Lesson, Pack

PLAIN_NAME = re.compile(r"[\w@+][\w@+.-]{0,99}", re.ASCII)


def file_name(student: str) -> str:
    """A file name of the student's own: their id when it is fit for that, else one made of it."""
    if PLAIN_NAME.fullmatch(student):
        return student
    plain = re.sub(r"\W+", "_", student, flags=re.ASCII)[:40]
    return f"{plain}-{hashlib.sha256(student.encode()).hexdigest()[:12]}"


def put(path: Path, text: str) -> None:
    """Have the file at `path` hold `text`; raise LabError when it cannot be written."""
    content = text.encode(errors="replace")
    if not path.is_file() or path.read_bytes() != content:
        paths.make_folder(path.parent)
        files.replace(path, content)


def put_each(grades: Sequence[Grade], folder: Path, name: str, text_of: Callable[[Grade], str]) -> None:
    """Have a file `name` in the folder STUDENT/LESSON for every grade, none where the lab itself failed."""
    for grade in grades:
        path = folder / file_name(grade.student) / grade.lesson / name
        if grade.score is None:
            path.unlink(missing_ok=True)  # an older one would be taken for the grade
        else:
            put(path, text_of(grade))


def lesson_of(grade: Grade, pack: Pack) -> Lesson | None:
    """The lesson that was graded; None when the pack has it no more."""
    return next((lesson for lesson in pack.lessons if lesson.id == grade.lesson), None)


def title(lesson: str, pack: Pack) -> str:
    """A lesson's title; its id when the pack has it no more."""
    return next((known.title for known in pack.lessons if known.id == lesson), lesson)


def verdicts(grade: Grade, pack: Pack) -> tuple[CheckVerdict, ...]:
    """The verdicts of the report; when there is none, of each check that it was skipped, and why."""
    if grade.report:
        return grade.report.checks
    lesson = lesson_of(grade, pack)
    return tuple(
        CheckVerdict(check.id, check.title, Outcome.SKIP, 0, check.points, reason=grade.problem)
        for check in (lesson.checks if lesson else ())
    )


def visibility(grade: Grade, pack: Pack) -> dict[str, str]:
    """By the ids of the lesson's checks, who may see them."""
    lesson = lesson_of(grade, pack)
    return {check.id: check.visibility for check in lesson.checks} if lesson else {}


def hidden_checks(grade: Grade, pack: Pack, now: datetime) -> frozenset[str]:
    """The ids of the checks that the student must not see at the time `now`."""
    is_over = grade.due is not None and grade.due < now
    seen = ("visible", "after_due_date") if is_over else ("visible",)
    return frozenset(id for id, who in visibility(grade, pack).items() if who not in seen)


def for_student(grade: Grade, pack: Pack, now: datetime) -> Grade:
    """The grade with all points, and of the hidden checks no more than how many there are."""
    hidden = hidden_checks(grade, pack, now)
    if grade.report is None or not hidden:
        return grade
    shown = tuple(verdict for verdict in grade.report.checks if verdict.id not in hidden)
    report = replace(
        grade.report,
        checks=shown,
        findings=tuple(finding for verdict in shown for finding in verdict.findings),
        hidden_checks=len(grade.report.checks) - len(shown),
    )
    return replace(grade, report=report)


def bonus_checks(grade: Grade, pack: Pack) -> frozenset[str]:
    """The ids of the checks whose points come on top."""
    lesson = lesson_of(grade, pack)
    return points.bonus_checks(lesson) if lesson else frozenset()
