# SPDX-License-Identifier: MIT
"""Grading a class: what is in the grade book already is taken from there, the rest is work for others."""

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from kmodlab.build import sandbox
from kmodlab.classroom import fingerprint, points
from kmodlab.classroom.grade import Grade, Graded, Submission
from kmodlab.classroom.gradebook import GradeBook
from kmodlab.classroom.jobs import Began, Done, Job, Trouble, Work
from kmodlab.errors import LabError
from kmodlab.grading.verdict import Outcome, Report
from kmodlab.packs.catalog import Pack
from kmodlab.packs.late import Late


@dataclass(frozen=True, slots=True)
class Begun:
    """A submission is being graded."""

    submission: Submission


@dataclass(frozen=True, slots=True)
class Finished:
    """A submission has its grade, which is in the grade book; `is_new` tells whether it was graded just now."""

    grade: Grade
    is_new: bool


def grade(
    pack: Pack, submissions: Sequence[Submission], book: GradeBook, late: Late, kernel: str, work: Work
) -> Generator[Begun | Finished, None, None]:
    """Grade `submissions`, each set of files once; `work` does what is not in `book` yet.

    `kernel` is the identity of the one that it uses (KernelTree.identity). Closing the iterator ends it; what is graded
    by then is kept. Raises LabError when there is no sandbox, and what `work` raises.
    """
    if not sandbox.works():
        raise LabError(
            "There is no sandbox here, and without one nothing that somebody handed in is compiled.",
            hint="Install the package bubblewrap; `kmodlab doctor` says more.",
        )
    entry = _Entry(pack, book, late)
    graded_alike: dict[str, list[Submission]] = {}
    for submission in submissions:
        if submission.files:
            key = _fingerprint(submission, pack, kernel)
            graded_alike.setdefault(key, []).append(submission)
        else:
            yield entry.make(submission, None)
    jobs: list[Job] = []
    for key, alike in graded_alike.items():
        kept = book.graded(key)
        if kept is None:
            jobs.append(Job(key, pack.lesson(alike[0].lesson), alike[0].files))
            continue
        for submission in alike:
            yield entry.make(submission, kept, key, is_new=False)
    if not jobs:
        return
    with closing(work(jobs)) as advances:
        for advance in advances:
            key = advance.job.fingerprint
            if isinstance(advance, Done) and isinstance(advance.answer, Graded):
                book.keep(key, advance.answer, advance.job.files)
            for submission in graded_alike[key]:
                if isinstance(advance, Began):
                    yield Begun(submission)
                else:
                    yield entry.make(submission, advance.answer, key)


def _fingerprint(submission: Submission, pack: Pack, kernel: str) -> str:
    try:
        return fingerprint.of(submission.files, pack.lesson(submission.lesson), kernel)
    except OSError as problem:
        raise LabError(
            f"{problem.filename} cannot be read: {problem.strerror}.",
            hint="The pack is incomplete; install it again, or tell its author.",
        ) from problem


@dataclass(frozen=True, slots=True)
class _Entry:
    """Enters grades into the book."""

    pack: Pack
    book: GradeBook
    late: Late

    def make(
        self, submission: Submission, answer: Graded | Trouble | None, key: str = "", *, is_new: bool = True
    ) -> Finished:
        """Enter what `submission` is worth, when its files came to `answer`; None: there were none."""
        lesson = self.pack.lesson(submission.lesson)
        due = self.late.due_of(lesson.id)
        lost = points.fraction_lost(self.late, due, submission.submitted)
        report = answer.report if isinstance(answer, Graded) else None
        worth = points.tally(report.checks if report else (), points.bonus_checks(lesson), lost)
        trouble = _trouble(answer)
        grade = Grade(
            student=submission.student,
            lesson=lesson.id,
            report=report,
            problem=trouble or submission.problem,
            points=None if trouble else worth.earned,
            max_points=points.possible(lesson),
            bonus=0.0 if trouble else worth.bonus,
            penalty=0.0 if trouble else worth.penalty,
            seconds=answer.seconds if isinstance(answer, Graded) else 0.0,
            fingerprint=key if report else "",
            graded_at=answer.graded_at if isinstance(answer, Graded) else datetime.now(UTC),
            submitted=submission.submitted,
            due=due,
            files=submission.files if report else {},
        )
        self.book.enter(grade)
        return Finished(grade, is_new)


def _trouble(answer: Graded | Trouble | None) -> str | None:
    """What the lab could not do, which costs nobody a point; None when it could."""
    if isinstance(answer, Trouble):
        return answer.message
    return _trouble_of(answer.report) if answer else None


def alone(report: Report, pack: Pack, now: datetime) -> Grade:
    """The grade of files that an unknown person handed in in time; raise LabError when the lab itself failed."""
    trouble = _trouble_of(report)
    if trouble:
        raise LabError(trouble, hint="That is no fault of the files. Have them graded again.")
    lesson = pack.lesson(report.lesson)
    worth = points.tally(report.checks, points.bonus_checks(lesson))
    return Grade(
        student="unknown",
        lesson=lesson.id,
        report=report,
        problem=None,
        points=worth.earned,
        max_points=points.possible(lesson),
        bonus=worth.bonus,
        penalty=0.0,
        seconds=report.seconds,
        fingerprint="",
        graded_at=now,
    )


def _trouble_of(report: Report) -> str | None:
    broken = next((verdict for verdict in report.checks if verdict.outcome is Outcome.ERROR), None)
    return f"The lab could not run `{broken.id}`: {broken.reason}" if broken else None
