# SPDX-License-Identifier: MIT
"""What the tests of a machine of one's own share: a session on it, and what is expected of one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from kmodlab import remote
from kmodlab.grading.events import Ended
from kmodlab.grading.verdict import Outcome, Report
from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.session import Session


def nobody_asks(prompt: str) -> str:
    pytest.fail(f"asked for {prompt}")


@contextmanager
def session_on(command: str, pack: Pack, folder: Path) -> Iterator[Session]:
    """A session on the machine that `command` leads to; what it keeps is in `folder`."""
    reach = partial(remote.reach, command, is_own_allowed=False, ask=nobody_asks)
    workspace, progress = Workspace(pack, folder), Progress(pack, folder / "progress.db")
    with Session(pack, workspace=workspace, progress=progress, reach=reach) as session:
        session.boot()
        yield session


def attempt(session: Session, lesson: Lesson, source: bytes) -> Report:
    *_, last = session.check(lesson, {"hello.c": source})
    assert isinstance(last, Ended)
    return last.report


def greets_twice(lesson: Lesson) -> bytes:
    """A mistake that people make in the lesson `hello`."""
    return (lesson.solution_folder / "mistakes/twice/hello.c").read_bytes()


def assert_two_greetings_are_caught(report: Report) -> None:
    """The verdicts on `greets_twice` are those of a clone."""
    outcomes = {check.id: check.outcome for check in report.checks}
    failed, skipped = ({"greets"}, {"whole-line", "again"})
    assert {id for id, outcome in outcomes.items() if outcome is Outcome.FAIL} == failed
    assert {id for id, outcome in outcomes.items() if outcome is Outcome.SKIP} == skipped
    assert {outcomes[id] for id in outcomes.keys() - failed - skipped} == {Outcome.PASS}
