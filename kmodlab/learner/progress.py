# SPDX-License-Identifier: MIT
"""The learner's progress in progress.db below the data folder: every attempt, and the hints shown."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from kmodlab import paths
from kmodlab.errors import LabError
from kmodlab.grading.reports import read_report, report_json
from kmodlab.grading.verdict import Outcome, Report
from kmodlab.packs.catalog import Pack

# One script a version of the database: what brings it there from the version before.
MIGRATIONS = (
    """
    CREATE TABLE attempts (
        id INTEGER PRIMARY KEY,
        pack TEXT NOT NULL,
        lesson TEXT NOT NULL,
        at TEXT NOT NULL,  -- ISO 8601, UTC
        outcome TEXT NOT NULL,
        points REAL NOT NULL,
        max_points REAL NOT NULL,
        report TEXT NOT NULL  -- JSON, docs/report.md
    ) STRICT;
    CREATE INDEX attempts_of_lesson ON attempts (pack, lesson, id);
    CREATE TABLE sources (
        attempt INTEGER NOT NULL REFERENCES attempts (id),
        name TEXT NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (attempt, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE verdicts (
        attempt INTEGER NOT NULL REFERENCES attempts (id),
        check_id TEXT NOT NULL,
        outcome TEXT NOT NULL,
        PRIMARY KEY (attempt, check_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE hints (
        pack TEXT NOT NULL,
        lesson TEXT NOT NULL,
        check_id TEXT NOT NULL,
        shown INTEGER NOT NULL,
        PRIMARY KEY (pack, lesson, check_id)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    ALTER TABLE attempts ADD COLUMN seconds REAL NOT NULL DEFAULT 0;
    UPDATE attempts SET seconds = coalesce(json_extract(report, '$.seconds'), 0) WHERE json_valid(report);
    """,
)

FAILED = (Outcome.FAIL, Outcome.CRASH, Outcome.HANG, Outcome.BUILD_ERROR)
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
PATIENCE = 10  # seconds to wait for another process that is writing


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the learner stands in a lesson.

    `attempts` leaves out those that the lab could not grade; the points are those of the best attempt.
    `last_outcome` and `last_at` (UTC) are None before the first attempt.
    """

    attempts: int = 0
    passed: bool = False
    best_points: float = 0.0
    max_points: float = 0.0
    last_outcome: Outcome | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt in the list of them: `number` counts from 1 in its lesson, `at` is UTC."""

    id: int
    number: int
    at: datetime
    outcome: Outcome
    points: float
    max_points: float
    seconds: float


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """All that is kept of an attempt: the files that were graded, and its report as `read_report` gives it.

    A report that cannot be read, as of another version, is None.
    """

    report: Report | None
    sources: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class LastAttempt:
    """The newest attempt in a pack; `at` is UTC."""

    lesson: str  # its id
    outcome: Outcome
    points: float
    max_points: float
    at: datetime


class Progress:
    """The progress in one pack. Any thread and any number of processes may use the same file.

    `warning` is a sentence for the learner when the file was found damaged and had to be put aside.
    """

    def __init__(self, pack: Pack, path: Path | None = None) -> None:
        """Keep the progress in `path`, by default progress.db in the user's data folder."""
        self.path = path or paths.data() / "progress.db"
        self.warning: str | None = None
        self._pack = pack.id
        self._prepare()

    def of(self, pack: Pack) -> "Progress":
        """The progress in another pack, in the same file."""
        other = copy(self)
        other._pack, other.warning = pack.id, None
        return other

    def record(self, lesson_id: str, report: Report, sources: Mapping[str, bytes]) -> None:
        """Keep an attempt: its report and the very files that were graded."""
        attempt = (
            self._pack,
            lesson_id,
            datetime.now(UTC).isoformat(),
            report.outcome,
            report.points,
            report.max_points,
            report_json(report),
            report.seconds,
        )
        with self._transaction() as database:
            id = database.execute(
                "INSERT INTO attempts (pack, lesson, at, outcome, points, max_points, report, seconds)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                attempt,
            ).lastrowid
            database.executemany(
                "INSERT INTO sources VALUES (?, ?, ?)",
                [(id, name, content) for name, content in sources.items()],
            )
            database.executemany(
                "INSERT INTO verdicts VALUES (?, ?, ?)",
                [(id, verdict.id, verdict.outcome) for verdict in report.checks],
            )

    def standing(self, lesson_id: str) -> Standing:
        """Where the learner stands in the lesson."""
        return self.standings().get(lesson_id, Standing())

    def standings(self) -> dict[str, Standing]:
        """Where the learner stands in each lesson that has an attempt, by its id."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT lesson, outcome, points, max_points, at FROM attempts WHERE pack = ? ORDER BY id",
                (self._pack,),
            ).fetchall()
        standings: dict[str, Standing] = {}
        for lesson, *attempt in rows:
            standings[lesson] = _after(standings.get(lesson, Standing()), *attempt)
        return standings

    def last_attempt(self) -> LastAttempt | None:
        """The newest attempt, whichever lesson it was at; None before the first."""
        with self._transaction() as database:
            row = database.execute(
                "SELECT lesson, outcome, points, max_points, at FROM attempts WHERE pack = ?"
                " ORDER BY id DESC LIMIT 1",
                (self._pack,),
            ).fetchone()
        if row is None:
            return None
        lesson, outcome, points, max_points, at = row
        return LastAttempt(lesson, Outcome(outcome), points, max_points, datetime.fromisoformat(at))

    def attempts(self, lesson_id: str) -> list[Attempt]:
        """Every attempt at the lesson, the last one first; what was kept of each is for `attempt` to read."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT id, row_number() OVER (ORDER BY id), at, outcome, points, max_points, seconds"
                " FROM attempts WHERE pack = ? AND lesson = ? ORDER BY id DESC",
                (self._pack, lesson_id),
            ).fetchall()
        return [
            Attempt(id, number, datetime.fromisoformat(at), Outcome(outcome), points, max_points, seconds)
            for id, number, at, outcome, points, max_points, seconds in rows
        ]

    def attempt(self, id: int) -> AttemptRecord:
        """What is kept of an attempt; raise LabError when there is none of that id."""
        with self._transaction() as database:
            row = database.execute(
                "SELECT report FROM attempts WHERE pack = ? AND id = ?", (self._pack, id)
            ).fetchone()
            sources = database.execute(
                "SELECT name, content FROM sources WHERE attempt = ? ORDER BY name", (id,)
            ).fetchall()
        if row is None:
            raise LabError("That attempt is not kept any more.", hint="Choose another one.")
        try:
            report = read_report(row[0])
        except ValueError:
            report = None
        return AttemptRecord(report, dict(sources))

    def last_outcomes(self, lesson_id: str) -> dict[str, Outcome]:
        """The outcome of each check in the last attempt; empty before the first."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT check_id, outcome FROM verdicts WHERE attempt ="
                " (SELECT max(id) FROM attempts WHERE pack = ? AND lesson = ?)",
                (self._pack, lesson_id),
            ).fetchall()
        return {check: Outcome(outcome) for check, outcome in rows}

    def failures_in_a_row(self, lesson_id: str, check_id: str) -> int:
        """How often the check failed since it last passed.

        Attempts that skipped it, or that the lab could not grade, neither count nor break the row.
        """
        with self._transaction() as database:
            rows = database.execute(
                "SELECT verdicts.outcome FROM verdicts JOIN attempts ON attempts.id = attempt"
                " WHERE pack = ? AND lesson = ? AND check_id = ? ORDER BY attempt DESC",
                (self._pack, lesson_id, check_id),
            ).fetchall()
        failures = 0
        for (outcome,) in rows:
            if outcome == Outcome.PASS:
                break
            failures += outcome in FAILED
        return failures

    def reveal_hint(self, lesson_id: str, check_id: str, available: int) -> int:
        """Note that one hint more is shown, of the `available` ones; return how many are shown now."""
        with self._transaction() as database:
            (shown,) = database.execute(
                "INSERT INTO hints VALUES (?1, ?2, ?3, min(1, ?4))"
                " ON CONFLICT DO UPDATE SET shown = min(shown + 1, ?4) RETURNING shown",
                (self._pack, lesson_id, check_id, available),
            ).fetchone()
        return int(shown)

    def hints_shown(self, lesson_id: str) -> dict[str, int]:
        """How many hints of each check were shown; a check without any is left out."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT check_id, shown FROM hints WHERE pack = ? AND lesson = ? AND shown > 0",
                (self._pack, lesson_id),
            ).fetchall()
        return dict(rows)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection of this call's own, in a transaction that holds only when the block ends well."""
        try:
            with closing(self._connect()) as database, database:
                database.execute("BEGIN IMMEDIATE")
                yield database
        except sqlite3.DatabaseError as problem:
            raise self._explained(problem) from problem

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
        database.execute("PRAGMA foreign_keys = ON")
        return database

    def _prepare(self) -> None:
        paths.make_folder(self.path.parent)
        # One at a time: two that start together would both make the tables, or both move a damaged file.
        try:
            with FileLock(f"{self.path}.lock"):
                if not self._migrate():
                    self._put_aside()
                    self._migrate()
        except (sqlite3.DatabaseError, OSError) as problem:
            raise self._explained(problem) from problem

    def _migrate(self) -> bool:
        """Bring the file to the newest version; return False when it is damaged."""
        try:
            with closing(self._connect()) as database:
                if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                    return False
                (version,) = database.execute("PRAGMA user_version").fetchone()
                if version > len(MIGRATIONS):
                    raise LabError(
                        f"{self.path} was written by a newer kmodlab.",
                        hint="Install that version, or a later one.",
                    )
                database.execute("PRAGMA journal_mode = WAL")
                for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
                    database.executescript(
                        f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;"
                    )
        except sqlite3.DatabaseError as problem:
            if _is_damage(problem):
                return False
            raise
        return True

    def _put_aside(self) -> None:
        """Keep the damaged file, with the journal that may still mend it, under another name."""
        kept = f"{self.path}.damaged-{datetime.now():%Y-%m-%dT%H-%M-%S-%f}"
        try:
            for suffix in ("", "-wal", "-shm"):
                path = Path(f"{self.path}{suffix}")
                if path.exists():
                    path.rename(f"{kept}{suffix}")
        except OSError as problem:
            raise LabError(
                f"{self.path} is damaged and cannot be renamed: {problem.strerror}.",
                hint="Move it to another place by hand.",
            ) from problem
        self.warning = f"The record of your progress was damaged; it is kept as {kept}, and a new one begins."

    def _explained(self, problem: sqlite3.DatabaseError | OSError) -> LabError:
        if isinstance(problem, sqlite3.DatabaseError) and _is_damage(problem):
            return LabError(
                f"{self.path} is damaged.",
                hint="Start kmodlab again: it keeps the file and begins a new one.",
            )
        return LabError(
            f"{self.path} cannot be used: {getattr(problem, 'strerror', None) or problem}.",
            hint="Make the file and its folder writable, or free some space.",
        )


def _after(before: Standing, outcome: str, points: float, max_points: float, at: str) -> Standing:
    """The standing once there is one attempt more."""
    is_best = before.last_at is None or points / max(max_points, 1e-9) >= before.best_points / max(
        before.max_points, 1e-9
    )
    return Standing(
        attempts=before.attempts + (outcome != Outcome.ERROR),
        passed=before.passed or outcome == Outcome.PASS,
        best_points=points if is_best else before.best_points,
        max_points=max_points if is_best else before.max_points,
        last_outcome=Outcome(outcome),
        last_at=datetime.fromisoformat(at),
    )


def _is_damage(problem: sqlite3.DatabaseError) -> bool:
    code = getattr(problem, "sqlite_errorcode", 0)  # of errors that SQLite itself found
    return code & 0xFF in DAMAGED  # the low byte is the primary code
