# SPDX-License-Identifier: MIT
"""The learner's progress in progress.db below the data folder: every attempt, and the hints shown."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from kmodlab import paths
from kmodlab.errors import LabError
from kmodlab.grading.reports import report_json
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


class Progress:
    """The progress in one pack. Any thread and any number of processes may use the same file.

    `warning` is a sentence for the learner when the file was found damaged and had to be put aside.
    """

    def __init__(self, pack: Pack, path: Path | None = None) -> None:
        """Keep the progress in `path`, by default progress.db in the user's data folder."""
        self.path = path or paths.data() / "progress.db"
        self.warning: str | None = None
        self._pack = pack.manifest.id
        self._prepare()

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
        )
        with self._transaction() as database:
            id = database.execute(
                "INSERT INTO attempts (pack, lesson, at, outcome, points, max_points, report)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
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
        lesson = (self._pack, lesson_id)
        with self._transaction() as database:
            attempts, has_passed = database.execute(
                "SELECT count(*) FILTER (WHERE outcome != 'error'), coalesce(max(outcome = 'pass'), 0)"
                " FROM attempts WHERE pack = ? AND lesson = ?",
                lesson,
            ).fetchone()
            last = database.execute(
                "SELECT outcome, at FROM attempts WHERE pack = ? AND lesson = ? ORDER BY id DESC LIMIT 1",
                lesson,
            ).fetchone()
            best = database.execute(
                "SELECT points, max_points FROM attempts WHERE pack = ? AND lesson = ?"
                " ORDER BY points / max(max_points, 1e-9) DESC, id DESC LIMIT 1",
                lesson,
            ).fetchone()
        if last is None:
            return Standing()
        outcome, at = last
        points, max_points = best
        return Standing(
            attempts, bool(has_passed), points, max_points, Outcome(outcome), datetime.fromisoformat(at)
        )

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


def _is_damage(problem: sqlite3.DatabaseError) -> bool:
    code = getattr(problem, "sqlite_errorcode", 0)  # of errors that SQLite itself found
    return code & 0xFF in DAMAGED  # the low byte is the primary code
