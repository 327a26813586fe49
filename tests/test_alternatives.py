# SPDX-License-Identifier: MIT
"""Checks grade behaviour, not spelling: other correct solutions of each lesson get all points, too."""

from pathlib import Path

import pytest

from kmodlab.grading.events import Ended
from kmodlab.grading.verdict import Outcome
from kmodlab.packs import catalog
from kmodlab.session import Session

ALTERNATIVES = Path(__file__).parent / "alternatives"
LESSONS = [lesson.id for lesson in catalog.load(catalog.shipped_folder()).lessons]


@pytest.mark.parametrize("id", LESSONS)
def test_a_lesson_has_at_least_three_other_solutions(id: str) -> None:
    assert len([*(ALTERNATIVES / id).iterdir()]) >= 3


@pytest.mark.parametrize(
    "folder",
    sorted(path for id in LESSONS for path in (ALTERNATIVES / id).iterdir()),
    ids=lambda path: f"{path.parent.name}-{path.name}",
)
def test_another_solution_gets_all_points(session: Session, folder: Path) -> None:
    lesson = session.pack.lesson(folder.parent.name)
    sources = {name: (folder / name).read_bytes() for name in lesson.manifest.files}
    assert sources != lesson.solution()
    *_, last = session.check(lesson, sources, keep=False)
    assert isinstance(last, Ended)
    failed = {
        verdict.id: verdict.reason for verdict in last.report.checks if verdict.outcome is not Outcome.PASS
    }
    assert failed == {}
    assert last.report.points == last.report.max_points
