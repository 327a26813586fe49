# SPDX-License-Identifier: MIT
"""The learner's own files: work/PACK/LESSON below the data folder.

Nothing there is overwritten or removed without a copy kept in copies/PACK/LESSON/TIME.
"""

import difflib
import os
import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from kmodlab import paths
from kmodlab.errors import LabError, UsageError
from kmodlab.learner.files import create, read_ordinary, replace
from kmodlab.packs.catalog import Lesson, Pack


class Workspace:
    """Where the learner works on the lessons of one pack. Any thread may use it."""

    def __init__(self, pack: Pack, data: Path | None = None) -> None:
        """Work below `data`, by default the user's data folder."""
        self._data = data or paths.data()
        self._work = self._data / "work" / pack.id
        self._copies = self._data / "copies" / pack.id

    def of(self, pack: Pack) -> "Workspace":
        """Where the learner works on another pack."""
        return Workspace(pack, self._data)

    def folder(self, lesson: Lesson) -> Path:
        """The folder of `lesson`'s files, which exists once the lesson was opened."""
        return self._work / lesson.id

    def path(self, lesson: Lesson, name: str) -> Path:
        """Where the file `name` of `lesson` is; raise UsageError when the lesson declares no such file."""
        if name not in lesson.manifest.files:
            raise UsageError(
                f"Lesson {lesson.id} has no file {name!r}.",
                hint=f"Its files are: {', '.join(lesson.manifest.files)}.",
            )
        return self.folder(lesson) / name

    def open(self, lesson: Lesson) -> None:
        """Make the files of `lesson` that are missing, from its starter."""
        folder = paths.make_folder(self.folder(lesson))
        for name, content in lesson.starter().items():
            create(folder / name, content)

    def read(self, lesson: Lesson) -> dict[str, bytes]:
        """The learner's files, as they are on disk: any bytes, not always valid UTF-8.

        A lesson that was never opened is opened. Raise UsageError for a file that is missing or no ordinary
        file; a missing one is not made again here, for it may be an editor that is just saving.
        """
        if not self.folder(lesson).exists():
            self.open(lesson)
        try:
            return take(self.folder(lesson), lesson)
        except UsageError as problem:
            raise UsageError(
                problem.message,
                hint=f"`kmodlab reset {lesson.id}` starts afresh and keeps a copy of what is there.",
            ) from problem

    def write(self, lesson: Lesson, name: str, content: str, *, known: bytes | None = None) -> Path | None:
        """Save the file `name`.

        When the file on disk is no valid UTF-8, or is not the `known` content that the caller last read or
        wrote, somebody else's work would be lost: then it is copied first, and the copy's path returned.
        """
        path = self.path(lesson, name)
        paths.make_folder(path.parent)
        kept = None
        if _is_there(path):
            there = read_ordinary(path)
            is_foreign = known is not None and there not in (known, content.encode())
            if is_foreign or not _is_text(there):
                kept = self._new_copy_folder(lesson) / name
                replace(kept, there)
        replace(path, content.encode())
        return kept

    def reset(self, lesson: Lesson) -> Path:
        """Put the starter back; return the folder that now holds the files that were there."""
        copies = self._put_aside(lesson, lesson.manifest.files)
        self.open(lesson)
        return copies

    def restore(self, lesson: Lesson, files: Mapping[str, bytes]) -> Path:
        """Put earlier `files` back; return the folder that now holds the files that were there.

        A file that the lesson does not declare any more is left out; one that `files` has not stays as it is.
        """
        back = {name: files[name] for name in lesson.manifest.files if name in files}
        folder = paths.make_folder(self.folder(lesson))
        copies = self._put_aside(lesson, back)
        for name, content in back.items():
            replace(folder / name, content)
        return copies

    def _put_aside(self, lesson: Lesson, names: Iterable[str]) -> Path:
        copies = self._new_copy_folder(lesson)
        for name in names:
            path = self.folder(lesson) / name
            if not _is_there(path):
                continue
            try:
                # Moved, not copied: that works for what cannot be read, too.
                shutil.move(path, copies / name)
            except OSError as problem:
                raise LabError(
                    f"{path} cannot be moved to {copies}: {problem.strerror}.",
                    hint="Make both folders writable, or free some space.",
                ) from problem
        return copies

    def diff(self, lesson: Lesson, other: Mapping[str, bytes], label: str = "starter") -> str:
        """What the learner changed from `other`, as a unified diff; lines with + are the learner's."""
        own = self.read(lesson)
        return "".join(_file_diff(name, other.get(name, b""), own[name], label) for name in own)

    def _new_copy_folder(self, lesson: Lesson) -> Path:
        parent = paths.make_folder(self._copies / lesson.id)
        # To the microsecond, so that a second copy within one second has a folder of its own.
        return paths.make_folder(parent / datetime.now().strftime("%Y-%m-%dT%H-%M-%S-%f"))


def take(folder: Path, lesson: Lesson) -> dict[str, bytes]:
    """The files that `lesson` declares, from any folder, and nothing else of it.

    Raise UsageError for a file that is missing, no ordinary file, or too large.
    """
    if not folder.is_dir():
        raise UsageError(
            f"There is no folder {folder}.", hint="Name the folder that holds the files to check."
        )
    return {name: read_ordinary(folder / name) for name in lesson.manifest.files}


def _is_there(path: Path) -> bool:
    """Whether anything has that name, a dangling symbolic link too."""
    return os.path.lexists(path)


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _file_diff(name: str, before: bytes, after: bytes, label: str) -> str:
    lines = difflib.unified_diff(
        before.decode(errors="backslashreplace").splitlines(keepends=True),
        after.decode(errors="backslashreplace").splitlines(keepends=True),
        f"{label}/{name}",
        name,
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
