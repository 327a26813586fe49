# SPDX-License-Identifier: MIT
"""A Gradescope export: a folder a submission, and submission_metadata.yml, which says whose they are, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from kmodlab.classroom import moments
from kmodlab.classroom.grade import Roster, Student
from kmodlab.errors import UsageError

METADATA = "submission_metadata.yml"


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload: who handed it in, several when they worked together, and when."""

    students: tuple[Student, ...]
    submitted: datetime | None


def read(path: Path) -> dict[str, Upload]:
    """The uploads by the names of their folders; raise UsageError when the file cannot be understood."""
    try:
        table = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except OSError as problem:
        raise _unreadable(path, problem.strerror or "it cannot be read") from problem
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as problem:
        raise _unreadable(path, str(problem).splitlines()[0]) from problem
    if not isinstance(table, dict):
        raise _unreadable(path, "it lists no submissions")
    return {str(name): _upload(entry) for name, entry in table.items() if isinstance(entry, dict)}


def matched(student: Student, roster: Roster) -> Student:
    """The student as the roster knows them, by id or by address; else as they are."""
    if student.id in roster.students:
        return roster.students[student.id]
    same = (other for other in roster.students.values() if other.email.lower() == student.email.lower())
    return next(same, student) if student.email else student


def _upload(entry: Mapping[Any, Any]) -> Upload:
    people = entry.get(":submitters")
    people = [person for person in people if isinstance(person, dict)] if isinstance(people, list) else []
    return Upload(
        tuple(filter(lambda student: student.id, map(_student, people))), _moment(entry.get(":created_at"))
    )


def _student(person: Mapping[Any, Any]) -> Student:
    name, email, number = (str(person.get(key) or "").strip() for key in (":name", ":email", ":sid"))
    first, _, last = name.rpartition(" ")
    return Student(number or email or name, first, last, email)


def _moment(value: object) -> datetime | None:
    if isinstance(value, dict):  # how Ruby writes a time with its zone
        value = value.get("utc")
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return moments.parse(value) if isinstance(value, str) else None


class _Loader(yaml.SafeLoader):
    """Takes values of Ruby's own kinds for what they are made of."""


def _plain(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("!", _plain)


def _unreadable(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} cannot be understood: {why}.", hint="Download the export from Gradescope again."
    )
