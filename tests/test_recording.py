# SPDX-License-Identifier: MIT
"""Recorded evidence is graded again with the same verdict."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmodlab.build.result import BuildEvidence
from kmodlab.errors import LabError, UsageError
from kmodlab.evidence import recording
from kmodlab.evidence.evidence import Evidence
from kmodlab.grading.events import Ended
from kmodlab.grading.grade import grade
from kmodlab.packs.catalog import Pack
from kmodlab.session import Session

FILES = {
    "solution": lambda lesson: lesson.solution(),
    "starter": lambda lesson: lesson.starter(),
    "syntax-error": lambda lesson: {"hello.c": b"nonsense\n"},
    "crash": lambda lesson: {
        name: text.replace(b"return 0;", b"return *(volatile int *)8;")
        for name, text in lesson.solution().items()
    },
}


@pytest.mark.parametrize("which", FILES)
def test_a_recorded_attempt_is_graded_as_it_was_live(session: Session, pack: Pack, which: str) -> None:
    lesson = pack.lesson("hello")
    *_, last = session.check(lesson, FILES[which](lesson), keep=False)
    assert isinstance(last, Ended)
    again = recording.parse(recording.dump(last.evidence))
    assert again == last.evidence
    assert grade(lesson, again) == last.report
    written = json.loads(recording.dump(last.evidence))  # JSON that says what was done
    assert written["lesson"] == "hello"
    titles = [action["title"] for check in written["checks"] for action in check["actions"]]
    assert ("load hello" in titles) is (which != "syntax-error")


def test_what_is_no_recording_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "x").write_text('{"lesson": 3}')
    with pytest.raises(UsageError, match="holds no evidence"):
        recording.read(tmp_path / "x")
    with pytest.raises(UsageError, match="cannot be read"):
        recording.read(tmp_path / "missing")


@given(st.text())
def test_no_text_makes_reading_raise_anything_else(text: str) -> None:
    with pytest.raises(ValueError):
        recording.parse(text)


def test_a_recording_that_cannot_be_written_is_said_so() -> None:
    with pytest.raises(LabError, match="cannot be written"):
        recording.write(Path("/no/such/folder/file"), Evidence("hello", "6.1.0", BuildEvidence(False)))


def test_evidence_knows_no_verdict() -> None:
    assert not {"outcome", "points"} & set(Evidence.__dataclass_fields__)
