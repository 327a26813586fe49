# SPDX-License-Identifier: MIT
from datetime import UTC, datetime, timedelta

import pytest

from kmodlab.evidence.klog import Level
from kmodlab.grading.verdict import Outcome
from kmodlab.learner.progress import Standing
from kmodlab.tui import words

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def local(moment: datetime) -> datetime:
    return moment.astimezone()


def test_every_outcome_and_level_has_a_glyph_and_a_word() -> None:
    states = [words.OUTCOMES[outcome] for outcome in Outcome] + [words.LEVELS[level] for level in Level]
    assert all(state.glyph and state.word for state in states)


def test_outcomes_are_told_apart_without_colour() -> None:
    shown = [(state.glyph, state.word) for state in words.OUTCOMES.values()]
    assert len(set(shown)) == len(Outcome)


@pytest.mark.parametrize(
    ("standing", "word"),
    [
        (Standing(), "new"),
        (Standing(attempts=2, best_points=3, max_points=5), "begun"),
        (Standing(attempts=2, passed=True, best_points=5, max_points=5), "passed"),
    ],
)
def test_a_lesson_is_new_begun_or_passed(standing: Standing, word: str) -> None:
    assert words.lesson_state(standing).word == word


@pytest.mark.parametrize(
    ("points", "text"), [(0, "0"), (2.0, "2"), (1.5, "1.5"), (10, "10"), (1 / 3, "0.33"), (100.0, "100")]
)
def test_points_have_no_needless_digits(points: float, text: str) -> None:
    assert words.number(points) == text


@pytest.mark.parametrize(("value", "text"), [(0.128, "0.13 s"), (4.21, "4.2 s"), (31.4, "31 s")])
def test_seconds_have_two_digits_that_matter(value: float, text: str) -> None:
    assert words.seconds(value) == text


def test_code_in_a_sentence_is_set_apart() -> None:
    assert words.prose("call `kfree` once").plain == "call kfree once"


def test_a_lonely_backtick_is_left_as_it_is() -> None:
    assert words.prose("it`s").plain == "it`s"


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(hours=2, minutes=50), "2 hours ago"),
        (timedelta(days=6), "6 days ago"),
        (timedelta(days=8), "1 week ago"),
        (timedelta(days=45), "1 month ago"),
        (timedelta(days=800), "2 years ago"),
    ],
)
def test_how_long_ago_something_was_is_told_in_one_unit(passed: timedelta, text: str) -> None:
    assert words.ago(NOW - passed, NOW) == text


def test_a_date_has_its_year_only_when_that_is_another() -> None:
    assert words.date(NOW - timedelta(days=30), NOW) == f"1 Nov, {local(NOW - timedelta(days=30)):%H:%M}"
    assert words.date(NOW - timedelta(days=370), NOW).startswith("26 Nov 2025, ")
