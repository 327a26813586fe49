# SPDX-License-Identifier: MIT
"""Intake: what is taken from a folder or an archive that a student handed in. Nothing is ever unpacked to disk.

Only files that have a wanted name are read at all, and of those only ordinary ones within limits. An archive that is
damaged, too large or hostile is refused as a whole.
"""

import gzip
import io
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from kmodlab.errors import UsageError
from kmodlab.learner.files import SIZE_LIMIT, read_ordinary
from kmodlab.packs.catalog import Lesson

ENTRY_LIMIT = 2000  # files and folders of one student
ARCHIVE_LIMIT = 16_000_000  # bytes of an archive
UNPACKED_LIMIT = 64_000_000  # bytes that come out of it
NAME_LIMIT = 60  # characters of a name that are shown
NOISE = frozenset({".git", "__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints"})
TOO_LARGE = f"is larger than {SIZE_LIMIT // 1_000_000} MB"
DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,  # encrypted
    NotImplementedError,  # an unknown compression
    ValueError,  # names and numbers that make no sense
    OverflowError,
)


class RefusedError(Exception):
    """Nothing is taken of what a student handed in; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder that a student handed in, by the parts of its path.

    A file that is wanted has either `content` or the `refusal`, words that follow its name: `is a symbolic link`.
    """

    path: tuple[str, ...]
    content: bytes | None = None
    refusal: str | None = None
    is_folder: bool = False


def read(path: Path, wanted: Collection[str]) -> list[Entry]:
    """What is in the folder or archive at `path`, with the content of the files whose names are `wanted`.

    Raise RefusedError when nothing can be taken.
    """
    try:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            return list(_limited(_of_folder(path, wanted)))
        if not stat.S_ISREG(mode):
            kind = "a symbolic link" if stat.S_ISLNK(mode) else "neither a folder nor an ordinary file"
            raise RefusedError(f"{shown(path.name)} is {kind}.")
        if path.stat().st_size > ARCHIVE_LIMIT:
            raise RefusedError(f"{shown(path.name)} is larger than {ARCHIVE_LIMIT // 1_000_000} MB.")
        archive = path.read_bytes()
    except OSError as problem:
        raise RefusedError(f"{shown(path.name)} cannot be read: {problem.strerror or problem}.") from problem
    try:
        return list(_limited(_of_archive(archive, wanted)))
    except DAMAGE as problem:
        why = shown(str(problem)) or "it is damaged"
        raise RefusedError(
            f"{shown(path.name)} is no zip, tar or tar.gz that can be read: {why}."
        ) from problem


def take(entries: Sequence[Entry], lesson: Lesson) -> tuple[dict[str, bytes], str | None]:
    """The files that `lesson` declares, and a sentence on those that could not be taken, if there are any."""
    files: dict[str, bytes] = {}
    complaints: list[str] = []
    for name in lesson.manifest.files:
        found = [entry for entry in entries if entry.path == (name,)]
        if len(found) == 1 and found[0].content is not None:
            files[name] = found[0].content
        else:
            complaints.append(f"{name} {_complaint(name, found, entries)}")
    return files, "; ".join(complaints) + "." if complaints else None


def shown(name: str, most: int = NAME_LIMIT) -> str:
    """A name that a student chose, fit for a sentence: at most so many characters."""
    readable = name.encode(errors="surrogateescape").decode(errors="replace")
    plain = "".join(letter if letter.isprintable() else "\ufffd" for letter in readable)
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def listed(names: Collection[str], most: int = 3) -> str:
    """Names that students chose, in words, at most so many of them."""
    kept = ", ".join(shown(name) for name in list(names)[:most])
    return kept if len(names) <= most else f"{kept} and {len(names) - most} more"


def _complaint(name: str, found: Sequence[Entry], entries: Sequence[Entry]) -> str:
    if len(found) > 1:
        return "is there twice"
    if found:
        return "is a folder" if found[0].is_folder else found[0].refusal or "cannot be read"
    others = [entry.path for entry in entries if not entry.is_folder]
    alike = [path for path in others if path[-1].lower() == name.lower()]
    instead = ["/".join(path) for path in alike or others]
    return f"is missing; there is {listed(instead)}" if instead else "is missing"


def _limited(entries: Iterator[Entry]) -> Iterator[Entry]:
    room = UNPACKED_LIMIT
    for number, entry in enumerate(entries):
        if number >= ENTRY_LIMIT:
            raise RefusedError(f"There are more than {ENTRY_LIMIT} files.")
        room -= len(entry.content or b"")
        _check(room)
        yield entry


def _of_folder(folder: Path, wanted: Collection[str]) -> Iterator[Entry]:
    for place, folders, files in os.walk(folder, onerror=_fail):
        folders[:] = sorted(name for name in folders if name not in NOISE)
        above = Path(place).relative_to(folder).parts
        for name in folders:
            is_link = Path(place, name).is_symlink()
            yield Entry(
                (*above, name), refusal="is a symbolic link" if is_link else None, is_folder=not is_link
            )
        for name in sorted(files):
            if name not in NOISE:
                yield _of_file(Path(place, name), (*above, name), wanted)


def _fail(problem: OSError) -> None:
    raise problem


def _of_file(path: Path, parts: tuple[str, ...], wanted: Collection[str]) -> Entry:
    if path.name not in wanted:
        return Entry(parts)
    try:
        return Entry(parts, content=read_ordinary(path))
    except UsageError as problem:
        return Entry(parts, refusal=problem.message.removeprefix(str(path)).strip(" ."))


def _of_archive(archive: bytes, wanted: Collection[str]) -> Iterator[Entry]:
    file = io.BytesIO(archive)
    if archive.startswith(b"PK"):
        return _of_zip(file, wanted)
    return _of_tar(gzip.GzipFile(fileobj=file) if archive.startswith(b"\x1f\x8b") else file, wanted)


def _of_zip(file: IO[bytes], wanted: Collection[str]) -> Iterator[Entry]:
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            parts = _parts(member.filename)
            if not parts:
                continue
            kind = stat.S_IFMT(member.external_attr >> 16)
            if member.is_dir():
                yield Entry(parts, is_folder=True)
            elif kind not in (0, stat.S_IFREG):
                yield Entry(parts, refusal=_refusal(kind))
            elif parts[-1] not in wanted:
                yield Entry(parts)
            elif member.flag_bits & 1:
                yield Entry(parts, refusal="is encrypted")
            elif member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                yield Entry(parts, refusal="is compressed in a way that is not deflate")
            else:
                with archive.open(member) as content:
                    yield _of_stream(parts, content)


def _of_tar(file: io.BufferedIOBase, wanted: Collection[str]) -> Iterator[Entry]:
    # As a stream: there is no way back in it, so no header can make a circle.
    with tarfile.open(fileobj=cast(IO[bytes], _Limited(file)), mode="r|") as archive:
        for member in archive:
            parts = _parts(member.name)
            if not parts:
                continue
            if member.isdir():
                yield Entry(parts, is_folder=True)
            elif not member.isreg() or member.issparse():
                yield Entry(parts, refusal=_refusal(stat.S_IFLNK if member.issym() or member.islnk() else 0))
            elif parts[-1] not in wanted:
                yield Entry(parts)
            else:
                content = archive.extractfile(member)
                assert content is not None
                yield _of_stream(parts, content)


def _of_stream(parts: tuple[str, ...], stream: IO[bytes]) -> Entry:
    content = stream.read(SIZE_LIMIT + 1)
    return Entry(parts, refusal=TOO_LARGE) if len(content) > SIZE_LIMIT else Entry(parts, content=content)


def _refusal(kind: int) -> str:
    return "is a link" if kind == stat.S_IFLNK else "is a device, a pipe or the like"


def _parts(name: str) -> tuple[str, ...]:
    """The parts of a member's name, none for noise; raise RefusedError when it leads out of the archive."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
        raise RefusedError(f"The archive holds {shown(name)}, which leads out of it.")
    return () if NOISE.intersection(path.parts) else path.parts


def _check(room: int) -> None:
    if room < 0:
        raise RefusedError(f"There are more than {UNPACKED_LIMIT // 1_000_000} MB in it.")


class _Limited:
    """What is read of an archive while it is unpacked, until it is too much."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file, self._room = file, UNPACKED_LIMIT

    def read(self, size: int) -> bytes:
        """At most `size` bytes more; raise RefusedError once it is too much."""
        chunk = self._file.read(min(size, self._room + 1))
        self._room -= len(chunk)
        _check(self._room)
        return chunk
