# SPDX-License-Identifier: MIT
"""The arithmetic of points."""

from datetime import datetime, timedelta

import pytest

from kmodlab.classroom import points
from kmodlab.classroom.points import Points
from kmodlab.errors import LabError
from kmodlab.grading.verdict import CheckVerdict, Outcome
from kmodlab.packs.late import Late
from kmodlab.packs.manifest import PackManifest, read

DUE = datetime.fromisoformat("2026-12-01T23:59:00+01:00")


def verdict(id: str, points: float, of: float) -> CheckVerdict:
    return CheckVerdict(id, id, Outcome.PASS if points else Outcome.FAIL, points, of)


VERDICTS = (verdict("a", 2, 2), verdict("b", 0, 3), verdict("c", 1.5, 1.5))


@pytest.mark.parametrize(
    ("bonus", "lost", "worth"),
    [
        ((), 0.0, Points(3.5)),
        (("c",), 0.0, Points(2, bonus=1.5)),
        (("b",), 0.0, Points(3.5)),
        ((), 0.1, Points(3.5, penalty=0.35)),
        (("c",), 0.5, Points(2, bonus=1.5, penalty=1.75)),
        (("a", "b", "c"), 1.0, Points(0, bonus=3.5, penalty=3.5)),
    ],
)
def test_points_add_up(bonus, lost, worth):
    assert points.tally(VERDICTS, bonus, lost) == worth


def test_nothing_is_worth_nothing():
    assert points.tally((), ("a",), 0.5) == Points(0)


@pytest.mark.parametrize(
    ("late_by", "fraction"),
    [
        (timedelta(days=-3), 0.0),
        (timedelta(0), 0.0),
        (timedelta(minutes=15), 0.0),  # the grace
        (timedelta(minutes=15, microseconds=1), 0.1),
        (timedelta(days=1, minutes=15), 0.1),
        (timedelta(days=1, minutes=16), 0.2),
        (timedelta(days=2), 0.2),
        (timedelta(days=300), 0.4),  # the limit
    ],
)
def test_each_day_begun_costs(late_by, fraction):
    policy = Late(due=DUE, grace=15, penalty=0.1, limit=0.4)
    assert points.fraction_lost(policy, DUE, DUE + late_by) == pytest.approx(fraction)


def test_time_zones_are_minded():
    policy = Late(due=DUE, penalty=0.1)
    assert points.fraction_lost(policy, DUE, datetime.fromisoformat("2026-12-01T22:59:00+00:00")) == 0
    assert points.fraction_lost(policy, DUE, datetime.fromisoformat("2026-12-01T22:59:01+00:00")) == 0.1


def test_what_is_not_known_costs_nothing():
    policy = Late(penalty=0.5)
    assert points.fraction_lost(policy, None, DUE) == points.fraction_lost(policy, DUE, None) == 0


PACK = """
format = 1
id = "p"
title = "P"
version = "1"
lessons = ["hello", "kmalloc"]
"""


def test_a_pack_says_when_its_lessons_are_due(tmp_path):
    path = tmp_path / "pack.toml"
    path.write_text(
        f"{PACK}[late]\ndue = 2026-12-01T23:59:00+01:00\ngrace = 10\npenalty = 0.1\nlimit = 0.5\n"
        "lessons = { kmalloc = 2026-12-08T23:59:00+01:00 }\n"
    )
    late = read(path, PackManifest).late
    assert (late.due_of("hello"), late.due_of("kmalloc")) == (DUE, DUE + timedelta(days=7))
    path.write_text(PACK)
    assert read(path, PackManifest).late.due_of("hello") is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("due = 2026-12-01T23:59:00", "late, due: it needs its time zone, as in 2026"),
        ("penalty = 10", "late, penalty: Input should be less than or equal to 1"),
        (
            "lessons = { list = 2026-12-01T23:59:00Z }",
            "late says when 'list' is due, which is none of the lessons",
        ),
        ("fine = 3", "late, fine: there is no such key"),
    ],
)
def test_what_a_pack_says_wrong_is_told(tmp_path, line, words):
    path = tmp_path / "pack.toml"
    path.write_text(f"{PACK}[late]\n{line}\n")
    with pytest.raises(LabError, match=words):
        read(path, PackManifest)
