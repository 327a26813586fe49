# SPDX-License-Identifier: MIT
"""Verification of a pack: the starter does not pass, the solution does, and every mistake is caught where it says."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from kmodlab.grading.events import Ended
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.packs.catalog import Lesson
from kmodlab.packs.manifest import Mistake
from kmodlab.session import Session


@dataclass(frozen=True, slots=True)
class Verified:
    """One set of files, and whether it was graded as the pack says; `complaint` is None when it was."""

    lesson: str
    subject: str  # starter, solution, or the name of a mistake
    complaint: str | None
    seconds: float = 0.0


def verify(session: Session, lesson: Lesson) -> Iterator[Verified]:
    """Grade the starter, the solution and each mistake of a lesson.

    Raises LabError when the lab cannot run. The learner's progress is left alone.
    """

    def graded(
        subject: str, sources: Mapping[str, bytes], complain: Callable[[Report], str | None]
    ) -> Verified:
        began = time.monotonic()
        *_, last = session.check(lesson, sources, keep=False)
        assert isinstance(last, Ended)
        complaint = _lab_trouble(last.report) or complain(last.report)
        return Verified(lesson.id, subject, complaint, time.monotonic() - began)

    yield graded("starter", lesson.starter(), _of_starter)
    yield graded("solution", lesson.solution(), _of_solution)
    mistakes = lesson.mistakes()
    if not mistakes:
        yield Verified(lesson.id, "mistakes", "there are none, so nothing proves that the checks catch any")
    for name, (mistake, sources) in mistakes.items():
        yield graded(name, sources, partial(of_mistake, mistake))


def _lab_trouble(report: Report) -> str | None:
    broken = next((verdict for verdict in report.checks if verdict.outcome is Outcome.ERROR), None)
    return f"the lab could not run `{broken.id}`: {broken.reason}" if broken else None


def _of_starter(report: Report) -> str | None:
    if report.outcome is Outcome.BUILD_ERROR:
        return "it does not build"
    return "it passes, so there is nothing to do" if report.outcome is Outcome.PASS else None


def _of_solution(report: Report) -> str | None:
    failed = next((verdict for verdict in report.checks if verdict.outcome is not Outcome.PASS), None)
    return f"`{failed.id}` ended as {failed.outcome}: {failed.reason}" if failed else None


def of_mistake(mistake: Mistake, report: Report) -> str | None:
    """Why the mistake is not caught where and how it says; None when it is."""
    verdict = next((verdict for verdict in report.checks if verdict.id == mistake.fails), None)
    if verdict is None:
        return f"fails = {mistake.fails!r} names no check"
    if verdict.outcome != mistake.outcome:
        others = [other for other in report.checks if other.outcome not in (Outcome.PASS, Outcome.SKIP)]
        instead = ", ".join(f"`{other.id}` as {other.outcome}" for other in others) or "nothing failed"
        return f"`{verdict.id}` ended as {verdict.outcome}, not as {mistake.outcome} ({instead})"
    if mistake.shows not in what_is_shown(verdict, report):
        return f"`{verdict.id}` failed, but nothing that it shows contains {mistake.shows!r}"
    return None


def what_is_shown(verdict: CheckVerdict, report: Report) -> str:
    """All the text about a check that a learner can get to see."""
    texts = [verdict.reason, verdict.expected, verdict.actual, *verdict.hints]
    texts += [finding.message for finding in verdict.findings]
    if verdict.outcome is Outcome.BUILD_ERROR:
        texts += [diagnostic.text for diagnostic in report.diagnostics] + [report.build_output]
    return "\n".join(text for text in texts if text)
