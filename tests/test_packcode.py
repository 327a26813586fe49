# SPDX-License-Identifier: MIT
"""Functions of a pack judge evidence, and what is wrong with them is the pack's fault."""

from pathlib import Path

import pytest

from kmodlab.errors import LabError
from kmodlab.evidence.evidence import CheckEvidence
from kmodlab.grading.packcode import judge_of

EVIDENCE = CheckEvidence("c", seconds=3)


def test_a_function_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "checks.py").write_text(
        "def slow(evidence):\n    return 'It is slow.' if evidence.seconds > 2 else None\n"
    )
    judge = judge_of(tmp_path)
    assert judge("slow", EVIDENCE) == "It is slow."
    assert judge("slow", CheckEvidence("c")) is None


def test_a_file_may_use_dataclasses(tmp_path: Path) -> None:
    (tmp_path / "checks.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n\n"
        "@dataclass\nclass Seen:\n    seconds: float\n\n"
        "def seen(evidence):\n    return repr(Seen(evidence.seconds))\n"
    )
    assert judge_of(tmp_path)("seen", EVIDENCE) == "Seen(seconds=3)"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "FileNotFoundError"),
        ("x = 1", "there is no function judge"),
        ("judge = 1", "there is no function judge"),
        ("def judge(", "SyntaxError"),
        ("import nothing_of_the_kind", "ModuleNotFoundError"),
        ("def judge(evidence): return evidence.none", "judge() raises AttributeError"),
        ("def judge(evidence): return False", "neither None nor a text"),
    ],
)
def test_what_is_wrong_with_the_file_is_told(tmp_path: Path, text: str | None, sentence: str) -> None:
    if text is not None:
        (tmp_path / "checks.py").write_text(text)
    with pytest.raises(LabError) as raised:
        judge_of(tmp_path)("judge", EVIDENCE)
    assert str(tmp_path / "checks.py") in raised.value.message
    assert sentence in raised.value.message
