# SPDX-License-Identifier: MIT
"""Content: folders that are known by what is in them, so that another machine can tell whether it has them.

What was sent here is kept in the cache under its digest, a whole folder or none.
"""

import hashlib
import io
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kmodlab import paths
from kmodlab.errors import LabError

FASTEST = 1  # a kernel is packed already for the greater part
KEPT = 6  # folders; the oldest make room


@dataclass(frozen=True, slots=True)
class Content:
    """What lies under `names` in `folder`, folders with all that is in them; names that are not there do not count.

    It is known by what lies under `known_by`, which may be less, and is then read in less time.
    """

    folder: Path
    names: tuple[str, ...]
    known_by: tuple[str, ...]

    @property
    def digest(self) -> str:
        """A short text that is the same wherever the content is the same."""
        return digest_of(self.folder, self.known_by)

    def packed(self) -> bytes:
        """All of it as an archive, for `keep`."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz", compresslevel=FASTEST) as tar:
            for name in self.names:
                if (self.folder / name).exists():
                    tar.add(self.folder / name, name)
        return archive.getvalue()


def kept(digest: str) -> Path | None:
    """The folder with the content of that digest; None when it was never sent here."""
    folder = _home() / digest
    if not folder.is_dir():
        return None
    os.utime(folder)
    return folder


def keep(digest: str, known_by: tuple[str, ...], archive: bytes) -> None:
    """Keep what somebody packed, under its digest; raise LabError when there is no room, or it is something else."""
    if kept(digest):
        return
    home = paths.make_folder(_home())
    temporary = Path(tempfile.mkdtemp(prefix=".new-", dir=home))
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extraction_filter = staticmethod(
                lambda member, path: member
            )  # a kernel has links of all kinds
            tar.extractall(temporary)
        if digest_of(temporary, known_by) != digest:
            raise tarfile.TarError
        temporary.rename(home / digest)
    except OSError as problem:
        if kept(digest):  # another process of this machine was faster
            return
        raise LabError(
            f"{home} takes nothing: {problem.strerror or problem}.",
            hint="Make it writable, or free some space.",
        ) from problem
    except (tarfile.TarError, EOFError, zlib.error) as problem:
        raise LabError("What was sent here is damaged.", hint="Send it again.") from problem
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    _prune(home)


def _home() -> Path:
    return paths.cache() / "content"


def _prune(home: Path) -> None:
    folders = sorted(home.glob("[!.]*/"), key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in folders[KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)


def digest_of(folder: Path, names: tuple[str, ...]) -> str:
    """The digest of what lies under `names` in `folder`."""
    digest = hashlib.sha256()
    for path in _files(folder, names):
        what = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
        kind = b"link" if path.is_symlink() else b"run" if os.access(path, os.X_OK) else b"file"
        for part in (os.fsencode(path.relative_to(folder)), kind, what):
            digest.update(b"%d:" % len(part))
            digest.update(part)
    return digest.hexdigest()


def _files(folder: Path, names: tuple[str, ...]) -> Iterator[Path]:
    """All that are no folders, in an order that does not depend on the file system."""
    for name in sorted(names):
        top = folder / name
        if not top.is_dir():
            yield from (top,) if top.exists() else ()
            continue
        for place, folders, files in os.walk(top):
            folders.sort()
            links = [folder for folder in folders if Path(place, folder).is_symlink()]
            for entry in sorted((*files, *links)):
                yield Path(place, entry)
