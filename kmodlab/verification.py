# SPDX-License-Identifier: MIT
"""Verification of a pack: the starter does not pass, the solution does, and every mistake is caught where it says."""

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial

from kmodlab.grading.events import Ended
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.packs.catalog import Lesson
from kmodlab.packs.manifest import Mistake
from kmodlab.session import Session

# Sets of files graded at the same time: while the modules of one are built, the checks of another one run.
AT_ONCE = max(2, (os.cpu_count() or 1) // 2)
CANCEL_SECONDS = 0.1  # between two times that what is under way is told to end
NO_MISTAKES = "there are none, so nothing proves that the checks catch any"


@dataclass(frozen=True, slots=True)
class Verified:
    """One set of files, and whether it was graded as the pack says; `complaint` is None when it was."""

    lesson: str
    subject: str  # starter, solution, or the name of a mistake
    complaint: str | None
    seconds: float = 0.0
    is_mistake: bool = False


def verify(session: Session, lessons: Iterable[Lesson]) -> Generator[Verified, None, None]:
    """Grade starter and solution of each lesson, then the mistakes of each; yield them in this order.

    Several are graded at once; closing the iterator ends them. Of a mistake only the check that has to catch it is run,
    and those which that one comes after. Raises LabError when the lab cannot run. The learner's progress is left alone.
    """
    lessons = tuple(lessons)
    to_do = [grading for lesson in lessons for grading in _of_right_files(session, lesson)]
    to_do += [grading for lesson in lessons for grading in _of_wrong_files(session, lesson)]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="verify") as executor:
        futures = [executor.submit(grading) for grading in to_do]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()
            while wait(futures, timeout=0).not_done:
                session.cancel()  # again and again, as one may be just beginning
                wait(futures, timeout=CANCEL_SECONDS)


def count(lessons: Iterable[Lesson]) -> int:
    """How many `verify` yields."""
    return sum(2 + max(1, len(lesson.mistakes())) for lesson in lessons)


def _of_right_files(session: Session, lesson: Lesson) -> Iterator[Callable[[], Verified]]:
    yield partial(_right, session, lesson, "starter", lesson.starter(), _of_starter)
    yield partial(_right, session, lesson, "solution", lesson.solution(), _of_solution)


def _of_wrong_files(session: Session, lesson: Lesson) -> Iterator[Callable[[], Verified]]:
    mistakes = lesson.mistakes()
    if not mistakes:
        yield partial(Verified, lesson.id, "mistakes", NO_MISTAKES, 0.0, is_mistake=True)
    for name, (mistake, sources) in mistakes.items():
        yield partial(_wrong, session, lesson, name, mistake, sources)


def _right(
    session: Session,
    lesson: Lesson,
    subject: str,
    sources: Mapping[str, bytes],
    complain: Callable[[Report], str | None],
) -> Verified:
    began = time.monotonic()
    complaint = _complaint(session, lesson, sources, complain)
    return Verified(lesson.id, subject, complaint, time.monotonic() - began)


def _wrong(
    session: Session, lesson: Lesson, subject: str, mistake: Mistake, sources: Mapping[str, bytes]
) -> Verified:
    began = time.monotonic()
    complain = partial(of_mistake, mistake)
    complaint = _complaint(session, lesson.up_to(mistake.fails), sources, complain)
    if complaint:  # it says more when the other checks have run, too
        complaint = _complaint(session, lesson, sources, complain)
    return Verified(lesson.id, subject, complaint, time.monotonic() - began, is_mistake=True)


def _complaint(
    session: Session,
    lesson: Lesson,
    sources: Mapping[str, bytes],
    complain: Callable[[Report], str | None],
) -> str | None:
    *_, last = session.check(lesson, sources, keep=False)
    assert isinstance(last, Ended)
    return _lab_trouble(last.report) or complain(last.report)


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
