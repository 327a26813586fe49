# SPDX-License-Identifier: MIT
"""Reading a roster: a CSV file with a line a student, as nbgrader imports it."""

import csv
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from kmodlab.classroom.grade import Roster, Student
from kmodlab.errors import UsageError

DELIMITERS = ",;\t"
OTHER_NAMES = {"student_id": "id", "sid": "id", "username": "id", "e-mail": "email", "email_address": "email"}
COLUMNS = tuple(field.name for field in fields(Student))


def read(path: Path) -> Roster:
    """The roster in the file at `path`; raise UsageError that names file, line and reason.

    The first line names the columns, in any order: id, and any of first_name, last_name and email; others are left
    out.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8"
        raise _unreadable(path, f"cannot be read: {reason}") from problem
    return Roster({student.id: student for student in _students(path, lines)})


def _students(path: Path, lines: list[str]) -> Iterable[Student]:
    if not lines:
        raise _unreadable(path, "is empty")
    delimiter = max(DELIMITERS, key=lines[0].count)
    rows = csv.reader(lines, delimiter=delimiter)
    columns = [_column(name) for name in next(rows)]
    if "id" not in columns:
        raise _unreadable(path, "has no column id")
    seen: set[str] = set()
    for row in rows:
        known = {name: cell.strip() for name, cell in zip(columns, row, strict=False) if name in COLUMNS}
        if not any(cell.strip() for cell in row):
            continue
        if not known.get("id"):
            raise _unreadable(path, f"has no id in line {rows.line_num}")
        if known["id"] in seen:
            raise _unreadable(path, f"has {known['id']!r} a second time in line {rows.line_num}")
        seen.add(known["id"])
        yield Student(**known)


def _column(name: str) -> str:
    name = name.strip().lower().replace(" ", "_")
    return OTHER_NAMES.get(name, name)


def _unreadable(path: Path, why: str) -> UsageError:
    return UsageError(
        f"The roster {path} {why}.", hint="It needs a first line such as id,first_name,last_name,email."
    )
