# SPDX-License-Identifier: MIT
"""What a batch asks of whoever does the work, and what it is told: values that can be sent to another process."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

from kmodlab.classroom.grade import Graded
from kmodlab.packs.catalog import Lesson


@dataclass(frozen=True)
class Job:
    """Files to be graded as a lesson, under the fingerprint of both."""

    fingerprint: str
    lesson: Lesson
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the lab could not do, in a sentence, and what to do about it."""

    message: str
    hint: str


Answer = Graded | Trouble


@dataclass(frozen=True, slots=True)
class Began:
    """A job is being worked on."""

    job: Job


@dataclass(frozen=True, slots=True)
class Done:
    """A job has come to its end."""

    job: Job
    answer: Answer


Advances = Generator[Began | Done, None, None]
Work = Callable[[Sequence[Job]], Advances]  # does jobs in any order; closing the iterator ends it
