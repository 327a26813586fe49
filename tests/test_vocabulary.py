# SPDX-License-Identifier: MIT
"""Every action and every expectation, met and not met, by real modules in real kernels."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kmodlab.grading.events import Ended
from kmodlab.grading.verdict import Outcome, Report
from kmodlab.packs import catalog, trust
from kmodlab.packs.catalog import Lesson
from kmodlab.packs.manifest import Check, PythonExpectation, Run
from kmodlab.session import Session

PACK = Path(__file__).parent / "data" / "vocabulary"


@pytest.fixture(scope="module", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Lesson]:
    folder = tmp_path_factory.mktemp("pack") / "vocabulary"
    shutil.copytree(PACK, folder)
    shutil.copy(folder / "lessons/01-right/probe.c", folder / "lessons/02-wrong")
    trust.trust(catalog.load(folder))
    return {lesson.id: lesson for lesson in catalog.load(folder).lessons}


def graded(session: Session, lesson: Lesson, sources: dict[str, bytes]) -> Report:
    *_, last = session.check(lesson, sources, keep=False)
    assert isinstance(last, Ended)
    return last.report


def test_what_is_so_passes(session: Session, lessons: dict[str, Lesson]) -> None:
    report = graded(session, lessons["right"], lessons["right"].starter())
    wrong = {
        verdict.id: (verdict.reason, verdict.actual)
        for verdict in report.checks
        if verdict.outcome is not Outcome.PASS
    }
    assert wrong == {}


def test_what_is_not_so_fails_and_says_why(session: Session, lessons: dict[str, Lesson]) -> None:
    report = graded(session, lessons["wrong"], lessons["right"].starter())
    assert {verdict.title: verdict.reason for verdict in report.checks} == {
        check.title: check.title for check in lessons["wrong"].checks
    }
    assert {verdict.outcome for verdict in report.checks} == {Outcome.FAIL}
    by_id = {verdict.id: verdict for verdict in report.checks}
    assert by_id["read"].difference is not None
    assert by_id["read"].difference.expected == "a·b␊"


def with_check(lesson: Lesson, check: Check) -> Lesson:
    return replace(lesson, manifest=lesson.manifest.model_copy(update={"check": (check,)}))


def test_a_program_that_does_not_compile_is_the_labs_fault(
    session: Session, lessons: dict[str, Lesson]
) -> None:
    lesson = lessons["right"]
    (lesson.folder / "broken.c").write_text("int main(void) { return nothing; }\n")
    check = Check(id="c", title="c", do=(Run(run="broken.c"),))
    report = graded(session, with_check(lesson, check), lesson.starter())
    assert report.outcome is Outcome.ERROR
    reason = report.checks[0].reason or ""
    assert f"{lesson.folder / 'broken.c'} cannot be compiled: broken.c:1:25: error: 'nothing'" in reason


def test_a_function_of_the_pack_that_fails_is_the_labs_fault(
    session: Session, lessons: dict[str, Lesson]
) -> None:
    check = Check(id="c", title="c", expect=(PythonExpectation(python="breaks"),))
    report = graded(session, with_check(lessons["right"], check), lessons["right"].starter())
    assert report.outcome is Outcome.ERROR
    assert "checks.py: breaks() raises AttributeError" in (report.checks[0].reason or "")
