# SPDX-License-Identifier: MIT
"""The catalogue: packs on this computer and the lessons they hold."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from kmodlab import paths, settings
from kmodlab.errors import LabError, UsageError
from kmodlab.packs.manifest import Check, LessonManifest, Mistake, PackManifest, read


@dataclass(frozen=True)
class Lesson:
    """One lesson of a pack: its manifest and its files."""

    folder: Path
    solution_folder: Path
    manifest: LessonManifest
    language: str | None = None  # that its texts are wanted in

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

    @property
    def points(self) -> float:
        """The points that there are, without those that come on top."""
        return sum(check.points for check in self.checks if not check.bonus)

    def as_learner(self, *, is_over: bool = False) -> "Lesson":
        """The same lesson without the checks that are hidden, some only until it `is_over`; they are counted."""
        seen = ("visible", "after_due_date") if is_over else ("visible",)
        shown = tuple(check for check in self.checks if check.visibility in seen)
        hidden = self.manifest.hidden_checks + len(self.checks) - len(shown)
        return replace(
            self, manifest=self.manifest.model_copy(update={"check": shown, "hidden_checks": hidden})
        )

    def up_to(self, check_id: str) -> "Lesson":
        """The same lesson with that check alone and those that it comes after; with none when it has no such check."""
        kept: list[Check] = []
        wanted: str | None = check_id
        for check in reversed(self.checks):
            if check.id == wanted:
                kept.insert(0, check)
                wanted = check.after
        return replace(self, manifest=self.manifest.model_copy(update={"check": tuple(kept)}))

    @cached_property
    def text(self) -> str:
        """The lesson itself, in Markdown."""
        return self._markdown("lesson.md")

    @cached_property
    def aftermath(self) -> str | None:
        """What is told after the pass, in Markdown; None when the lesson tells nothing."""
        return self._markdown("passed.md") if (self.folder / "passed.md").exists() else None

    def _markdown(self, name: str) -> str:
        own = name.replace(".", f".{self.language}.")
        if self.language is not None and (self.folder / own).exists():
            name = own
        return self._content(self.folder / name).decode(errors="replace")

    def starter(self) -> dict[str, bytes]:
        """The files as the learner first gets them."""
        return self._files(self.folder)

    def solution(self) -> dict[str, bytes]:
        """The reference solution; raise LabError when the pack comes without."""
        if not self.solution_folder.is_dir():
            raise LabError(
                f"Lesson {self.id} comes without its solution.", hint="Ask whoever gave you the pack for it."
            )
        return self._files(self.solution_folder)

    def helpers(self) -> dict[str, dict[str, bytes]]:
        """The C files of the pack's own modules that the lesson uses, by module; raise LabError when one is missing."""
        return {name: self._helper(name) for name in self.manifest.helpers}

    def _helper(self, name: str) -> dict[str, bytes]:
        paths = sorted((self.pack_folder / "modules" / name).glob("*.[ch]"))
        if not paths:
            raise LabError(
                f"Lesson {self.id} uses the module {name}, and there are no C files in modules/{name} of its pack.",
                hint="The pack is incomplete; install it again, or tell its author.",
            )
        return {path.name: self._content(path) for path in paths}

    def mistakes(self) -> dict[str, tuple[Mistake, dict[str, bytes]]]:
        """The wrong solutions: name to its description and its files."""
        folders = sorted(path.parent for path in self.solution_folder.glob("mistakes/*/mistake.toml"))
        return {
            folder.name: (read(folder / "mistake.toml", Mistake), self._files(folder)) for folder in folders
        }

    def _files(self, folder: Path) -> dict[str, bytes]:
        return {name: self._content(folder / name) for name in self.manifest.files}

    def _content(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as problem:
            raise LabError(
                f"Lesson {self.id}: {path} cannot be read: {problem.strerror}.",
                hint="The pack is incomplete; install it again.",
            ) from problem


@dataclass(frozen=True)
class Track:
    """Lessons of a pack that belong together."""

    title: str
    description: str
    lessons: tuple[Lesson, ...]


@dataclass(frozen=True)
class Pack:
    """A folder of lessons."""

    folder: Path
    manifest: PackManifest
    lessons: tuple[Lesson, ...]

    @property
    def id(self) -> str:
        """The pack's name, under which the learner's files and progress are kept."""
        return self.manifest.id

    @property
    def title(self) -> str:
        """The pack's title for people."""
        return self.manifest.title

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The lessons by tracks; a pack without any is one track."""
        if not self.manifest.track:
            return (Track(self.title, self.manifest.description or "", self.lessons),)
        return tuple(
            Track(track.title, track.description, tuple(self.lesson(id) for id in track.lessons))
            for track in self.manifest.track
        )

    def as_learner(self, now: datetime) -> "Pack":
        """The same pack without what is hidden at the time `now` (with its zone)."""
        dues = {lesson.id: self.manifest.late.due_of(lesson.id) for lesson in self.lessons}
        is_over = {id: due is not None and due < now for id, due in dues.items()}
        return replace(
            self, lessons=tuple(lesson.as_learner(is_over=is_over[lesson.id]) for lesson in self.lessons)
        )

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


def installed_folder() -> Path:
    """Where the packs are that were installed beside the one that ships: one folder each."""
    return paths.data() / "packs"


@dataclass(frozen=True)
class UnreadablePack:
    """A folder among the packs that cannot be read, and why."""

    folder: Path
    trouble: LabError


def installed() -> tuple[Pack | UnreadablePack, ...]:
    """The packs on this computer: the one that ships, then the installed ones by the names of their folders."""
    packs: dict[str, Pack] = {}
    unreadable: list[UnreadablePack] = []
    for folder in (shipped_folder(), *_installed_folders()):
        try:
            pack = for_learner(folder)
            if pack.id in packs:
                raise LabError(
                    f"{folder}: there is another pack called {pack.id!r}, {packs[pack.id].folder}.",
                    hint="Remove one of the two.",
                )
            packs[pack.id] = pack
        except LabError as trouble:
            unreadable.append(UnreadablePack(folder, trouble))
    return (*packs.values(), *unreadable)


def chosen_id() -> str | None:
    """The id of the pack that the user chose; None for the one that ships."""
    return settings.load().pack


def chosen() -> Pack:
    """The pack that the user chose, by default the one that ships; raise LabError when it is gone or damaged."""
    id = chosen_id()
    if id is None:
        return for_learner(shipped_folder())
    folder = folder_of(id)
    if folder is None:
        raise LabError(
            f"The pack {id!r}, which you chose, is not in {installed_folder()} any more.",
            hint="Add it again, or choose another: kmodlab pack use NAME",
        )
    return for_learner(folder)


def choose(pack: Pack) -> None:
    """Remember that the user wants `pack`."""
    settings.change(pack=None if pack.folder == shipped_folder() else pack.id)


def folder_of(id: str) -> Path | None:
    """Where the installed pack called `id` is; None when there is none. The one that ships is not installed."""
    return next((folder for folder in _installed_folders() if _id(folder) == id), None)


def _installed_folders() -> list[Path]:
    try:
        return sorted(path for path in installed_folder().iterdir() if path.is_dir() and path.name[0] != ".")
    except OSError:  # there is none, or it may not be read
        return []


def _id(folder: Path) -> str:
    """The id of the pack in `folder`; when that cannot be read, the folder's name, which it most likely is."""
    try:
        return read(folder / "pack.toml", PackManifest).id
    except LabError:
        return folder.name


def for_learner(folder: Path) -> Pack:
    """The pack in `folder` as a learner gets it: in their language, without what is hidden; raises as `load` does."""
    return load(folder, settings.language()).as_learner(datetime.now(UTC))


def load(folder: Path, language: str | None = None) -> Pack:
    """Read the pack in `folder`, all of it; raise LabError that names what is wrong with it.

    Its texts are in `language` as far as they are there in it.
    """
    manifest = read(folder / "pack.toml", PackManifest, language)
    lessons: dict[str, Lesson] = {}
    for path in sorted(folder.glob("lessons/*/lesson.toml")):
        solution = folder / "solutions" / path.parent.name
        lesson = Lesson(path.parent, solution, read(path, LessonManifest, language), language)
        if lesson.id in lessons:
            raise LabError(
                f"{path}: two lessons are called {lesson.id!r}.", hint="Give one of them another id."
            )
        lessons[lesson.id] = lesson
    if not manifest.lessons:
        raise LabError(
            f"{folder / 'pack.toml'}: lessons: there is none.", hint="Name the lessons that the pack teaches."
        )
    missing = [id for id in manifest.lessons if id not in lessons]
    if missing:
        raise LabError(
            f"{folder / 'pack.toml'}: lessons: {missing[0]!r} is no lesson of this pack.",
            hint="Each name has to be the id of a lesson.toml below lessons/.",
        )
    return Pack(folder, manifest, tuple(lessons[id] for id in manifest.lessons))
