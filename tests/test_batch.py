# SPDX-License-Identifier: MIT
"""A batch: what is graded, what is taken from the grade book, and what each grade says. The work is told, not done."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kmodlab.build import sandbox
from kmodlab.classroom import batch
from kmodlab.classroom.batch import Begun, Finished
from kmodlab.classroom.grade import Grade, Graded, Submission
from kmodlab.classroom.gradebook import GradeBook
from kmodlab.classroom.jobs import Advances, Answer, Began, Done, Job, Trouble
from kmodlab.errors import LabError
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Pack
from kmodlab.packs.late import Late

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
KERNEL = "6.1.0"
NO_HURRY = Late()


@pytest.fixture(scope="module")
def pack() -> Pack:
    return catalog.load(catalog.shipped_folder())


@pytest.fixture
def book(tmp_path: Path) -> Iterator[GradeBook]:
    with GradeBook(tmp_path / "gradebook.db", "kmodlab") as opened:
        yield opened


def graded(outcome: Outcome = Outcome.PASS) -> Graded:
    points = 10 if outcome is Outcome.PASS else 0
    verdict = CheckVerdict("builds", "It builds", outcome, points, 10, reason="So it is.")
    return Graded(Report("hello", KERNEL, outcome, points, 10, 0.5, (verdict,)), 0.5, NOW)


class Crew:
    """Answers every job with the same, and remembers what it was asked for."""

    def __init__(self, answer: Answer, backwards: bool = False) -> None:
        self.answer, self.backwards = answer, backwards
        self.asked: list[dict[str, bytes]] = []

    def __call__(self, jobs: Sequence[Job]) -> Advances:
        for job in reversed(jobs) if self.backwards else jobs:
            self.asked.append(dict(job.files))
            yield Began(job)
            yield Done(job, self.answer)


def of(student: str, content: bytes | None = None, **more: object) -> Submission:
    return replace(Submission(student, "hello", {} if content is None else {"hello.c": content}), **more)


def grades(
    pack: Pack,
    book: GradeBook,
    crew: Crew,
    *submissions: Submission,
    late: Late = NO_HURRY,
    kernel: str = KERNEL,
) -> list[Grade]:
    events = batch.grade(pack, submissions, book, late, kernel, crew)
    return [event.grade for event in events if isinstance(event, Finished)]


def test_each_submission_gets_its_grade_and_it_is_in_the_book(pack, book):
    made = grades(pack, book, Crew(graded()), of("ann", b"1"), of("bob", b"2"))
    assert [(grade.student, grade.score, grade.max_points) for grade in made] == [
        ("ann", 10, 10),
        ("bob", 10, 10),
    ]
    assert book.grades() == tuple(made)


def test_what_is_under_way_is_told(pack, book):
    events = [*batch.grade(pack, [of("ann", b"1")], book, Late(), KERNEL, Crew(graded()))]
    assert [type(event) for event in events] == [Begun, Finished]


def test_the_same_files_are_graded_once(pack, book):
    crew = Crew(graded())
    made = grades(pack, book, crew, of("ann", b"1"), of("bob", b"1"), of("cyd", b"2"))
    assert len(crew.asked) == 2
    assert [grade.student for grade in made] == ["ann", "bob", "cyd"]
    assert made[0].fingerprint == made[1].fingerprint != made[2].fingerprint


def test_the_order_of_the_work_changes_no_grade(pack, tmp_path):
    students = [of(name, name.encode()) for name in ("ann", "bob", "cyd")]
    kept = []
    for name, backwards in (("one", False), ("two", True)):
        with GradeBook(tmp_path / name / "gradebook.db", "kmodlab") as book:
            grades(pack, book, Crew(graded(), backwards), *students)
            kept.append(book.grades())
    assert kept[0] == kept[1]


def test_what_is_graded_is_not_graded_again(pack, book):
    grades(pack, book, Crew(graded()), of("ann", b"1"))
    crew = Crew(graded(Outcome.FAIL))
    events = [*batch.grade(pack, [of("ann", b"1")], book, Late(), KERNEL, crew)]
    assert [(event.grade.score, event.is_new) for event in events if isinstance(event, Finished)] == [
        (10, False)
    ]
    assert crew.asked == []


def test_what_has_changed_is(pack, book, tmp_path):
    crew = Crew(graded())
    grades(pack, book, crew, of("ann", b"1"), of("bob", b"2"))
    grades(pack, book, crew, of("ann", b"3"), of("bob", b"2"))
    assert crew.asked[2:] == [{"hello.c": b"3"}]
    grades(pack, book, crew, of("bob", b"2"), kernel="6.12.0")
    assert crew.asked[3:] == [{"hello.c": b"2"}]


def test_stopped_in_the_middle_what_is_graded_is_kept(pack, book):
    students = [of("ann", b"1"), of("bob", b"2"), of("cyd", b"3")]
    events = batch.grade(pack, students, book, Late(), KERNEL, Crew(graded()))
    first = next(event for event in events if isinstance(event, Finished))
    events.close()
    assert book.grades() == (first.grade,)
    crew = Crew(graded())
    grades(pack, book, crew, *students)
    assert crew.asked == [{"hello.c": b"2"}, {"hello.c": b"3"}]


def test_without_files_there_is_no_work_and_no_point(pack, book):
    crew = Crew(graded())
    (grade,) = grades(pack, book, crew, of("ann", problem="hello.c is missing."))
    assert crew.asked == []
    assert (grade.report, grade.score, grade.max_points, grade.problem) == (
        None,
        0,
        10,
        "hello.c is missing.",
    )


def test_with_some_files_it_is_graded_and_the_problem_told(pack, book):
    (grade,) = grades(pack, book, Crew(graded()), of("ann", b"1", problem="counter.h is missing."))
    assert (grade.score, grade.problem) == (10, "counter.h is missing.")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (graded(Outcome.ERROR), "The lab could not run `builds`: So it is."),
        (Trouble("No machine can be had.", "Wait."), "No machine can be had."),
    ],
)
def test_the_labs_own_failure_is_told_and_costs_no_point(pack, book, answer, problem):
    (grade,) = grades(pack, book, Crew(answer), of("ann", b"1"))
    assert (grade.points, grade.score, grade.problem) == (None, None, problem)
    assert book.grades() == (grade,)
    crew = Crew(graded())
    assert [again.score for again in grades(pack, book, crew, of("ann", b"1"))] == [10]
    assert len(crew.asked) == 1


def test_being_late_costs_and_a_later_due_date_takes_nothing_but_arithmetic(pack, book):
    late = Late(due=NOW, penalty=0.25)
    student = of("ann", b"1", submitted=NOW.replace(hour=13))
    (grade,) = grades(pack, book, Crew(graded()), student, late=late)
    assert (grade.points, grade.penalty, grade.score, grade.due) == (10, 2.5, 7.5, NOW)
    crew = Crew(graded())
    (grade,) = grades(pack, book, crew, student, late=late.model_copy(update={"due": NOW.replace(hour=14)}))
    assert (grade.score, grade.penalty, crew.asked) == (10, 0, [])


def test_without_a_sandbox_nothing_is_graded(pack, book, monkeypatch):
    monkeypatch.setattr(sandbox, "works", lambda: False)
    crew = Crew(graded())
    with pytest.raises(LabError, match="There is no sandbox here"):
        grades(pack, book, crew, of("ann", b"1"))
    assert (crew.asked, book.grades()) == ([], ())
