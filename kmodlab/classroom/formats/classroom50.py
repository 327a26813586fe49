# SPDX-License-Identifier: MIT
"""classroom50/STUDENT/LESSON/result.json: what an autograder of Classroom 50 leaves in its working folder.

Format: the wiki of foundation50/classroom50, "Advanced Autograding". What it wants to know about the submission
stands in environment variables there; elsewhere something takes their place, as none may be empty.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from os import environ
from pathlib import Path
from typing import Any

from kmodlab.classroom.formats import common
from kmodlab.classroom.grade import Grade, Roster
from kmodlab.grading import reports
from kmodlab.grading.verdict import CheckVerdict, Outcome
from kmodlab.packs.catalog import Pack

FOLDER = "classroom50"
FILE = "result.json"
SCHEMA = "classroom50/result/v1"
UNKNOWN = "unknown"


def write(grades: Sequence[Grade], pack: Pack, roster: Roster, folder: Path) -> None:
    """Write a result.json for each grade but those where the lab itself failed; raise LabError when it cannot be."""
    common.put_each(grades, folder / FOLDER, FILE, lambda grade: text(grade, pack))


def text(grade: Grade, pack: Pack, environment: Mapping[str, str] = environ) -> str:
    """The grade as Classroom 50 reads it, without what being late costs: it has a policy of its own."""
    verdicts = common.verdicts(grade, pack)
    hidden = common.hidden_checks(grade, pack, datetime.now(UTC))
    bonus = common.bonus_checks(grade, pack)
    factor = math.lcm(*(Fraction(str(verdict.max_points)).denominator for verdict in verdicts))
    tests = [
        _test(verdict, factor, verdict.id in bonus) | (_anonymous(number) if verdict.id in hidden else {})
        for number, verdict in enumerate(verdicts, 1)
    ]
    commit = environment.get("COMMIT_URL") or grade.fingerprint or UNKNOWN
    result = {
        "schema": SCHEMA,
        "classroom": environment.get("CLASSROOM") or pack.id,
        "assignment": environment.get("ASSIGNMENT") or grade.lesson,
        "submission": environment.get("SUBMISSION_TAG") or grade.student,
        "commit": commit,
        "release": environment.get("RELEASE_URL") or UNKNOWN,
        "review": environment.get("REVIEW_URL") or commit,
        "datetime": _moment(grade.submitted or grade.graded_at),
        "graded_at": _moment(grade.graded_at),
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": tests,
    }
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"


def _anonymous(number: int) -> dict[str, str]:
    """What is told of a hidden check beside its points, which the score is made of."""
    return {"test-name": f"Hidden check {number}", "id": f"hidden-{number}", "reason": ""}


def _test(verdict: CheckVerdict, factor: int, is_bonus: bool) -> dict[str, Any]:
    """A check; points are whole numbers there, so all of a lesson's are multiplied by `factor`."""
    return {
        "test-name": reports.printable(verdict.title),
        "passed": verdict.outcome is Outcome.PASS,
        "score": round(verdict.points * factor),
        "max-score": 0 if is_bonus else round(verdict.max_points * factor),
        "id": verdict.id,
        "outcome": verdict.outcome,
        "reason": reports.printable(verdict.reason or ""),
    }


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
