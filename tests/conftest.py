# SPDX-License-Identifier: MIT
"""What several tests share: a home of their own, a kernel, and a session with real machines."""

import os
from collections.abc import Iterator

import pytest

from kmodlab.kernels import store
from kmodlab.kernels.tree import KernelTree
from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.machines import template
from kmodlab.machines.qemu import QemuMachine
from kmodlab.machines.template import Template
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Pack
from kmodlab.session import Session


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many tests wait for what hangs, or for a deadline."""
    return (os.cpu_count() or 1) + 1


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
        opened.prepare()
        yield opened
