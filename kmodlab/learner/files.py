# SPDX-License-Identifier: MIT
"""Reading files that somebody handed in, and writing files that a power cut cannot leave half written."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kmodlab.errors import LabError, UsageError

SIZE_LIMIT = 1_000_000  # bytes of one file; real lessons need less than a tenth of it


def read_ordinary(path: Path) -> bytes:
    """The content of the ordinary file at `path`.

    Symbolic links, folders, devices, pipes and files above SIZE_LIMIT are refused with UsageError: they come
    from a learner, and following them would hand out what the file's author may not read.
    """
    try:
        kind = path.lstat().st_mode
        if not stat.S_ISREG(kind):
            raise _not_ordinary(path, kind)
        # It may have been exchanged since that look: neither follow nor block, and look again.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            kind = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(kind):
                raise _not_ordinary(path, kind)
            content = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError as problem:
        raise UsageError(
            f"There is no {path.name} in {path.parent}.",
            hint="Put the file there; it has to have that very name.",
        ) from problem
    except OSError as problem:
        raise UsageError(
            f"{path} cannot be read: {problem.strerror}.", hint="Make it a file that you may read."
        ) from problem
    if len(content) > SIZE_LIMIT:
        raise UsageError(
            f"{path} is larger than {SIZE_LIMIT // 1_000_000} MB.",
            hint="Hand in C source only, without built or recorded data.",
        )
    return content


def _not_ordinary(path: Path, mode: int) -> UsageError:
    if stat.S_ISLNK(mode):
        kind = "a symbolic link"
    elif stat.S_ISDIR(mode):
        kind = "a folder"
    else:
        kind = "a device or a pipe"
    return UsageError(f"{path} is {kind}.", hint="Put an ordinary file in its place.")


def replace(path: Path, content: bytes) -> None:
    """Write `content` to `path` in one step: whoever reads it meets the old content or the new, never a part.

    Permission bits are kept. Raise LabError when the system refuses.
    """
    with _draft(path, content) as draft:
        draft.replace(path)


def create(path: Path, content: bytes) -> None:
    """Write `content` to a new file, whole from the first moment; what has that name already stays."""
    with _draft(path, content) as draft, suppress(FileExistsError):
        path.hardlink_to(draft)


@contextmanager
def _draft(path: Path, content: bytes) -> Iterator[Path]:
    """A file beside `path` with the new content, safely on disk; removed again when it was not put to use."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            if path.is_file() and not path.is_symlink():
                os.fchmod(descriptor, stat.S_IMODE(path.stat().st_mode))
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        yield draft
    except OSError as problem:
        raise LabError(
            f"{path} cannot be written: {problem.strerror}.",
            hint="Make its folder writable, or free some space.",
        ) from problem
    finally:
        draft.unlink(missing_ok=True)
