# SPDX-License-Identifier: MIT
"""How states, points and times are put into words; every state has a glyph and a word, and a colour last."""

from dataclasses import dataclass
from datetime import datetime

from textual.content import Content

from kmodlab.evidence.klog import Level
from kmodlab.grading.verdict import Outcome
from kmodlab.learner.progress import Standing


@dataclass(frozen=True, slots=True)
class State:
    """How a state is shown: `colour` is a variable of the theme."""

    glyph: str
    word: str
    colour: str


NOT_RUN = State("·", "not run", "$muted")
WAITING = State("·", "waiting", "$muted")
RUNNING = State("▸", "running", "$primary")

OUTCOMES = {
    Outcome.PASS: State("✓", "passed", "$success"),
    Outcome.FAIL: State("✗", "failed", "$error"),
    Outcome.SKIP: State("–", "skipped", "$muted"),
    Outcome.CRASH: State("✗", "crashed", "$error"),
    Outcome.HANG: State("✗", "hung", "$error"),
    Outcome.BUILD_ERROR: State("✗", "no build", "$error"),
    Outcome.ERROR: State("!", "lab error", "$warning"),
}

LESSON_PASSED = State("✓", "passed", "$success")
LESSON_BEGUN = State("◐", "begun", "$accent")
LESSON_NEW = State("○", "new", "$muted")

WEIGHTS = {
    "error": State("✗", "error", "$error"),
    "finding": State("◆", "finding", "$error"),
    "warning": State("!", "warning", "$warning"),
    "note": State("i", "note", "$primary"),
}

LEVELS = {
    Level.EMERG: State("✗", "emerg", "$error"),
    Level.ALERT: State("✗", "alert", "$error"),
    Level.CRIT: State("✗", "crit", "$error"),
    Level.ERR: State("✗", "err", "$error"),
    Level.WARNING: State("!", "warning", "$warning"),
    Level.NOTICE: State("·", "notice", "$primary"),
    Level.INFO: State("·", "info", "$foreground"),
    Level.DEBUG: State("·", "debug", "$muted"),
}


UNITS = (  # seconds
    (365 * 86400, "year"),
    (30 * 86400, "month"),
    (7 * 86400, "week"),
    (86400, "day"),
    (3600, "hour"),
    (60, "minute"),
)


def lesson_state(standing: Standing) -> State:
    """How far the learner is with a lesson."""
    if standing.passed:
        return LESSON_PASSED
    return LESSON_BEGUN if standing.attempts else LESSON_NEW


def coloured(text: str, state: State) -> Content:
    """`text` in the colour of `state`; what is muted has the colour that goes with where it stands."""
    return Content.styled(text, "" if state.colour == "$muted" else state.colour)


def number(value: float) -> str:
    """Points as people write them: 2, 1.5, 0.33."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def of(points: float, max_points: float) -> str:
    """Points got of points to get: 3/5."""
    return f"{number(points)}/{number(max_points)}"


def seconds(value: float) -> str:
    """A duration, to two digits that matter: 0.13 s, 4.2 s, 31 s."""
    if value < 1:
        return f"{value:.2f} s"
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


def ago(at: datetime, now: datetime) -> str:
    """How long before `now` that was: 5 minutes ago, 2 hours ago, 3 days ago."""
    passed = (now - at).total_seconds()
    for unit, name in UNITS:
        if passed >= unit:
            return f"{count(int(passed // unit), name)} ago"
    return "just now"


def date(at: datetime, now: datetime) -> str:
    """A moment on the learner's own clock: 26 Nov, 14:03; with the year when that is another than now."""
    at, now = at.astimezone(), now.astimezone()
    year = "" if at.year == now.year else f" {at.year}"
    return f"{at.day} {at:%b}{year}, {at:%H:%M}"


def count(how_many: int, noun: str) -> str:
    """A number of things: 1 error, 2 errors."""
    return f"{how_many} {noun}" if how_many == 1 else f"{how_many} {noun}s"


def prose(text: str, style: str = "") -> Content:
    """A sentence in which what stands between backticks is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # an odd backtick: no code after all
        return Content.styled(text, style)
    return Content.assemble(*((part, f"{style} $code" if at % 2 else style) for at, part in enumerate(parts)))
