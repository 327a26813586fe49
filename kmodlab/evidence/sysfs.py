# SPDX-License-Identifier: MIT
"""What the kernel shows of loaded modules in /sys/module and /proc/modules, and what of it has changed."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from kmodlab.evidence.evidence import FileEvidence

FOLDER = "/sys/module"
LOADED = "/proc/modules"
MOST_FILES = 200  # of one module
LONGEST_VALUE = 1000  # characters
PARAMETERS = "parameters"


@dataclass(frozen=True, slots=True)
class SysfsFile:
    """A file of a module: `path` below /sys/module/NAME, as in `parameters/my_param`.

    `value` is its text without the newline at its end; None when it cannot be read or holds no text.
    """

    path: str
    mode: int  # permissions, such as 0o644
    value: str | None

    @property
    def name(self) -> str:
        """The last part of its path."""
        return PurePosixPath(self.path).name

    @property
    def folder(self) -> str:
        """The folder that it lies in, below that of the module; empty when it lies there directly."""
        return self.path.rpartition("/")[0]

    @property
    def is_writable(self) -> bool:
        """Whether root may write to it."""
        return bool(self.mode & 0o200)


@dataclass(frozen=True, slots=True)
class ModuleSnapshot:
    """A module at one moment; without `files` and with an empty `state` when it is not loaded.

    `state` is Live, Loading or Unloading, `references` counts its users, `holders` are the modules among them.
    """

    name: str
    state: str = ""
    references: int = 0
    holders: tuple[str, ...] = ()
    files: tuple[SysfsFile, ...] = ()
    left_out: int = 0  # files beyond MOST_FILES

    @property
    def is_loaded(self) -> bool:
        """Whether the kernel knows of it, be it only while it is loading."""
        return bool(self.state or self.files)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a value between two looks; None where there was, or is, no such file."""

    module: str
    path: str  # as in SysfsFile; empty when the module itself came or went
    before: str | None
    after: str | None


def patterns(modules: Iterable[str]) -> str:
    """Shell words that expand to everything that `snapshot` wants to see."""
    folders = (f"{FOLDER}/{shlex.quote(name)}" for name in modules)
    return " ".join((LOADED, *(f"{folder}/* {folder}/*/* {folder}/*/.[!.]*" for folder in folders)))


def snapshot(name: str, files: Mapping[str, FileEvidence]) -> ModuleSnapshot:
    """What `files`, found by `patterns`, tell of a module; of those that lie in its folder, the first few."""
    folder = f"{FOLDER}/{name}/"
    own = [
        SysfsFile(path.removeprefix(folder), int(file.mode or "0", 8), _text(file.content))
        for path, file in files.items()
        if path.startswith(folder) and file.exists and file.kind == "f"
    ]
    listed = _listed(name, files[LOADED].content or "" if LOADED in files else "")
    count, holders, state, *_ = [*listed, "", "", ""]
    return ModuleSnapshot(
        name,
        state,
        int(count) if count.isdecimal() else 0,
        tuple(holder for holder in holders.split(",") if holder and holder[0] not in "-["),
        tuple(own[:MOST_FILES]),
        max(0, len(own) - MOST_FILES),
    )


def _listed(name: str, modules: str) -> list[str]:
    """Users, holders, state and address of a module: the rest of its line in /proc/modules."""
    lines = (line.split() for line in modules.splitlines())
    return next((words[2:] for words in lines if words and words[0] == name), [])


def _text(content: str | None) -> str | None:
    if content is None or not all(letter.isprintable() or letter in "\n\t" for letter in content):
        return None
    text = content.removesuffix("\n")
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def changes(before: ModuleSnapshot, after: ModuleSnapshot) -> Iterator[Change]:
    """What is another value now; of a module that came or went only that."""
    if before.is_loaded != after.is_loaded:
        yield Change(after.name, "", before.state or None, after.state or None)
        return
    old = {file.path: file.value for file in before.files}
    new = {file.path: file.value for file in after.files}
    for path in (*new, *(path for path in old if path not in new)):
        if old.get(path) != new.get(path):
            yield Change(after.name, path, old.get(path), new.get(path))
