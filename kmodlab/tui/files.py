# SPDX-License-Identifier: MIT
"""The files of the lesson that is open: read, saved, and watched for changes made elsewhere."""

from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from kmodlab.errors import LabError
from kmodlab.learner.workspace import Workspace
from kmodlab.packs.catalog import Lesson


class LessonFiles:
    """The learner's files of one lesson. Any thread may use it."""

    def __init__(self, workspace: Workspace, lesson: Lesson) -> None:
        """Open `lesson` in `workspace`."""
        self._workspace = workspace
        self._lesson = lesson
        self._known: dict[str, bytes] = {}  # as last read or written here
        self._lock = Lock()

    def path(self, name: str) -> Path:
        """Where a file is on disk."""
        return self._workspace.path(self._lesson, name)

    def read(self) -> dict[str, bytes]:
        """The files as they are on disk now; raise LabError when one cannot be read."""
        with self._lock:
            self._known = dict(self._workspace.read(self._lesson))
            return dict(self._known)

    @property
    def known(self) -> dict[str, bytes]:
        """The files as they were last read or written here."""
        with self._lock:
            return dict(self._known)

    def save(self, name: str, text: str) -> Path | None:
        """Write a file; return the copy of what was there when somebody else had changed it meanwhile."""
        with self._lock:
            copy = self._workspace.write(self._lesson, name, text, known=self._known.get(name))
            self._known[name] = text.encode()
            return copy

    def changed_outside(self) -> dict[str, bytes]:
        """The files that somebody else has changed since they were last read or written here."""
        with self._lock:
            try:
                on_disk = self._workspace.read(self._lesson)
            except LabError:  # gone for a moment, as while another editor saves; the next save makes it again
                return {}
            return {name: content for name, content in on_disk.items() if content != self._known.get(name)}

    def accept(self, name: str, content: bytes) -> None:
        """Take note that `content` is shown now."""
        with self._lock:
            self._known[name] = content


def text_of(content: bytes) -> str:
    """A file as text; what is no UTF-8 shows as replacement characters."""
    return content.decode("utf-8", errors="replace")


def texts_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Files as texts, by their names."""
    return {name: text_of(content) for name, content in files.items()}
