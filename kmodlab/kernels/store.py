# SPDX-License-Identifier: MIT
"""The kernels in the user's cache: kernels/RELEASE/ holds one, and a kernel.json that describes it.

A folder appears under its release only when it is complete. Half of a fetch that was cut short stands in a
folder `.new-…` and is swept by the next one.
"""

import json
import re
import shutil
import tempfile
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event

from kmodlab import locks, paths, settings
from kmodlab.errors import LabError, UsageError
from kmodlab.kernels import apt
from kmodlab.kernels.tree import KernelTree
from kmodlab.steps import Listener, ignore

UNFINISHED = ".new-"
DESCRIPTION = "kernel.json"
FILES = ("image", "headers", "modules", "busybox")  # the paths of a KernelTree


def folder() -> Path:
    """Name the folder that holds the kernels."""
    return paths.cache() / "kernels"


def installed() -> tuple[KernelTree, ...]:
    """List the kernels that are there with all their files, newest first."""
    trees = (_read(description.parent) for description in folder().glob(f"*/{DESCRIPTION}"))
    return tuple(sorted((tree for tree in trees if tree), key=lambda tree: _age(tree.release), reverse=True))


def chosen() -> KernelTree | None:
    """Give the kernel that the user chose, the newest when that is not there, None when there is none."""
    trees = installed()
    choice = settings.load().kernel
    return next((tree for tree in trees if tree.release == choice), trees[0] if trees else None)


def ensure(listen: Listener = ignore, cancel: Event | None = None) -> KernelTree:
    """Give the chosen kernel; fetch one when there is none."""
    tree = chosen()
    if tree:
        return tree
    with _lock(listen, cancel):
        return chosen() or _fetch(listen, cancel)


def add(listen: Listener = ignore, cancel: Event | None = None) -> KernelTree:
    """Fetch the newest kernel unless it is there already, and choose it."""
    with _lock(listen, cancel):
        tree = _fetch(listen, cancel)
    settings.change(kernel=tree.release)
    return tree


def use(release: str) -> KernelTree:
    """Choose the kernel `release`; raise UsageError when it is not there."""
    tree = _find(release)
    settings.change(kernel=release)
    return tree


def remove(release: str) -> None:
    """Delete the kernel `release`; raise UsageError when it is not there."""
    _find(release)
    with _lock(ignore, None):
        _discard(folder() / release)


def _find(release: str) -> KernelTree:
    trees = installed()
    for tree in trees:
        if tree.release == release:
            return tree
    names = ", ".join(tree.release for tree in trees)
    raise UsageError(
        f"There is no kernel {release!r} here.",
        hint=f"There is {names}." if names else "Fetch one with `kmodlab kernel add`.",
    )


def _fetch(listen: Listener, cancel: Event | None) -> KernelTree:
    """Fetch the newest kernel, holding the lock."""
    _sweep()
    have = {tree.release: tree for tree in installed()}
    try:
        work = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder()))
        try:
            fetched = apt.fetch(work, have=have, listen=listen, cancel=cancel)
            if isinstance(fetched, str):
                return have[fetched]
            shutil.rmtree(work / "apt", ignore_errors=True)
            shutil.rmtree(work / "packages", ignore_errors=True)
            (work / DESCRIPTION).write_text(_describe(fetched, work))
            work.chmod(0o755)
            home = folder() / fetched.release
            _discard(home)
            work.rename(home)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as problem:
        raise LabError(
            f"The kernel could not be kept in {folder()}: {problem.strerror}.",
            hint="Make the folder writable, free some space, or set XDG_CACHE_HOME to another place.",
        ) from problem
    return _find(fetched.release)


def _describe(tree: KernelTree, home: Path) -> str:
    """Write kernel.json: the fields of `tree`, paths relative to `home`, so that the cache may move."""
    fields = asdict(tree) | {name: str(getattr(tree, name).relative_to(home)) for name in FILES}
    return json.dumps({"format": 1, **fields}, indent=2) + "\n"


def _read(home: Path) -> KernelTree | None:
    """Give the kernel that stands in `home`, None when it is incomplete or not one of ours."""
    try:
        fields = json.loads((home / DESCRIPTION).read_text())
        del fields["format"]
        tree = KernelTree(**fields)
        tree = replace(tree, **{name: home / fields[name] for name in FILES})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    needed = (tree.image, tree.headers / "Makefile", tree.headers / ".config", tree.modules, tree.busybox)
    return tree if tree.release == home.name and all(path.exists() for path in needed) else None


def _age(release: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", release))


def _discard(home: Path) -> None:
    """Remove a kernel so that no half of it is ever seen under its name."""
    if home.exists():
        grave = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder()))
        home.rename(grave / home.name)
        shutil.rmtree(grave, ignore_errors=True)


def _sweep() -> None:
    """Remove what a fetch that was cut short left; the lock is held, so nobody works there."""
    for leftover in folder().glob(f"{UNFINISHED}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _lock(listen: Listener, cancel: Event | None) -> AbstractContextManager[None]:
    """Keep others from changing the kernels meanwhile."""
    return locks.held(paths.make_folder(folder()) / ".lock", "the kernels", listen, cancel)
