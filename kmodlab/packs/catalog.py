# SPDX-License-Identifier: MIT
"""The catalogue: packs on this computer and the lessons they hold."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kmodlab.errors import LabError, UsageError
from kmodlab.packs.manifest import Check, LessonManifest, Mistake, PackManifest, read


@dataclass(frozen=True)
class Lesson:
    """One lesson of a pack: its manifest and its files."""

    folder: Path
    solution_folder: Path
    manifest: LessonManifest

    @property
    def id(self) -> str:
        """The lesson's name, such as `hello`."""
        return self.manifest.id

    @property
    def pack_folder(self) -> Path:
        """The folder of the pack that the lesson belongs to."""
        return self.folder.parent.parent

    @property
    def title(self) -> str:
        """The lesson's title for people."""
        return self.manifest.title

    @property
    def checks(self) -> tuple[Check, ...]:
        """What is graded, in order."""
        return self.manifest.check

    @cached_property
    def text(self) -> str:
        """The lesson itself, in Markdown."""
        return self._markdown("lesson.md")

    @cached_property
    def aftermath(self) -> str | None:
        """What is told after the pass, in Markdown; None when the lesson tells nothing."""
        return self._markdown("passed.md") if (self.folder / "passed.md").exists() else None

    def starter(self) -> dict[str, bytes]:
        """The files as the learner first gets them."""
        return self._files(self.folder)

    def solution(self) -> dict[str, bytes]:
        """The reference solution."""
        return self._files(self.solution_folder)

    def mistakes(self) -> dict[str, tuple[Mistake, dict[str, bytes]]]:
        """The wrong solutions: name to its description and its files."""
        folders = sorted(path.parent for path in self.solution_folder.glob("mistakes/*/mistake.toml"))
        return {
            folder.name: (read(folder / "mistake.toml", Mistake), self._files(folder)) for folder in folders
        }

    def _files(self, folder: Path) -> dict[str, bytes]:
        return {name: self._content(folder / name) for name in self.manifest.files}

    def _markdown(self, name: str) -> str:
        return self._content(self.folder / name).decode(errors="replace")

    def _content(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as problem:
            raise LabError(
                f"Lesson {self.id}: {path} cannot be read: {problem.strerror}.",
                hint="The pack is incomplete; install it again.",
            ) from problem


@dataclass(frozen=True)
class Pack:
    """A folder of lessons."""

    folder: Path
    manifest: PackManifest
    lessons: tuple[Lesson, ...]

    def lesson(self, id: str) -> Lesson:
        """The lesson called `id`; raise UsageError when there is none."""
        for lesson in self.lessons:
            if lesson.id == id:
                return lesson
        names = ", ".join(lesson.id for lesson in self.lessons)
        raise UsageError(f"There is no lesson called {id!r}.", hint=f"The lessons are: {names}.")


def shipped_folder() -> Path:
    """Where the curriculum that ships is: inside the installed package, else at the top of the checkout."""
    package = Path(__file__).parent.parent
    installed = package / "curriculum"
    return installed if installed.is_dir() else package.parent


def load(folder: Path) -> Pack:
    """Read the pack in `folder`; raise LabError that names what is wrong with it."""
    manifest = read(folder / "pack.toml", PackManifest)
    lessons: dict[str, Lesson] = {}
    for path in sorted(folder.glob("lessons/*/lesson.toml")):
        lesson = Lesson(path.parent, folder / "solutions" / path.parent.name, read(path, LessonManifest))
        if lesson.id in lessons:
            raise LabError(
                f"{path}: two lessons are called {lesson.id!r}.", hint="Give one of them another id."
            )
        lessons[lesson.id] = lesson
    missing = [id for id in manifest.lessons if id not in lessons]
    if missing:
        raise LabError(
            f"{folder / 'pack.toml'}: lessons: {missing[0]!r} is no lesson of this pack.",
            hint="Each name has to be the id of a lesson.toml below lessons/.",
        )
    return Pack(folder, manifest, tuple(lessons[id] for id in manifest.lessons))
