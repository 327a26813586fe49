# SPDX-License-Identifier: MIT
"""How far the learner is in the pack, and with which lesson to go on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kmodlab.learner.progress import LastAttempt, Progress, Standing
from kmodlab.packs.catalog import Lesson, Pack


@dataclass(frozen=True, slots=True)
class Overview:
    """The learner's standing in each lesson that has an attempt, and the newest attempt of all."""

    standings: Mapping[str, Standing] = field(default_factory=dict)
    last: LastAttempt | None = None

    def standing(self, lesson: Lesson) -> Standing:
        """Where the learner stands in `lesson`."""
        return self.standings.get(lesson.id, Standing())

    def passed(self, lessons: Iterable[Lesson]) -> int:
        """How many of `lessons` the learner has passed."""
        return sum(self.standing(lesson).passed for lesson in lessons)

    def max_points(self, lesson: Lesson) -> float:
        """What the lesson is worth, by its best attempt, or as the pack has it before the first."""
        return self.standing(lesson).max_points or lesson.points


def read(progress: Progress) -> Overview:
    """Ask the learner's progress; raise LabError when it cannot be read."""
    return Overview(progress.standings(), progress.last_attempt())


def lesson_to_continue(pack: Pack, overview: Overview) -> Lesson:
    """The lesson of the last attempt until it is passed, then the first after it that is not; none left, the first."""
    lessons = pack.lessons
    last_id = overview.last.lesson if overview.last else None
    at = next((number for number, lesson in enumerate(lessons) if lesson.id == last_id), 0)
    for lesson in (*lessons[at:], *lessons[:at]):
        if not overview.standing(lesson).passed:
            return lesson
    return lessons[0]


def standings(progress: Progress, pack: Pack) -> Mapping[str, Standing]:
    """How far the learner is in each lesson of a pack; raises LabError."""
    known = progress.standings()
    return {lesson.id: known.get(lesson.id, Standing()) for lesson in pack.lessons}


def failures(progress: Progress, lesson: Lesson) -> Mapping[str, int]:
    """How often each check of a lesson has failed in a row; raises LabError."""
    return {check.id: progress.failures_in_a_row(lesson.id, check.id) for check in lesson.checks}
