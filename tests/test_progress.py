# SPDX-License-Identifier: MIT
"""Progress is kept: every attempt, by any thread and process, also when the file was damaged."""

import json
import multiprocessing
import sqlite3
import threading
from pathlib import Path

import pytest

from kmodlab.errors import LabError
from kmodlab.grading.reports import report_json
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.learner.progress import MIGRATIONS, AttemptRecord, Progress, Standing
from kmodlab.packs.catalog import Pack
from kmodlab.packs.manifest import PackManifest

PACK = Pack(Path("/nowhere"), PackManifest(format=1, id="trial", title="Trial", version="1", lessons=()), ())
SOURCES = {"hello.c": b"int x;\xff"}


def report(outcome: Outcome, points: float = 0, max_points: float = 10, **checks: Outcome) -> Report:
    verdicts = tuple(CheckVerdict(id, id.title(), ended, 0, 1) for id, ended in checks.items())
    return Report("hello", "6.1.0", outcome, points, max_points, 1.5, verdicts)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "progress.db"


@pytest.fixture
def progress(path: Path) -> Progress:
    return Progress(PACK, path)


def test_before_the_first_attempt_there_is_nothing(progress):
    assert progress.standing("hello") == Standing()
    assert progress.last_outcomes("hello") == {}
    assert progress.hints_shown("hello") == {}


def test_the_best_attempt_counts_and_a_pass_stays_a_pass(progress):
    progress.record("hello", report(Outcome.FAIL, 4), SOURCES)
    progress.record("hello", report(Outcome.PASS, 10), SOURCES)
    progress.record("hello", report(Outcome.CRASH, 1), SOURCES)
    standing = progress.standing("hello")
    assert (standing.attempts, standing.passed) == (3, True)
    assert (standing.best_points, standing.max_points) == (10, 10)
    assert standing.last_outcome is Outcome.CRASH
    assert standing.last_at is not None
    assert standing.last_at.tzinfo is not None


def test_all_standings_come_at_once_and_the_last_attempt_is_the_newest_of_any_lesson(progress):
    assert (progress.standings(), progress.last_attempt()) == ({}, None)
    progress.record("hello", report(Outcome.PASS, 10), SOURCES)
    progress.record("params", report(Outcome.FAIL, 3, 12), SOURCES)
    standings = progress.standings()
    assert {lesson: standing.passed for lesson, standing in standings.items()} == {
        "hello": True,
        "params": False,
    }
    last = progress.last_attempt()
    assert (last.lesson, last.outcome, last.points, last.max_points) == ("params", Outcome.FAIL, 3, 12)
    assert last.at == standings["params"].last_at


def test_each_pack_has_progress_of_its_own(progress):
    other = progress.of(Pack(PACK.folder, PACK.manifest.model_copy(update={"id": "other"}), ()))
    progress.record("hello", report(Outcome.PASS, 10), SOURCES)
    other.record("hello", report(Outcome.FAIL, 2), SOURCES)
    assert (progress.standing("hello").passed, other.standing("hello").passed) == (True, False)


def test_an_attempt_that_the_lab_could_not_grade_lowers_nothing(progress):
    progress.record("hello", report(Outcome.FAIL, 7, loads=Outcome.FAIL), SOURCES)
    progress.record("hello", report(Outcome.ERROR, 0, loads=Outcome.ERROR), SOURCES)
    standing = progress.standing("hello")
    assert (standing.attempts, standing.best_points) == (1, 7)
    assert standing.last_outcome is Outcome.ERROR
    assert progress.failures_in_a_row("hello", "loads") == 1


def test_lessons_and_packs_do_not_mix(progress, path):
    progress.record("hello", report(Outcome.PASS, 10), SOURCES)
    other = Pack(Path("/nowhere"), PACK.manifest.model_copy(update={"id": "other"}), ())
    assert progress.standing("params") == Standing()
    assert Progress(other, path).standing("hello") == Standing()


def test_every_attempt_is_kept_with_its_report_and_its_sources(progress, path):
    progress.record("hello", report(Outcome.FAIL, 4, loads=Outcome.FAIL), SOURCES)
    with sqlite3.connect(path) as database:
        (text,) = database.execute("SELECT report FROM attempts").fetchone()
        assert database.execute("SELECT name, content FROM sources").fetchall() == list(SOURCES.items())
    assert json.loads(text)["schema"] == "kmodlab.report/1"
    assert json.loads(text)["checks"][0]["outcome"] == "fail"


def test_attempts_are_listed_with_their_number_in_the_lesson_the_last_one_first(progress):
    progress.record("params", report(Outcome.PASS, 1, 1), SOURCES)
    progress.record("hello", report(Outcome.FAIL, 4), SOURCES)
    progress.record("params", report(Outcome.PASS, 1, 1), SOURCES)
    progress.record("hello", report(Outcome.PASS, 10), SOURCES)
    last, first = progress.attempts("hello")
    assert (last.number, last.outcome, last.points, last.max_points) == (2, Outcome.PASS, 10, 10)
    assert (first.number, first.outcome, first.points, first.seconds) == (1, Outcome.FAIL, 4, 1.5)
    assert last.at >= first.at
    assert first.at.tzinfo is not None
    assert progress.attempts("another") == []


def test_an_attempt_gives_its_report_and_its_files_back(progress):
    graded = report(Outcome.CRASH, 4, loads=Outcome.PASS, greets=Outcome.CRASH)
    progress.record("hello", graded, SOURCES)
    (attempt,) = progress.attempts("hello")
    assert progress.attempt(attempt.id) == AttemptRecord(graded, SOURCES)


def test_an_attempt_whose_report_cannot_be_read_still_gives_its_files(progress, path):
    progress.record("hello", report(Outcome.FAIL), SOURCES)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE attempts SET report = '{\"lesson\": 3}'")
    (attempt,) = progress.attempts("hello")
    assert progress.attempt(attempt.id) == AttemptRecord(None, SOURCES)


def test_an_attempt_of_another_pack_is_not_given(progress, path):
    progress.record("hello", report(Outcome.FAIL), SOURCES)
    (attempt,) = progress.attempts("hello")
    other = Pack(Path("/nowhere"), PACK.manifest.model_copy(update={"id": "other"}), ())
    with pytest.raises(LabError, match="not kept"):
        Progress(other, path).attempt(attempt.id)


def test_the_duration_of_attempts_from_before_it_was_kept_apart_is_read_from_their_reports(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as database:
        database.executescript(MIGRATIONS[0])
        database.execute("PRAGMA user_version = 1")
        database.execute(
            "INSERT INTO attempts (pack, lesson, at, outcome, points, max_points, report)"
            " VALUES ('trial', 'hello', '2026-11-01T10:00:00+00:00', 'fail', 1, 10, ?)",
            (report_json(report(Outcome.FAIL, 1)),),
        )
    database.close()
    (attempt,) = Progress(PACK, path).attempts("hello")
    assert (attempt.seconds, attempt.outcome) == (1.5, Outcome.FAIL)


def test_failures_in_a_row_are_counted_since_the_last_pass(progress):
    for outcome in (
        Outcome.FAIL,
        Outcome.PASS,
        Outcome.FAIL,
        Outcome.SKIP,
        Outcome.CRASH,
        Outcome.BUILD_ERROR,
    ):
        progress.record("hello", report(Outcome.FAIL, loads=outcome), SOURCES)
    assert progress.failures_in_a_row("hello", "loads") == 3
    assert progress.failures_in_a_row("hello", "another") == 0


def test_the_last_outcomes_are_those_of_the_last_attempt(progress):
    progress.record("hello", report(Outcome.FAIL, loads=Outcome.FAIL, greets=Outcome.SKIP), SOURCES)
    progress.record("hello", report(Outcome.FAIL, loads=Outcome.PASS, greets=Outcome.FAIL), SOURCES)
    assert progress.last_outcomes("hello") == {"loads": Outcome.PASS, "greets": Outcome.FAIL}


def test_hints_are_shown_one_at_a_time_and_no_more_than_there_are(progress, path):
    assert [progress.reveal_hint("hello", "loads", 2) for _ in range(3)] == [1, 2, 2]
    assert progress.reveal_hint("hello", "builds", 0) == 0
    assert Progress(PACK, path).hints_shown("hello") == {"loads": 2}


def test_a_name_that_looks_like_sql_is_just_a_name(progress):
    progress.reveal_hint("x'; DROP TABLE hints; --", "loads", 3)
    assert progress.hints_shown("x'; DROP TABLE hints; --") == {"loads": 1}


def test_many_threads_record_at_once(progress):
    threads = [
        threading.Thread(target=progress.record, args=("hello", report(Outcome.FAIL, 1), SOURCES))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert progress.standing("hello").attempts == 12


def record_some(path: Path) -> None:
    progress = Progress(PACK, path)
    for _ in range(10):
        progress.record("hello", report(Outcome.FAIL, 1), SOURCES)


def test_two_processes_that_start_together_both_record(path):
    spawn = multiprocessing.get_context("fork")
    processes = [spawn.Process(target=record_some, args=(path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert Progress(PACK, path).standing("hello").attempts == 30


def kept_files(path: Path) -> list[Path]:
    return [
        kept for kept in path.parent.glob("progress.db.damaged-*") if kept.name[-4:] not in ("-wal", "-shm")
    ]


def test_a_file_that_is_no_database_is_kept_and_a_new_one_begun(path):
    path.parent.mkdir()
    path.write_bytes(b"this is no database at all" * 100)
    progress = Progress(PACK, path)
    (kept,) = kept_files(path)
    assert kept.read_bytes() == b"this is no database at all" * 100
    assert str(kept) in (progress.warning or "")
    progress.record("hello", report(Outcome.PASS, 10), SOURCES)
    assert progress.standing("hello").passed


def test_a_database_with_torn_pages_is_kept_and_a_new_one_begun(progress, path):
    for _ in range(50):
        progress.record("hello", report(Outcome.PASS, 10), SOURCES)
    pages = bytearray(path.read_bytes())
    pages[4096:] = b"\xa5" * len(pages[4096:])
    path.write_bytes(pages)
    renewed = Progress(PACK, path)
    (kept,) = kept_files(path)
    assert kept.read_bytes() == bytes(pages)
    assert renewed.warning
    assert renewed.standing("hello") == Standing()


def test_damage_found_in_the_middle_is_said_and_mended_at_the_next_start(progress, path):
    path.write_bytes(b"torn" * 5000)
    with pytest.raises(LabError, match="is damaged"):
        progress.record("hello", report(Outcome.PASS, 10), SOURCES)
    Progress(PACK, path).record("hello", report(Outcome.PASS, 10), SOURCES)
    assert len(kept_files(path)) == 1


def test_a_sound_file_brings_no_warning(progress, path):
    assert Progress(PACK, path).warning is None


def test_a_file_of_a_newer_version_is_left_alone(progress, path):
    progress.record("hello", report(Outcome.PASS, 10), SOURCES)
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(LabError, match="newer kmodlab"):
        Progress(PACK, path)
    assert kept_files(path) == []


def test_a_folder_that_takes_no_files_is_explained():
    with pytest.raises(LabError, match="cannot be used"):
        Progress(PACK, Path("/sys/progress.db"))


def test_a_folder_in_place_of_the_file_is_explained(path):
    path.mkdir(parents=True)
    with pytest.raises(LabError, match="cannot be used"):
        Progress(PACK, path)
