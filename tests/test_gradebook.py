# SPDX-License-Identifier: MIT
"""The grade book: what is kept, what survives a kill, and what is never written to."""

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kmodlab.classroom.grade import Grade, Graded
from kmodlab.classroom.gradebook import GradeBook
from kmodlab.errors import LabError
from kmodlab.evidence.finding import Finding, Location
from kmodlab.evidence.klog import Level, Record
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
FILES = {"a.c": b"int x;\n", "b.c": b"\xfc\x00"}


def report(outcome: Outcome = Outcome.PASS, text: str = "") -> Report:
    finding = Finding("leak", "lost", file="a.c", line=3, locations=(Location("allocated", "a.c", 3),))
    record = Record(1, 0.5, Level.INFO, text)
    verdict = CheckVerdict("builds", "It builds", outcome, 1, 1, findings=(finding,), log=(record,))
    return Report("hello", "6.1.0", outcome, 1, 1, 0.5, (verdict,), findings=(finding,))


def grade(student: str, fingerprint: str = "f", of: Report | None = None) -> Grade:
    return Grade(
        student, "hello", of, None, 1, 1, 0, 0, 0.5, fingerprint, NOW, NOW, files=FILES if of else {}
    )


def test_what_is_kept_comes_back_as_it_was(tmp_path: Path) -> None:
    kept = report(text="über \x1b[31m \ufffd \x00")
    with GradeBook(tmp_path / "out/gradebook.db", "p") as book:
        book.keep("f", Graded(kept, 0.5, NOW), FILES)
        book.enter(grade("ann", of=kept))
    with GradeBook(tmp_path / "out/gradebook.db", "p") as book:
        assert book.graded("f") == Graded(kept, 0.5, NOW)
        assert book.graded("g") is None
        assert book.grades() == (grade("ann", of=kept),)


def test_a_grade_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    nothing = replace(grade("ann", ""), problem="Nothing was handed in.", points=0)
    with GradeBook(tmp_path / "gradebook.db", "p") as book:
        book.enter(nothing)
        assert book.grades() == (nothing,)
        book.keep("f", Graded(report(), 0.5, NOW), FILES)
        book.enter(grade("ann", of=report()))
        assert book.grades() == (grade("ann", of=report()),)


def test_the_labs_own_failure_is_kept_but_not_taken_for_a_report(tmp_path: Path) -> None:
    with GradeBook(tmp_path / "gradebook.db", "p") as book:
        book.keep("f", Graded(report(Outcome.ERROR), 0.5, NOW), FILES)
        assert book.graded("f") is None
        book.enter(grade("ann", of=report(Outcome.ERROR)))
        book.keep("f", Graded(report(), 0.5, NOW), FILES)
        assert book.graded("f") is not None


WRITER = """
import sys
from pathlib import Path
from kmodlab.classroom.grade import Graded
from kmodlab.classroom.gradebook import GradeBook
sys.path.insert(0, sys.argv[2])
from test_gradebook import FILES, NOW, grade, report
with GradeBook(Path(sys.argv[1]), "p") as book:
    for number in range(1_000_000):
        of = report(text="x" * 5000)
        book.keep(str(number), Graded(of, 0.5, NOW), FILES)
        book.enter(grade(f"student {number}", str(number), of))
        print(number, flush=True)
"""


def test_killed_in_the_middle_of_writing_it_holds_all_that_it_has_told_of(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    for lines in (1, 20):
        command = [sys.executable, "-c", WRITER, str(path), str(Path(__file__).parent)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            told = [next(writer.stdout) for _ in range(lines)]
            os.kill(writer.pid, signal.SIGKILL)
            told += writer.stdout
        with GradeBook(path, "p") as book:
            students = {entry.student: entry for entry in book.grades()}
            for line in told:
                assert students[f"student {int(line)}"].report == report(text="x" * 5000)
            assert all(entry.report is not None for entry in students.values())


@pytest.mark.parametrize("made", range(4))
def test_killed_while_it_is_made_it_is_made_again(tmp_path: Path, made: int) -> None:
    path = tmp_path / "gradebook.db"
    if made:
        path.touch()
    if made > 1:
        sqlite3.connect(path).execute("PRAGMA journal_mode = WAL").connection.close()
    if made > 2:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE book (pack TEXT)")
        other.close()  # never committed
    with GradeBook(path, "p") as book:
        assert book.grades() == ()


def other_database(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE marks (id)")
        database.execute("INSERT INTO marks VALUES (1)")
    database.close()


def damaged(path: Path) -> None:
    with GradeBook(path, "p") as book:
        for number in range(50):
            book.keep(str(number), Graded(report(text="x" * 1000), 0.5, NOW), FILES)
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 8] = b"\xff" * 4096 * 5
    path.write_bytes(content)


def of_another_pack(path: Path) -> None:
    GradeBook(path, "q").__exit__(None, None, None)


def of_a_newer_version(path: Path) -> None:
    GradeBook(path, "p").__exit__(None, None, None)
    sqlite3.connect(path).execute("PRAGMA user_version = 99").connection.close()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_text("my own notes\n" * 100), "is no grade book"),
        (other_database, "is a database, but no grade book"),
        (damaged, "is damaged"),
        (of_another_pack, "is the grade book of the pack 'q', not of 'p'"),
        (of_a_newer_version, "was written by a newer kmodlab"),
        (lambda path: path.mkdir(), "cannot be used"),
    ],
)
def test_a_file_that_is_something_else_is_told_and_left_alone(tmp_path: Path, make, words: str) -> None:
    path = tmp_path / "gradebook.db"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(LabError, match=words):
        GradeBook(path, "p")
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_two_at_a_time_are_refused(tmp_path: Path) -> None:
    with (
        GradeBook(tmp_path / "gradebook.db", "p"),
        pytest.raises(LabError, match="Another kmodlab is grading"),
    ):
        GradeBook(tmp_path / "gradebook.db", "p")
    with GradeBook(tmp_path / "gradebook.db", "p"):
        pass
