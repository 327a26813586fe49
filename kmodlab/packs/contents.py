# SPDX-License-Identifier: MIT
"""The contents of a pack: its files by path, as they are read from a folder or an archive, and written to either.

An archive may come from anybody. It is read as a whole before anything is written: one that is damaged, too large, or
that holds a name that leads elsewhere is refused. Links, devices and the like are never taken.
"""

import gzip
import io
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, cast

from kmodlab.errors import LabError, UsageError

FOLDERS = ("lessons", "solutions", "modules")
MANIFEST = "pack.toml"
FILES = re.compile(r"pack\.toml|checks\.py|(README|LICEN[CS]E|COPYING|CHANGELOG)(\.[a-z]+)*")  # beside them
LEFTOVERS = re.compile(
    r"\..*|__pycache__|.*~|.*\.(o|ko|mod|mod\.c|pyc|swp|cmd)|Module\.symvers|modules\.order"
)
PLAIN_NAME = re.compile(r"[\w][\w.+, -]*")

LARGEST_FILE = 8_000_000  # bytes
LARGEST_PACK = 64_000_000  # bytes of all files together, and of an archive
MOST_FILES = 10_000
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can tell
ORDINARY, SCRIPT = stat.S_IFREG | 0o644, stat.S_IFREG | 0o755

DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    RuntimeError,  # encrypted
    NotImplementedError,  # an unknown compression
    ValueError,  # names and numbers that make no sense
    OverflowError,
)

Contents = dict[str, bytes]  # by path, its parts joined by /


def read(path: Path) -> Contents:
    """The files of the pack in the folder or archive at `path`, which may hold other files, too.

    In an archive the pack may also be in a folder of its own. Raise UsageError when there is no pack, or one that
    cannot be taken.
    """
    try:
        if path.is_dir():
            return _collected(path, _of_folder(path))
        if not path.is_file():
            raise UsageError(f"There is no {path}.", hint="Name the folder or the archive of a pack.")
        if path.stat().st_size > LARGEST_PACK:
            raise _refused(path, "it is too large")
        archive = path.read_bytes()
    except OSError as problem:
        raise _refused(path, f"it cannot be read: {problem.strerror or problem}") from problem
    try:
        return _collected(path, _of_archive(path, archive))
    except DAMAGE as problem:
        raise _refused(path, f"it is no zip, tar or tar.gz that can be read ({problem})") from problem


def write(contents: Mapping[str, bytes], folder: Path) -> None:
    """Write the files into `folder`, which must not exist yet; raise LabError when the system refuses."""
    try:
        folder.mkdir(parents=True)
        for name, content in contents.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
            if content.startswith(b"#!"):
                path.chmod(0o755)
    except OSError as problem:
        raise LabError(
            f"{folder} cannot be written: {problem.strerror}.",
            hint="Choose a new name, make the folder above writable, or free some space.",
        ) from problem


def archive(contents: Mapping[str, bytes], top: str | None) -> bytes:
    """A zip of the files, in the folder `top` if any: the same bytes for the same files, everywhere and at any time.

    Nothing is compressed, for not all versions of zlib do it alike. Scripts can be executed.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as out:
        for name in sorted(contents):
            member = zipfile.ZipInfo(f"{top}/{name}" if top else name, EPOCH)
            mode = SCRIPT if contents[name].startswith(b"#!") else ORDINARY
            member.create_system, member.external_attr = 3, mode << 16  # 3: Unix
            out.writestr(member, contents[name])
    return packed.getvalue()


def _collected(path: Path, files: Iterator[tuple[str, bytes]]) -> Contents:
    found: Contents = {}
    room = LARGEST_PACK
    for name, content in files:
        if name in found:
            raise _refused(path, f"it holds {_shown(name)} twice")
        room -= len(content)
        if room < 0 or len(found) >= MOST_FILES:
            raise _refused(path, "it is too large")
        found[name] = content
    if MANIFEST not in found:
        raise UsageError(
            f"There is no {MANIFEST} in {path}.", hint="Name the folder or the archive of a pack."
        )
    return found


def _belongs(parts: tuple[str, ...]) -> bool:
    """Whether a file is one of the pack's."""
    if any(LEFTOVERS.fullmatch(part) for part in parts):
        return False
    return parts[0] in FOLDERS if len(parts) > 1 else bool(FILES.fullmatch(parts[0]))


def _of_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    below = (path for name in FOLDERS for path in (folder / name).rglob("*"))
    for path in sorted((*folder.iterdir(), *below)):
        parts, mode = path.relative_to(folder).parts, path.lstat().st_mode
        is_link_to_folder = parts[0] in FOLDERS and stat.S_ISLNK(mode)
        if stat.S_ISDIR(mode) or not (_belongs(parts) or is_link_to_folder):
            continue
        if not stat.S_ISREG(mode):
            raise _refused(folder, f"{_shown('/'.join(parts))} is no ordinary file")
        if path.stat().st_size > LARGEST_FILE:
            raise _refused(folder, f"{_shown('/'.join(parts))} is too large")
        yield _name(folder, parts), path.read_bytes()


def _of_archive(path: Path, content: bytes) -> Iterator[tuple[str, bytes]]:
    file = io.BytesIO(content)
    members = list(_of_zip(path, file) if content.startswith(b"PK") else _of_tar(path, file, content))
    tops = [parts[:-1] for parts, _ in members if parts[-1] == MANIFEST]
    top = min(tops, key=len, default=())
    for parts, body in members:
        inside = parts[len(top) :]
        if parts[: len(top)] == top and inside and _belongs(inside):
            if body is None:
                raise _refused(path, f"{_shown('/'.join(inside))} is no ordinary file")
            yield _name(path, inside), body


def _of_zip(path: Path, file: IO[bytes]) -> Iterator[tuple[tuple[str, ...], bytes | None]]:
    room = LARGEST_PACK
    with zipfile.ZipFile(file) as members:
        if len(members.infolist()) > MOST_FILES:
            raise _refused(path, "it is too large")
        for member in members.infolist():
            parts = _parts(path, member.filename)
            kind = stat.S_IFMT(member.external_attr >> 16)
            if not parts or member.is_dir():
                continue
            if kind not in (0, stat.S_IFREG):
                yield parts, None
                continue
            with members.open(member) as stream:
                body = _limited(path, stream, room)
            room -= len(body)
            yield parts, body


def _of_tar(path: Path, file: io.BytesIO, content: bytes) -> Iterator[tuple[tuple[str, ...], bytes | None]]:
    packed: io.BufferedIOBase = file
    if content.startswith(b"\x1f\x8b"):
        packed = gzip.GzipFile(fileobj=file)
    # As a stream: there is no way back in it, so no header can make a circle.
    with tarfile.open(fileobj=cast(IO[bytes], _Stream(path, packed)), mode="r|") as members:
        for number, member in enumerate(members):
            if number >= MOST_FILES:
                raise _refused(path, "it is too large")
            parts = _parts(path, member.name)
            if member.isdir() or not parts:
                continue
            stream = members.extractfile(member) if member.isreg() and not member.issparse() else None
            yield parts, None if stream is None else _limited(path, stream, LARGEST_FILE)


def _limited(path: Path, stream: IO[bytes], room: int) -> bytes:
    most = min(room, LARGEST_FILE)
    body = stream.read(most + 1)
    if len(body) > most:
        raise _refused(path, "it is too large")
    return body


class _Stream:
    """What is read of an archive while it is unpacked, until it is too much."""

    def __init__(self, path: Path, file: io.BufferedIOBase) -> None:
        self._path, self._file, self._room = path, file, LARGEST_PACK

    def read(self, size: int) -> bytes:
        """At most `size` bytes more."""
        chunk = self._file.read(min(size, self._room + 1))
        self._room -= len(chunk)
        if self._room < 0:
            raise _refused(self._path, "it is too large")
        return chunk


def _parts(archive: Path, name: str) -> tuple[str, ...]:
    """The parts of a member's name; raise UsageError when it leads out of the archive."""
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
        raise _refused(archive, f"the name {_shown(name)} in it leads elsewhere")
    return parts


def _name(source: Path, parts: tuple[str, ...]) -> str:
    if any(not PLAIN_NAME.fullmatch(part) for part in parts):
        raise _refused(source, f"{_shown('/'.join(parts))} is no plain name")
    return "/".join(parts)


def _shown(name: str) -> str:
    """A name that somebody chose, fit for a sentence."""
    plain = "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
    return plain if len(plain) <= 80 else f"{plain[:79]}…"


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} is not taken: {why}.", hint="Ask its author for a pack without that.")
