# SPDX-License-Identifier: MIT
"""The curriculum that ships grades as it says, and verification notices when one does not."""

import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.cli.main import run
from kmodlab.cli.output import screen
from kmodlab.cli.verifying import summary
from kmodlab.evidence.finding import Finding
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Pack
from kmodlab.packs.manifest import Mistake
from kmodlab.session import Session
from kmodlab.verification import Verified, of_mistake, verify

CAUGHT = CheckVerdict(
    "loads",
    "It loads",
    Outcome.FAIL,
    0,
    1,
    reason="`load hello` failed.",
    actual="EINVAL",
    hints=("Return 0.",),
)


def report(*verdicts: CheckVerdict, diagnostics: tuple[Diagnostic, ...] = ()) -> Report:
    return Report("hello", "6.1.0", Outcome.FAIL, 0, 10, 1.0, verdicts, diagnostics)


def mistake(fails: str = "loads", outcome: str = "fail", shows: str = "EINVAL") -> Mistake:
    return Mistake.model_validate({"title": "A mistake", "fails": fails, "outcome": outcome, "shows": shows})


@pytest.mark.parametrize("shows", ["load hello", "EINVAL", "Return 0", "leaked"])
def test_a_mistake_is_caught_when_the_learner_gets_to_see_what_it_says(shows):
    verdict = replace(CAUGHT, findings=(Finding("leak", "64 bytes leaked."),))
    assert of_mistake(mistake(shows=shows), report(verdict)) is None


def test_a_mistake_in_the_build_is_caught_by_the_compilers_words():
    verdict = replace(CAUGHT, id="builds", outcome=Outcome.BUILD_ERROR)
    graded = report(verdict, diagnostics=(Diagnostic("error", "stdio.h: No such file", "hello.c", 3),))
    assert of_mistake(mistake("builds", "build-error", "stdio.h"), graded) is None


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        (mistake(fails="greets"), "names no check"),
        (mistake(outcome="crash"), "`loads` ended as fail, not as crash"),
        (mistake(shows="use after free"), "nothing that it shows contains 'use after free'"),
    ],
)
def test_a_mistake_that_is_not_caught_where_it_says_is_told(wanted, complaint):
    assert complaint in (of_mistake(wanted, report(CAUGHT)) or "")


def test_a_mistake_that_passes_is_told_with_what_failed_instead():
    passed = replace(CAUGHT, outcome=Outcome.PASS)
    assert "nothing failed" in (of_mistake(mistake(), report(passed)) or "")
    other = replace(CAUGHT, id="greets")
    assert "`greets` as fail" in (of_mistake(mistake(), report(passed, other)) or "")


@pytest.mark.slow
@pytest.mark.parametrize("id", [lesson.id for lesson in catalog.load(catalog.shipped_folder()).lessons])
def test_the_lesson_that_ships_grades_as_it_says(session: Session, id: str):
    lessons = [session.pack.lesson(id)]
    wrong = {item.subject: item.complaint for item in verify(session, lessons) if item.complaint}
    assert wrong == {}


@pytest.fixture
def broken_pack(tmp_path: Path, pack: Pack) -> Pack:
    """The lesson `hello` with its starter solved, its solution spoilt, and one mistake that is none."""
    hello = pack.lesson("hello")
    good, bad = hello.solution()["hello.c"], hello.mistakes()["wrong-text"][1]["hello.c"]
    lesson, solution = tmp_path / "lessons" / "01-hello", tmp_path / "solutions" / "01-hello"
    (solution / "mistakes" / "none").mkdir(parents=True)
    lesson.mkdir(parents=True)
    manifest = 'format = 1\nid = "broken"\ntitle = "Broken"\nversion = "1"\nlessons = ["hello"]\n'
    (tmp_path / "pack.toml").write_text(manifest)
    (lesson / "lesson.toml").write_bytes((hello.folder / "lesson.toml").read_bytes())
    (lesson / "lesson.md").write_text("# Broken\n")
    (lesson / "hello.c").write_bytes(good)
    (solution / "hello.c").write_bytes(bad)
    (solution / "mistakes" / "none" / "hello.c").write_bytes(good)
    (solution / "mistakes" / "none" / "mistake.toml").write_text(
        'title = "None"\nfails = "greets"\nshows = "x"\n'
    )
    return catalog.load(tmp_path)


def test_a_pack_that_does_not_grade_as_it_says_is_told(session: Session, broken_pack: Pack):
    before = session.progress.standing("hello").attempts
    complaints = {item.subject: item.complaint or "" for item in verify(session, broken_pack.lessons)}
    assert "it passes" in complaints["starter"]
    assert "`greets` ended as fail" in complaints["solution"]
    assert "`greets` ended as pass, not as fail (nothing failed)" in complaints["none"]
    assert session.progress.standing("hello").attempts == before


def test_the_command_tells_each_in_order_and_all_together(
    capsys: pytest.CaptureFixture[str], broken_pack: Pack
) -> None:
    status = run(["pack", "verify", str(broken_pack.folder)], start_app=lambda: 0)
    *rows, heading, of_lesson = capsys.readouterr().out.splitlines()
    assert status == 1
    assert [row.split()[5] for row in rows] == ["starter", "solution", "none"]
    assert all(row.startswith("✗ wrong") for row in rows)
    assert heading.split() == ["right", "starter", "and", "solution", "mistakes"]
    assert of_lesson.split()[:4] == ["hello", "0", "of", "3"]


def test_closing_ends_what_is_under_way(session: Session, broken_pack: Pack) -> None:
    before = set(threading.enumerate())
    with closing(verify(session, broken_pack.lessons)) as rows:
        assert next(rows).subject == "starter"
    assert [thread for thread in set(threading.enumerate()) - before if "verify" in thread.name] == []
    assert [item.subject for item in verify(session, broken_pack.lessons)] == ["starter", "solution", "none"]


def test_lessons_are_summed_up_one_by_one_and_together() -> None:
    table = summary(
        [
            (Verified("one", "starter", None), 1.0),
            (Verified("two", "starter", "it passes"), 2.0),
            (Verified("one", "no-exit", None, is_mistake=True), 4.0),
            (Verified("two", "no-exit", None, is_mistake=True), 8.0),
        ]
    )
    lines = screen().render_lines(table)
    words = [" ".join("".join(part.text for part in line).split()) for line in lines]
    assert words[1:] == [
        "one 2 of 2 1.0 s 4.0 s",
        "two 1 of 2 2.0 s 8.0 s",
        "altogether 3 of 4 3.0 s 12.0 s",
    ]
