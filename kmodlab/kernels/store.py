# SPDX-License-Identifier: MIT
"""The kernels in the user's cache: kernels/RELEASE/ holds one, and a kernel.json that describes it.

A folder appears under its release only when it is complete. Half of a fetch that was cut short stands in a
folder `.new-…` and is swept by the next one.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event

from kmodlab import locks, paths, settings
from kmodlab.errors import LabError, UsageError
from kmodlab.kernels import apt, compiler, dnf, local
from kmodlab.kernels import strict as strict_kernel
from kmodlab.kernels.tree import KernelTree
from kmodlab.steps import Listener, ignore

UNFINISHED = ".new-"
DESCRIPTION = "kernel.json"
KEY = "strict.key"  # beside the description of a strict kernel: what it was made of
FETCHED = ("apt", "dnf")  # sources whose kernels lie here as a whole
FILES = ("image", "headers", "modules", "busybox")  # the paths of a KernelTree


def folder() -> Path:
    """Name the folder that holds the kernels."""
    return paths.cache() / "kernels"


def installed() -> tuple[KernelTree, ...]:
    """List the kernels that are there with all their files, newest first."""
    trees = (_read(description.parent) for description in folder().glob(f"*/{DESCRIPTION}"))
    return tuple(sorted((tree for tree in trees if tree), key=lambda tree: _age(tree.release), reverse=True))


def chosen() -> KernelTree | None:
    """Give the kernel that the user chose, the newest when that is not there, None when there is none.

    A strict kernel is never the newest: it has to be asked for.
    """
    trees = installed()
    choice = settings.load().kernel
    newest = next((tree for tree in trees if tree.source != strict_kernel.SOURCE), None)
    return next((tree for tree in trees if tree.release == choice), newest)


def strict() -> KernelTree:
    """Give the strict kernel; raise LabError when there is none."""
    found = _strict()
    if found is None:
        raise LabError(
            "There is no strict kernel yet.",
            hint=f"`{strict_kernel.COMMAND}` makes one, which takes about {strict_kernel.MINUTES} minutes.",
        )
    return found


def build_strict(listen: Listener = ignore, cancel: Event | None = None) -> KernelTree:
    """Build the strict kernel, unless it is there, made of the newest source; it takes the place of an older one.

    It is not chosen. Raises LabError when there is no way to it.
    """
    base = ensure(listen, cancel)
    compiler.program(base)
    work = paths.make_folder(paths.cache() / "strict")
    with locks.held(work / ".lock", "the strict kernel", listen, cancel):
        old = _strict()
        known = (folder() / old.release / KEY).read_text() if old else None
        built = strict_kernel.build(work, base, known, listen, cancel)
        if built is None:
            return strict()
        with _lock(listen, cancel):
            with _new_home() as home:
                tree = strict_kernel.install(built, home, base)
                (home / KEY).write_text(built.key)
                (home / DESCRIPTION).write_text(_describe(tree, home))
            if old and old.release != tree.release:
                _discard(folder() / old.release)
        for part in (path for path in work.iterdir() if path.is_dir()):
            shutil.rmtree(part, ignore_errors=True)
    return strict()


def _strict() -> KernelTree | None:
    return next((tree for tree in installed() if tree.source == strict_kernel.SOURCE), None)


def ensure(listen: Listener = ignore, cancel: Event | None = None) -> KernelTree:
    """Give the chosen kernel; fetch one when there is none."""
    tree = chosen()
    if tree:
        return tree
    with _lock(listen, cancel):
        return chosen() or _fetch(listen, cancel)


def add(listen: Listener = ignore, cancel: Event | None = None, *, suite: str | None = None) -> KernelTree:
    """Fetch the newest kernel, or that of another `suite`, unless it is there already, and choose it.

    Raises LabError when there is no way to it, or none of the compilers here can build modules for it.
    """
    with _lock(listen, cancel):
        tree = _fetch(listen, cancel, suite)
    return _choose(tree)


def add_running() -> KernelTree:
    """Choose the kernel that runs on this computer; raise LabError when it cannot be used."""
    return _add_local(local.running(_any_busybox()))


def add_built(tree: Path) -> KernelTree:
    """Choose the kernel that was built in the folder `tree`; raise LabError when it cannot be used."""
    return _add_local(local.built(tree, _any_busybox()))


def _any_busybox() -> Path | None:
    return next((tree.busybox for tree in installed()), None)


def _add_local(tree: KernelTree) -> KernelTree:
    """Note where `tree` stands, in the place of one of the same release."""
    with _lock(ignore, None):
        _sweep()
        with _new_home() as work:
            (work / "root").mkdir()
            busybox = shutil.copy(tree.busybox, work / "root")  # the kernel that it came with may be removed
            tree = replace(tree, busybox=Path(busybox))
            (work / DESCRIPTION).write_text(_describe(tree, work))
    return _choose(_find(tree.release))


def _choose(tree: KernelTree) -> KernelTree:
    if compiler.find(tree.compiler) is None:
        raise LabError(
            f"Linux {tree.release} is here, but its modules need {tree.compiler} or newer, which is not.",
            hint=f"Install the package {tree.compiler}, then `kmodlab kernel use {tree.release}`.",
        )
    settings.change(kernel=tree.release)
    return tree


def use(release: str) -> KernelTree:
    """Choose the kernel `release`; raise UsageError when it is not there, LabError when its compiler is not."""
    return _choose(_find(release))


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


def _fetch(listen: Listener, cancel: Event | None, suite: str | None = None) -> KernelTree:
    """Fetch the newest kernel, holding the lock."""
    _sweep()
    have = {tree.release: tree for tree in installed() if tree.source in FETCHED}
    fetch = dnf.fetch if shutil.which("dnf") and not shutil.which("apt-get") else apt.fetch
    with _new_home() as work:
        fetched = fetch(work, suite=suite, have=have, listen=listen, cancel=cancel)
        if isinstance(fetched, str):
            return have[fetched]
        for part in work.iterdir():
            if part.name != "root":
                shutil.rmtree(part, ignore_errors=True)
        (work / DESCRIPTION).write_text(_describe(fetched, work))
    return _find(fetched.release)


@contextmanager
def _new_home() -> Iterator[Path]:
    """A folder to make a kernel in. When a description is there at the end, it becomes the home of that kernel."""
    try:
        work = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder()))
        try:
            yield work
            if (work / DESCRIPTION).exists():
                home = folder() / json.loads((work / DESCRIPTION).read_text())["release"]
                work.chmod(0o755)
                _discard(home)
                work.rename(home)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as problem:
        raise LabError(
            f"The kernel could not be kept in {folder()}: {problem.strerror}.",
            hint="Make the folder writable, free some space, or set XDG_CACHE_HOME to another place.",
        ) from problem


def _describe(tree: KernelTree, home: Path) -> str:
    """Write kernel.json: the fields of `tree`, paths in `home` relative to it, so that the cache may move."""

    def written(path: Path) -> str:
        return str(path.relative_to(home) if path.is_relative_to(home) else path)

    fields = asdict(tree) | {name: written(getattr(tree, name)) for name in FILES}
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
