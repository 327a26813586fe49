# SPDX-License-Identifier: MIT
"""gradescope/STUDENT/LESSON/results.json: what an autograder on Gradescope leaves in /autograder/results.

Format: gradescope-autograders.readthedocs.io, "Autograder Specifications".
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kmodlab.classroom.formats import common
from kmodlab.classroom.grade import Grade, Roster
from kmodlab.grading import reports
from kmodlab.grading.verdict import CheckVerdict, Outcome
from kmodlab.packs.catalog import Pack

FOLDER = "gradescope"
FILE = "results.json"


def write(grades: Sequence[Grade], pack: Pack, roster: Roster, folder: Path) -> None:
    """Write a results.json for each grade but those where the lab itself failed; raise LabError when it cannot be."""
    common.put_each(grades, folder / FOLDER, FILE, lambda grade: text(grade, pack))


def text(grade: Grade, pack: Pack) -> str:
    """The grade as Gradescope reads it. It must have a score: without one there is nothing to upload."""
    bonus, seen = common.bonus_checks(grade, pack), common.visibility(grade, pack)
    results = {
        "score": grade.score,
        "execution_time": round(grade.seconds, 2),
        "output": reports.printable("\n".join(_remarks(grade))),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            _test(verdict, verdict.id in bonus) | {"visibility": seen.get(verdict.id, "visible")}
            for verdict in common.verdicts(grade, pack)
        ],
    }
    return json.dumps(results, indent=2, ensure_ascii=False) + "\n"


def _remarks(grade: Grade) -> list[str]:
    said = [grade.problem] if grade.problem else []
    if grade.penalty:
        said.append(f"It was handed in late, which costs {grade.penalty:g} points.")
    return said


def _test(verdict: CheckVerdict, is_bonus: bool) -> dict[str, Any]:
    output = [verdict.reason] if verdict.reason else []
    output += reports.explanation(verdict)
    return {
        "name": reports.printable(verdict.title) + (" (extra credit)" if is_bonus else ""),
        "score": verdict.points,
        "max_score": verdict.max_points,
        "status": "passed" if verdict.outcome is Outcome.PASS else "failed",
        "output": reports.printable("\n".join(output)),
        "output_format": "text",
        "extra_data": {"id": verdict.id, "outcome": verdict.outcome},
    }
