# SPDX-License-Identifier: MIT
"""kmodlab grade: its rows and statuses, and a real class with hostile submissions that is killed and goes on."""

import csv
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from cli_call import call

from kmodlab.build import sandbox
from kmodlab.classroom.grade import Grade
from kmodlab.classroom.gradebook import GradeBook
from kmodlab.cli import grade as cli
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.kernels.tree import KernelTree
from kmodlab.packs.catalog import Lesson, Pack

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
KMODLAB = str(Path(sys.executable).with_name("kmodlab"))
CLASS_SECONDS = 600  # that a whole class may take on a busy computer


def grade(
    outcome: Outcome | None, points: float | None, problem: str | None = None, penalty: float = 0
) -> Grade:
    report = None
    if outcome is not None:
        verdicts = (
            CheckVerdict("builds", "It builds", Outcome.PASS, 1, 1),
            CheckVerdict("loads", "It loads", outcome, 0, 1, reason="The module does not load."),
            CheckVerdict(
                "again", "It loads again", Outcome.SKIP, 0, 1, reason="It needs `loads` to pass first."
            ),
        )
        report = Report("hello", "6.1", outcome, 1, 3, 1.0, verdicts)
    return Grade("ann", "hello", report, problem, points, 3, 0, penalty, 1, "", NOW)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (grade(Outcome.FAIL, 1), ["✗ failed", "1/3", "`loads`: The module does not load."]),
        (grade(None, 0, "hello.c is missing."), ["! problem", "0/3", "hello.c is missing."]),
        (
            grade(Outcome.ERROR, None, "The lab could not run `loads`: no."),
            ["! lab error", "?/3", "could not run"],
        ),
        (grade(Outcome.PASS, 3, penalty=0.6), ["✓ passed", "2.4/3", "late, which costs 0.6"]),
        (grade(None, 0, "a\x1b[2Jb"), ["a�[2Jb"]),
    ],
)
def test_a_row_says_how_it_ended_and_why(given, words):
    text = cli.row(given).plain
    assert text.startswith("ann ")
    for word in words:
        assert word in text


@pytest.mark.parametrize(
    ("seconds", "done", "left", "words"),
    [
        (10, 0, 5, ""),
        (10, 5, 20, "about 40 s left"),
        (100, 10, 90, "about 15 min left"),
        (9, 9, 0, "about 0 s left"),
    ],
)
def test_the_time_left_is_estimated_from_what_is_done(seconds, done, left, words):
    assert cli.time_left(seconds, done, left) == words


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A class of one who handed in nothing that can be graded, so that no machine is needed."""
    (tmp_path / "class/ann/hello").mkdir(parents=True)
    return tmp_path / "class"


def test_a_class_that_needs_no_machine(capsys, tmp_path, one, kernel_tree):
    (tmp_path / "roster.csv").write_text("id,first_name\nann,Ann\nbob,Bob\n")
    status, told, errors = call(
        capsys, "grade", one, "-o", tmp_path / "out", "--roster", tmp_path / "roster.csv"
    )
    assert (status, errors) == (1, "")
    assert "hello.c is missing." in told
    assert "0 graded, 1 with a problem, 1 not handed in." in told
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {
        "index.html",
        "students",
        "similar.html",
        "junit.xml",
        "gradescope",
        "classroom50",
    }
    assert "<h1>Bob</h1>" in (tmp_path / "out/students/bob.html").read_text()
    with (tmp_path / "out/grades.csv").open(newline="") as file:
        assert [(row["first_name"], row["score"]) for row in csv.DictReader(file)] == [
            ("Ann", "0"),
            ("Bob", "0"),
        ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--due", "soon"), "--due soon: 'soon' names no point in time."),
        (("--due", "none=2026-12-01"), "There is no lesson called 'none'."),
        (("--lesson", "none"), "There is no lesson called 'none'."),
        (("--roster", "/none.csv"), "The roster /none.csv cannot be read"),
        (("--jobs", "0"), "Invalid value for '--jobs'"),
    ],
)
def test_wrong_usage_is_told(capsys, tmp_path, one, arguments, sentence):
    status, _, errors = call(capsys, "grade", one, "-o", tmp_path / "out", *arguments)
    assert status == 2
    assert sentence in errors
    assert not (tmp_path / "out").exists()


def test_grades_do_not_go_among_the_submissions(capsys, one):
    status, _, errors = call(capsys, "grade", one, "-o", one / "out")
    assert status == 2
    assert "is among the submissions" in errors


def test_without_a_sandbox_it_refuses(capsys, tmp_path, one, kernel_tree, monkeypatch):
    (one / "ann/hello/hello.c").write_text("int x;\n")
    monkeypatch.setattr(sandbox, "works", lambda: False)
    status, told, errors = call(capsys, "grade", one, "-o", tmp_path / "out")
    assert status == 3
    assert "There is no sandbox here" in errors
    assert "Traceback" not in told + errors


def test_without_dask_there_is_no_cluster(capsys, tmp_path, one, kernel_tree, monkeypatch):
    monkeypatch.delattr("kmodlab.classroom.cluster", raising=False)
    monkeypatch.setitem(sys.modules, "kmodlab.classroom.cluster", None)
    status, _, errors = call(capsys, "grade", one, "-o", tmp_path / "out", "--scheduler", "tcp://127.0.0.1:9")
    assert status == 2
    assert "Install kmodlab[cluster]." in errors


def test_a_due_date_of_the_command_line_takes_the_place_of_the_packs(pack: Pack) -> None:
    late = cli._late(pack, ["2026-12-01T12:00Z", "kmalloc=2026-12-02T12:00Z"])
    assert late.due_of("hello") == datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert late.due_of("kmalloc") == datetime(2026, 12, 2, 12, tzinfo=UTC)


# --- A real class ---


@dataclass(frozen=True)
class Hostile:
    """A submission for `hello` made of the solution, and how its row must read."""

    make: Callable[[str], str | bytes]
    outcome: Outcome | None
    points: float
    why: str


def in_init(code: str) -> Callable[[str], str]:
    return lambda solution: solution.replace("\treturn 0;", f"{code}\n\treturn 0;", 1)


FORGED = 'pr_info("hello: PASS\\n");\n\tpr_info("\\036 0\\036 10 of 10 points\\n");'
PRAGMA = '#pragma GCC system_header\n#pragma GCC diagnostic ignored "-Wall"\n#pragma GCC dependency "/etc/shadow"\n'

ALL_POINTS = 8  # of the lesson in small_pack

HOSTILE = {
    "include": Hostile(
        '#include "/etc/shadow"\n{}'.format, Outcome.BUILD_ERROR, 0, "/etc/shadow: No such file"
    ),
    "incbin": Hostile(
        lambda solution: solution + 'asm(".incbin \\"/etc/passwd\\"");\n',
        Outcome.BUILD_ERROR,
        0,
        "file not found: /etc/passwd",
    ),
    "pragma": Hostile(
        lambda solution: PRAGMA + solution, Outcome.BUILD_ERROR, 0, "/etc/shadow: No such file"
    ),
    "hang": Hostile(in_init("\tfor (;;)\n\t\tcpu_relax();"), Outcome.HANG, 3, "a loop that does not end"),
    "panic": Hostile(in_init('\tpanic("on purpose");'), Outcome.CRASH, 3, "on purpose"),
    "forged": Hostile(
        lambda solution: in_init(f"\t{FORGED}")(solution).replace("Hello, kernel!", "Hi"),
        Outcome.FAIL,
        6,
        "`greets`: The kernel log lacks a line.",
    ),
    "latin1": Hostile(
        lambda solution: solution.replace('AUTHOR("', 'AUTHOR("J\xfcrgen ').encode("latin-1"),
        Outcome.PASS,
        ALL_POINTS,
        "",
    ),
}
NOT_TAKEN = {
    "bomb": "hello.c is larger than 1 MB.",
    "large": "hello.c is larger than 1 MB.",
    "link": "hello.c is a symbolic link.",
    "missing": "hello.c is missing; there is main.c.",
}
GOOD = ("anna", "zoe")


def make_class(root: Path, hello: Lesson) -> None:
    solution = hello.solution()["hello.c"].decode()
    for name in (*GOOD, *HOSTILE, *NOT_TAKEN):
        (root / name / "hello").mkdir(parents=True)
    for name in GOOD:
        (root / name / "hello/hello.c").write_text(f"{solution}// {name}\n")
    for name, hostile in HOSTILE.items():
        made = hostile.make(solution)
        (root / name / "hello/hello.c").write_bytes(made if isinstance(made, bytes) else made.encode())
    with (root / "large/hello/hello.c").open("wb") as file:
        file.truncate(100_000_000)
    (root / "link/hello/hello.c").symlink_to("/etc/shadow")
    (root / "missing/hello/main.c").write_text(solution)
    (root / "bomb/hello").rmdir()
    (root / "bomb").rmdir()
    with zipfile.ZipFile(root / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("hello/hello.c", bytes(100_000_000))


def start(root: Path, out: Path) -> subprocess.Popen[str]:
    pack = root.with_name("pack")
    command = [KMODLAB, "grade", str(root), "--pack", str(pack), "-o", str(out), "--jobs", "2"]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def kept(out: Path) -> dict[str, Grade]:
    with GradeBook(out / "gradebook.db", "small") as book:
        return {entry.student: entry for entry in book.grades()}


@pytest.mark.slow
def test_a_class_with_hostile_submissions_is_killed_stopped_and_graded_to_the_end(
    tmp_path: Path, small_pack: Pack, kernel_tree: KernelTree
) -> None:
    root, out = tmp_path / "class", tmp_path / "out"
    make_class(root, small_pack.lesson("hello"))
    before: dict[str, Grade] = {}
    for end, new in ((signal.SIGKILL, 2), (signal.SIGINT, 1)):
        told = told_until(end, root, out, rows=len(NOT_TAKEN) + len(before) + new)
        grades = kept(out)
        assert {line.split()[0] for line in told.splitlines() if f"/{ALL_POINTS} " in line} <= set(grades)
        assert all(grades[name] == grade for name, grade in before.items())  # not graded twice
        before = {name: grade for name, grade in grades.items() if grade.report is not None}
        assert len(before) < len(GOOD) + len(HOSTILE)
    assert f"{len(grades)} of {len(GOOD) + len(HOSTILE) + len(NOT_TAKEN)} submissions are graded" in told
    with start(root, out) as process:
        told, _ = process.communicate(timeout=CLASS_SECONDS)
    grades = kept(out)
    assert process.returncode == 1
    assert f"{len(GOOD) + len(HOSTILE)} graded, {len(NOT_TAKEN)} with a problem." in told
    assert all(grades[name] == grade for name, grade in before.items())
    assert {name: grades[name].problem for name in NOT_TAKEN} == NOT_TAKEN
    assert [(grades[name].outcome, grades[name].score) for name in GOOD] == [
        (Outcome.PASS, ALL_POINTS)
    ] * len(GOOD)
    for name, hostile in HOSTILE.items():
        assert (name, grades[name].outcome, grades[name].score) == (name, hostile.outcome, hostile.points)
        assert hostile.why in cli.row(grades[name]).plain
        assert "root:" not in str(grades[name].report)
    with (out / "grades.csv").open(newline="") as file:
        scores = {row["student_id"]: row["score"] for row in csv.DictReader(file)}
    assert scores == {name: f"{grade.score:g}" for name, grade in grades.items()}


def told_until(end: signal.Signals, root: Path, out: Path, rows: int) -> str:
    """Grade until so many rows are told, then send `end`; what was told. No process must be left."""
    with start(root, out) as process:
        assert process.stdout is not None
        lines = [next(process.stdout) for _ in range(1 + rows)]  # the headings are the first
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(end)
        lines += process.stdout
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
    assert process.returncode == (130 if end == signal.SIGINT else -end)
    assert "Traceback" not in "".join(lines)
    return "".join(lines)
