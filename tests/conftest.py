# SPDX-License-Identifier: MIT
"""What several tests share: a home of their own, a kernel, and a session with real machines."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import apt_archive
import pytest

from kmodlab.kernels import store
from kmodlab.kernels.tree import KernelTree
from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.machines import template
from kmodlab.machines.qemu import QemuMachine
from kmodlab.machines.template import Template
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.session import Session

if TYPE_CHECKING:
    from tui_lab import RecordedSession


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many tests wait, for what hangs, for a deadline, or for a key."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that at the end no processor waits for another."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def kernel_tree() -> KernelTree:
    """The kernel in this user's cache, fetched when there is none."""
    return store.ensure()


@pytest.fixture(scope="session")
def booted(kernel_tree: KernelTree) -> Iterator[Template]:
    kept = template.prepare(kernel_tree)
    yield kept
    kept.close()


@pytest.fixture
def machine(booted: Template) -> Iterator[QemuMachine]:
    """A fresh clone."""
    clone = booted.clone()
    yield clone
    clone.close()


@pytest.fixture(scope="session")
def pack() -> Pack:
    """The curriculum that ships."""
    return catalog.load(catalog.shipped_folder())


@pytest.fixture(scope="session")
def session(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A session with real machines and a data folder of its own."""
    data = tmp_path_factory.mktemp("data")
    opened = Session(pack, workspace=Workspace(pack, data), progress=Progress(pack, data / "progress.db"))
    with opened:
        opened.boot()
        yield opened


@pytest.fixture
def hello(pack: Pack) -> Lesson:
    return pack.lesson("hello")


@pytest.fixture
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own; the cache with its kernel is shared."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "kmodlab"


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Iterator[RecordedSession]":
    """The app's session without a machine; settings and files are below a folder of the test's own."""
    from tui_lab import RecordedSession, failing, make_pack  # most tests do without Textual

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    folder = tmp_path / "pack"
    folder.mkdir()
    recorded = RecordedSession(make_pack(folder), tmp_path / "data")
    recorded.events = failing(recorded.pack.lessons[0])
    yield recorded
    recorded.booted.set()


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[apt_archive.Archive]:
    """An empty package archive, which apt reads instead of the system's own."""
    with apt_archive.served(tmp_path, monkeypatch) as served:
        yield served


@pytest.fixture
def small_pack(tmp_path: Path, pack: Pack) -> Pack:
    """A pack of its own with `hello`, of which all checks share one run: a submission takes one machine."""
    folder = tmp_path / "pack"
    shutil.copytree(pack.folder / "lessons/01-hello", folder / "lessons/01-hello")
    shutil.copytree(pack.folder / "solutions/01-hello", folder / "solutions/01-hello")
    manifest = folder / "lessons/01-hello/lesson.toml"
    head, *checks = manifest.read_text().split("[[check]]\n")
    kept = (check for check in checks if not check.startswith(('id = "whole-line"', 'id = "again"')))
    manifest.write_text("[[check]]\n".join((head, *kept)))
    (folder / "pack.toml").write_text(
        f'# {tmp_path}\nformat = 1\nid = "small"\ntitle = "A small pack"\nversion = "1"\nlessons = ["hello"]\n'
    )
    return catalog.load(folder)
