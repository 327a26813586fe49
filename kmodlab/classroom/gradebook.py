# SPDX-License-Identifier: MIT
"""The grade book: every grade of a class, every report, and the files it is about, in one SQLite file.

A report is kept as soon as it is there, under its fingerprint: whoever starts again after a crash has lost nothing and
grades nothing twice, and what has changed since has another fingerprint. A file that is something else or damaged is
never written to.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from kmodlab import paths
from kmodlab.classroom.grade import Grade, Graded
from kmodlab.errors import LabError
from kmodlab.grading.verdict import Outcome, Report

APPLICATION_ID = 0x6B6D6F64  # "kmod": how SQLite tells files of this kind from others
VERSION = 1
TABLES = (
    "CREATE TABLE book (pack TEXT NOT NULL) STRICT",
    """
    CREATE TABLE reports (
        fingerprint TEXT PRIMARY KEY,
        lesson TEXT NOT NULL,
        outcome TEXT NOT NULL,
        report TEXT NOT NULL,  -- JSON
        seconds REAL NOT NULL,  -- that grading took
        graded_at TEXT NOT NULL  -- ISO 8601, UTC
    ) STRICT
    """,
    """
    CREATE TABLE files (  -- that a report is about
        fingerprint TEXT NOT NULL REFERENCES reports (fingerprint),
        name TEXT NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (fingerprint, name)
    ) STRICT
    """,
    """
    CREATE TABLE grades (
        student TEXT NOT NULL,
        lesson TEXT NOT NULL,
        fingerprint TEXT REFERENCES reports (fingerprint),  -- NULL: there was nothing to grade
        problem TEXT,
        points REAL,  -- NULL: the lab itself failed
        max_points REAL NOT NULL,
        bonus REAL NOT NULL,
        penalty REAL NOT NULL,
        seconds REAL NOT NULL,
        graded_at TEXT NOT NULL,
        submitted TEXT,  -- ISO 8601
        due TEXT,
        PRIMARY KEY (student, lesson)
    ) STRICT
    """,
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)
ELSEWHERE = "Nothing was written to it. Name another folder, or move that file away."
_REPORT = TypeAdapter(Report)


class GradeBook:
    """The grade book of one pack in the file `path`, made when there is none; a context manager.

    Raises LabError when the file is no grade book, damaged, of another pack or of a newer kmodlab, and when another
    kmodlab writes to it. One thread uses it.
    """

    def __init__(self, path: Path, pack: str) -> None:
        self.path = path
        paths.make_folder(path.parent)
        self._lock = FileLock(f"{path}.lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout as problem:
            raise LabError(
                f"Another kmodlab is grading into {path.parent}.", hint="Wait for it, or name another folder."
            ) from problem
        except OSError as problem:
            raise self._unusable(problem) from problem
        try:
            self._database = self._open(pack)
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._lock.release()

    def graded(self, fingerprint: str) -> Graded | None:
        """The report with that fingerprint; None when there is none, or only the lab's own failure."""
        with self._transaction() as database:
            row = database.execute(
                "SELECT report, seconds, graded_at FROM reports WHERE fingerprint = ? AND outcome != ?",
                (fingerprint, Outcome.ERROR),
            ).fetchone()
        return None if row is None else _graded(*row)

    def keep(self, fingerprint: str, graded: Graded, files: Mapping[str, bytes]) -> None:
        """Keep a report on `files`; once this returns, nothing but the loss of the file can undo it."""
        report = graded.report
        row = (
            fingerprint,
            report.lesson,
            report.outcome,
            _REPORT.dump_json(report).decode(),
            graded.seconds,
            graded.graded_at.isoformat(),
        )
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO reports VALUES (?, ?, ?, ?, ?, ?)", row)
            database.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?)",
                [(fingerprint, name, content) for name, content in files.items()],
            )

    def enter(self, grade: Grade) -> None:
        """Write down a grade, in place of an older one; its report, if any, has been kept before."""
        row = (
            grade.student,
            grade.lesson,
            grade.fingerprint if grade.report else None,
            grade.problem,
            grade.points,
            grade.max_points,
            grade.bonus,
            grade.penalty,
            grade.seconds,
            grade.graded_at.isoformat(),
            grade.submitted.isoformat() if grade.submitted else None,
            grade.due.isoformat() if grade.due else None,
        )
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO grades VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def grades(self) -> tuple[Grade, ...]:
        """All grades, by student and lesson."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT grades.*, report FROM grades LEFT JOIN reports USING (fingerprint)"
                " ORDER BY student, grades.lesson"
            ).fetchall()
            files: dict[str, dict[str, bytes]] = {}
            for fingerprint, name, content in database.execute("SELECT * FROM files ORDER BY name"):
                files.setdefault(fingerprint, {})[name] = content
        return tuple(_grade(row, files) for row in rows)

    def _open(self, pack: str) -> sqlite3.Connection:
        try:
            database = sqlite3.connect(self.path, isolation_level=None)
            try:
                self._check(database, pack)
            except BaseException:
                database.close()
                raise
        except sqlite3.DatabaseError as problem:
            raise self._unusable(problem) from problem
        return database

    def _check(self, database: sqlite3.Connection, pack: str) -> None:
        """Make the tables in an empty file; raise LabError for one that holds something else."""
        database.execute("PRAGMA foreign_keys = ON")
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            database.execute("PRAGMA journal_mode = WAL")
            with database:
                database.execute("BEGIN IMMEDIATE")
                for statement in TABLES:
                    database.execute(statement)
                database.execute("INSERT INTO book VALUES (?)", (pack,))
        elif application != APPLICATION_ID:
            raise LabError(f"{self.path} is a database, but no grade book.", hint=ELSEWHERE)
        elif version > VERSION:
            raise LabError(
                f"{self.path} was written by a newer kmodlab.", hint="Install that version, or a later one."
            )
        elif database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise LabError(f"{self.path} is damaged.", hint=ELSEWHERE)
        (kept,) = database.execute("SELECT pack FROM book").fetchone()
        if kept != pack:
            raise LabError(
                f"{self.path} is the grade book of the pack {kept!r}, not of {pack!r}.", hint=ELSEWHERE
            )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """The database in a transaction that holds only when the block ends well."""
        try:
            with self._database as database:
                database.execute("BEGIN IMMEDIATE")
                yield database
        except sqlite3.DatabaseError as problem:
            raise self._unusable(problem) from problem

    def _unusable(self, problem: sqlite3.DatabaseError | OSError) -> LabError:
        code = getattr(problem, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
        if code == sqlite3.SQLITE_NOTADB:
            return LabError(f"{self.path} is no grade book.", hint=ELSEWHERE)
        if code == sqlite3.SQLITE_CORRUPT:
            return LabError(f"{self.path} is damaged.", hint=ELSEWHERE)
        return LabError(
            f"{self.path} cannot be used: {getattr(problem, 'strerror', None) or problem}.",
            hint="Make the file and its folder writable, or free some space.",
        )


def _graded(report: str, seconds: float, graded_at: str) -> Graded:
    return Graded(_report(report), seconds, datetime.fromisoformat(graded_at))


def _report(text: str) -> Report:
    try:
        return _REPORT.validate_json(text)
    except ValidationError as problem:
        raise LabError(
            "The grade book holds a report that this version of kmodlab cannot read.",
            hint="Grade into another folder, or use the version that wrote it.",
        ) from problem


def _grade(row: Sequence[Any], files: Mapping[str, Mapping[str, bytes]]) -> Grade:
    (student, lesson, fingerprint, problem, points, max_points, bonus, penalty, seconds, *moments, report) = (
        row
    )
    graded_at, submitted, due = (datetime.fromisoformat(text) if text else None for text in moments)
    assert graded_at is not None
    return Grade(
        student=student,
        lesson=lesson,
        report=_report(report) if report else None,
        problem=problem,
        points=points,
        max_points=max_points,
        bonus=bonus,
        penalty=penalty,
        seconds=seconds,
        fingerprint=fingerprint or "",
        graded_at=graded_at,
        submitted=submitted,
        due=due,
        files=files.get(fingerprint, {}),
    )
