# SPDX-License-Identifier: MIT
"""Finding submissions: who handed in what for which lesson, in the layouts that classes come in.

    STUDENT/LESSON/files      one folder a student; nbgrader's submitted/STUDENT/ASSIGNMENT/ with its timestamp.txt
    STUDENT/files             where it is told which lesson it is
    STUDENT.zip, .tar.gz      of either shape
    submission_NNN/           a Gradescope export, with submission_metadata.yml (gradescope.py)

What is not understood becomes a student's problem, or a notice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from kmodlab.classroom import gradescope, intake, moments
from kmodlab.classroom.grade import NOTHING, Roster, Submission
from kmodlab.classroom.intake import NOISE, Entry, RefusedError, listed, shown
from kmodlab.errors import UsageError
from kmodlab.packs.catalog import Lesson, Pack

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
OTHER_ARCHIVES = (".7z", ".rar", ".xz", ".bz2", ".gz", ".zst")  # somebody's work all the same
TIMESTAMP = "timestamp.txt"
PATH_LIMIT = 1000  # characters
LAYOUTS = "Name a folder that holds one folder or archive a student; docs/classroom.md shows the layouts."


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: submissions in the order of students, and what else there is to tell, a sentence each."""

    submissions: tuple[Submission, ...]
    roster: Roster  # with those that only an export told of
    notices: tuple[str, ...]


def find(paths: Sequence[Path], pack: Pack, lesson: Lesson | None, roster: Roster) -> Found:
    """The submissions in `paths`, for `lesson` or for whichever they say; students of the roster without one, too.

    Raise UsageError when there are none at all.
    """
    search = _Search(pack, lesson, roster)
    for path in paths:
        search.look_at(path)
    if not search.pieces:
        raise UsageError(f"There are no submissions in {', '.join(map(str, paths))}.", hint=LAYOUTS)
    submissions = search.submissions()
    unknown = {submission.student for submission in submissions} - search.roster.students.keys()
    if roster.students and unknown:
        search.notices.append(f"Not on the roster: {listed(sorted(unknown))}.")
    return Found(submissions, search.roster, tuple(search.notices))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of what a student handed in, found at `place`; `lesson` is None when it cannot be told for which it is."""

    place: Path
    student: str
    lesson: Lesson | None
    files: Mapping[str, bytes] = field(default_factory=dict)
    problem: str | None = None
    submitted: datetime | None = None


class _Search:
    def __init__(self, pack: Pack, only: Lesson | None, roster: Roster) -> None:
        self._lessons = pack.lessons if only is None else (only,)
        self._sole = self._lessons[0] if len(self._lessons) == 1 else None
        self._by_name = {name: lesson for lesson in pack.lessons for name in (lesson.id, lesson.folder.name)}
        self._wanted = {TIMESTAMP, *(name for lesson in self._lessons for name in lesson.manifest.files)}
        self.roster = roster
        self.pieces: list[_Piece] = []
        self.notices: list[str] = []

    def look_at(self, path: Path) -> None:
        """Take what is in a folder of a class, or what one student handed in."""
        if path.is_file():
            self._take(path.resolve(), _student_of(path))
        elif not path.is_dir():
            raise UsageError(f"There is no folder {path}.", hint=LAYOUTS)
        elif (path / gradescope.METADATA).is_file():
            self._take_export(path)
        elif (path / "submitted").is_dir():
            self._take_class(path / "submitted")
        elif self._is_of_one_student(path):
            self._take(path, path.resolve().name)
        else:
            self._take_class(path)

    def submissions(self) -> tuple[Submission, ...]:
        """One a student and lesson that the class does."""
        told = [piece.lesson for piece in self.pieces if piece.lesson is not None]
        lessons = [lesson for lesson in self._lessons if not told or lesson in told]
        students = sorted({piece.student for piece in self.pieces} | self.roster.students.keys())
        found = (
            self._one(student, lesson, [piece for piece in self.pieces if piece.student == student])
            for student in students
            for lesson in lessons
        )
        return tuple(submission for submission in found if submission is not None)

    def _one(self, student: str, lesson: Lesson, of_student: Sequence[_Piece]) -> Submission | None:
        """What the student handed in for the lesson; when it is there twice, only a person can say what counts."""
        pieces = [piece for piece in of_student if piece.lesson in (lesson, None)]
        if not pieces:
            return (
                Submission(student, lesson.id, problem=NOTHING) if student in self.roster.students else None
            )
        if len(pieces) > 1:
            places = ", ".join(shown(str(piece.place), PATH_LIMIT) for piece in pieces)
            return Submission(student, lesson.id, problem=f"It was handed in {len(pieces)} times: {places}.")
        piece = pieces[0]
        return Submission(student, lesson.id, piece.files, piece.problem, piece.submitted)

    def _is_of_one_student(self, folder: Path) -> bool:
        folders = [path.name for path in _visible(folder) if path.is_dir()]
        has_files = any(path.name in self._wanted for path in _visible(folder) if path.name not in folders)
        return has_files or (bool(folders) and all(name in self._by_name for name in folders))

    def _take_class(self, folder: Path) -> None:
        left_out: list[str] = []
        for path in _visible(folder):
            if path.is_dir() or path.name.lower().endswith(ARCHIVES + OTHER_ARCHIVES):
                self._take(path, _student_of(path))
            else:
                left_out.append(path.name)
        if left_out:
            self.notices.append(
                f"In {folder}, neither folder nor archive and so left out: {listed(left_out)}."
            )

    def _take_export(self, folder: Path) -> None:
        export = gradescope.read(folder / gradescope.METADATA)
        for name, upload in export.items():
            students = [gradescope.matched(student, self.roster) for student in upload.students]
            self.roster = Roster({student.id: student for student in students} | dict(self.roster.students))
            for student in students:
                self._take(folder / Path(name).name, student.id, upload.submitted)
            if not students:
                self.notices.append(f"{gradescope.METADATA} does not say whose {shown(name)} is; left out.")
        unknown = [path.name for path in _visible(folder) if path.is_dir() and path.name not in export]
        if unknown:
            self.notices.append(f"{gradescope.METADATA} does not know, so left out: {listed(unknown)}.")

    def _take(self, path: Path, student: str, submitted: datetime | None = None) -> None:
        """Take what `student` handed in, a folder or an archive."""
        piece = _Piece(path, shown(student), self._sole, submitted=submitted)
        try:
            entries = self._unwrapped(intake.read(path, self._wanted))
        except RefusedError as refusal:
            self.pieces.append(replace(piece, problem=str(refusal)))
            return
        tops = _by_top(entries)
        of_lessons = [name for name in tops if name in self._by_name]
        if not of_lessons and self._sole is None:
            there = f"there is {listed(list(tops))}" if tops else "there is nothing in it"
            self.pieces.append(replace(piece, problem=f"It does not say which lesson it is for: {there}."))
        elif not of_lessons:
            self._take_lesson(piece, entries)
        for name in of_lessons:
            self._take_lesson(replace(piece, place=path / name, lesson=self._by_name[name]), tops[name])
        rest = [name for name in tops if name not in of_lessons]
        if of_lessons and rest:
            self.notices.append(f"{piece.student}: of no lesson, and so left out: {listed(rest)}.")

    def _take_lesson(self, piece: _Piece, entries: Sequence[Entry]) -> None:
        """Take what `piece` is about from `entries`, unless it is a lesson that nobody asks about."""
        if piece.lesson is None or piece.lesson not in self._lessons:
            return
        files, problem = intake.take(entries, piece.lesson)
        if piece.place.is_symlink():
            problem = f"{piece.place.name} is a symbolic link."
        submitted = piece.submitted
        for entry in entries:
            if entry.path == (TIMESTAMP,) and entry.content is not None:
                submitted = moments.parse(entry.content.decode(errors="replace"))
                if submitted is None:
                    self.notices.append(
                        f"{piece.student}: {TIMESTAMP} of {piece.lesson.id} names no point in time."
                    )
        self.pieces.append(replace(piece, files=files, problem=problem, submitted=submitted))

    def _unwrapped(self, entries: list[Entry]) -> list[Entry]:
        """The entries without a folder around everything that is no lesson's, as archives of repositories have."""
        tops = _by_top(entries)
        while len(tops) == 1 and (name := next(iter(tops))) not in self._by_name and tops[name]:
            entries = tops[name]
            tops = _by_top(entries)
        return entries


def _by_top(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """By the first part of their paths, the entries below it."""
    tops: dict[str, list[Entry]] = {}
    for entry in entries:
        below = tops.setdefault(entry.path[0], [])
        if len(entry.path) > 1:
            below.append(replace(entry, path=entry.path[1:]))
    return tops


def _visible(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.name not in NOISE)
    except OSError as problem:
        raise UsageError(
            f"{folder} cannot be read: {problem.strerror}.", hint="Make it a folder that you may read."
        ) from problem


def _student_of(path: Path) -> str:
    """The student's id: the name of their folder, or that of their archive without its ending."""
    endings = (ending for ending in ARCHIVES + OTHER_ARCHIVES if path.name.lower().endswith(ending))
    ending = "" if path.is_dir() else max(endings, key=len, default="")
    return path.name[: len(path.name) - len(ending)].removesuffix(".tar")
