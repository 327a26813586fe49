# SPDX-License-Identifier: MIT
"""Installing packs beside the one that ships: add, update, remove. The learner's files and progress are elsewhere.

A pack is read and judged as a whole before it takes its place, and a new version takes the old one's place in one step.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from kmodlab import locks, paths
from kmodlab.errors import LabError, UsageError
from kmodlab.packs import catalog, contents
from kmodlab.packs.catalog import Pack
from kmodlab.packs.contents import Contents
from kmodlab.steps import Listener, Step, ignore

RECORD = ".installed.json"  # in the pack's folder: where it came from
URL = re.compile(r"[a-z][a-z0-9+.-]*://.+|[\w.-]+@[\w.-]+:.+")
PROTOCOLS = "https:http:ssh:git:file"  # others make git run commands
GIT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Installed:
    """A pack that has taken its place, and the version that was there before."""

    pack: Pack
    before: str | None


def add(source: str, listen: Listener = ignore) -> Installed:
    """Install the pack from `source`: a folder, an archive, or what git can clone, as URL or URL#TAG.

    One of the same id gives way to it, whatever its version. Raise LabError when there is none or it is damaged.
    """
    if is_url(source):
        with _cloned(source, listen) as folder:
            found = contents.read(folder)
    else:
        found = contents.read(Path(source))
        source = str(Path(source).resolve())
    return _put(found, source, listen)


def update(id: str, listen: Listener = ignore) -> Installed:
    """Install the pack called `id` again from where it came from; raises as `add` does."""
    source = source_of(_folder(id))
    if source is None:
        raise UsageError(
            f"Where the pack {id!r} came from is not known.",
            hint="Name its new version: kmodlab pack add PATH-OR-URL",
        )
    if not is_url(source) and not Path(source).exists():
        raise UsageError(
            f"The pack {id!r} came from {source}, which is not there any more.",
            hint="Name its new version: kmodlab pack add PATH-OR-URL",
        )
    installed = add(source, listen)
    if installed.pack.id != id:
        raise UsageError(
            f"{source} holds the pack {installed.pack.id!r} now, which was added beside {id!r}.",
            hint=f"If {id!r} is not needed any more: kmodlab pack remove {id}",
        )
    return installed


def remove(id: str, listen: Listener = ignore) -> None:
    """Remove the pack called `id`. What the learner did with it is kept, and there again when it is added again."""
    folder = _folder(id)
    with _lock(listen):
        _discard(folder)


def source_of(folder: Path) -> str | None:
    """Where the installed pack in `folder` came from; None when that is not known."""
    try:
        source = json.loads((folder / RECORD).read_text(encoding="utf-8"))["source"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return source if isinstance(source, str) else None


def is_url(source: str) -> bool:
    """Whether git has to fetch it; what is there under that name on this computer is no URL."""
    return not Path(source).exists() and URL.fullmatch(source) is not None


def _put(found: Contents, source: str, listen: Listener) -> Installed:
    home = paths.make_folder(catalog.installed_folder())
    with _lock(listen):
        new = home / f".new-{secrets.token_hex(4)}"
        try:
            contents.write(found, new)
            pack = _judged(new, source)
            (new / RECORD).write_text(json.dumps({"source": source}), encoding="utf-8")
            there = catalog.folder_of(pack.id)
            before = None if there is None else _version(there)
            if there is not None:
                _discard(there)
            new.rename(home / pack.id)
        except OSError as problem:
            raise LabError(
                f"The pack cannot be written to {home}: {problem.strerror}.",
                hint="Make that folder writable, or free some space.",
            ) from problem
        finally:
            shutil.rmtree(new, ignore_errors=True)
    return Installed(catalog.load(home / pack.id), before)


def _judged(folder: Path, source: str) -> Pack:
    """The pack in `folder`; raise UsageError when it cannot be used, in words about its `source`."""
    try:
        pack = catalog.load(folder)
        for lesson in pack.lessons:
            lesson.starter()
            lesson.text  # noqa: B018  # whether it can be read
    except LabError as problem:
        message = problem.message.replace(str(folder), source)
        raise UsageError(message, hint="The pack is damaged; tell its author.") from problem
    if pack.id == catalog.load(catalog.shipped_folder()).id:
        raise UsageError(
            f"{source} calls itself {pack.id!r}, as the pack that ships does.", hint="Give it another id."
        )
    return pack


def _version(folder: Path) -> str:
    try:
        return catalog.load(folder).manifest.version
    except LabError:
        return "a damaged version"


def _folder(id: str) -> Path:
    folder = catalog.folder_of(id)
    if folder is None:
        raise UsageError(
            f"There is no pack called {id!r} in {catalog.installed_folder()}.",
            hint="`kmodlab pack list` shows the packs; the one that ships stays.",
        )
    return folder


def _discard(folder: Path) -> None:
    """Have nothing in the place of `folder`, in one step."""
    old = folder.with_name(f".old-{secrets.token_hex(4)}")
    try:
        folder.rename(old)
    except OSError as problem:
        raise LabError(
            f"{folder} cannot be removed: {problem.strerror}.", hint="Make the folder above it writable."
        ) from problem
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _cloned(source: str, listen: Listener) -> Iterator[Path]:
    """A clone of the repository that `source` names. Nothing of it is run, and links in it are no links."""
    url, _, tag = source.partition("#")
    listen(Step(f"Fetching {source}"))
    with tempfile.TemporaryDirectory(prefix="kmodlab-") as folder:
        options = ["-c", "core.symlinks=false", "-c", "core.hooksPath=/dev/null", "clone", "--depth", "1"]
        branch = ["--branch", tag] if tag else []
        environment = os.environ | {
            "GIT_ALLOW_PROTOCOL": PROTOCOLS,
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }
        try:
            done = subprocess.run(
                ["git", *options, "--quiet", *branch, "--", url, f"{folder}/pack"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                env=environment,
                timeout=GIT_SECONDS,
                check=False,
            )
        except FileNotFoundError as problem:
            raise LabError("git is not installed.", hint="Install it, or download the pack.") from problem
        except subprocess.TimeoutExpired as problem:
            raise LabError(
                f"{url} does not answer.", hint="Try again later, or clone it yourself and add the folder."
            ) from problem
        if done.returncode != 0:
            said = done.stderr.strip().splitlines() or ["git does not say why"]
            raise LabError(
                f"git cannot fetch {source}: {said[-1].removeprefix('fatal: ').strip('.')}.",
                hint="Correct the address, or clone it yourself and add the folder.",
            )
        yield Path(folder) / "pack"


def _lock(listen: Listener, cancelled: Event | None = None) -> AbstractContextManager[None]:
    home = paths.make_folder(catalog.installed_folder())
    return locks.held(home / ".lock", "packs", listen, cancelled)
