# SPDX-License-Identifier: MIT
"""What runs on the workers of a cluster: one submission graded there, by a process of its own with machines of its own.

A pack or a kernel that is not there is asked for by its digest (content.py). Nothing is raised: what goes wrong is an
answer, too.
"""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from socket import gethostname

from distributed import get_worker

from kmodlab import __version__
from kmodlab.build import sandbox
from kmodlab.classroom import content
from kmodlab.classroom.crew import Crew
from kmodlab.classroom.jobs import Answer, Done, Job
from kmodlab.errors import LabError
from kmodlab.kernels import store
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines import template
from kmodlab.packs import catalog, trust
from kmodlab.packs.catalog import Pack


@dataclass(frozen=True)
class Setting:
    """What a class is graded with: digests of the pack and the kernel, whose paths are relative here."""

    version: str  # of kmodlab
    pack: str
    kernel: str
    tree: KernelTree


@dataclass(frozen=True)
class Order:
    """Files to be graded as a lesson."""

    setting: Setting
    fingerprint: str
    lesson: str
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class Lacks:
    """The worker at `address` has to be sent the content of `digests` first."""

    digests: tuple[str, ...]
    address: str


@dataclass(frozen=True)
class Unfit:
    """The worker cannot grade anything: why, and what to do about it."""

    message: str
    hint: str


@dataclass
class _Desk:
    """What a thread of the worker grades with, and keeps for the next submission."""

    setting: Setting
    pack: Pack
    crew: Crew
    in_use: threading.Lock


_here = threading.local()
_desks: list[_Desk] = []  # of all threads


def grade(order: Order) -> Answer | Lacks | Unfit:
    """Grade one submission, with at most one more process."""
    try:
        desk = _desk(order.setting)
        if isinstance(desk, Lacks):
            return desk
        job = Job(order.fingerprint, desk.pack.lesson(order.lesson), order.files)
        with desk.in_use:
            (answer,) = (event.answer for event in desk.crew.work([job]) if isinstance(event, Done))
    except LabError as problem:
        return Unfit(f"{gethostname()}: {problem.message}", problem.hint)
    return answer


def has(digest: str) -> bool:
    """Whether the content is there by now; another worker of the machine may have been sent it."""
    return content.kept(digest) is not None


async def keep(digest: str, known_by: tuple[str, ...], archive: bytes) -> Unfit | None:
    """Keep the content that was asked for. It takes seconds, in which the worker goes on to answer."""
    try:
        await asyncio.to_thread(content.keep, digest, known_by, archive)
    except LabError as problem:
        return Unfit(f"{gethostname()}: {problem.message}", problem.hint)
    return None


def end() -> None:
    """End the processes and machines of this worker that have nothing to do; others may work for somebody else."""
    for desk in _desks.copy():
        if desk.in_use.acquire(blocking=False):
            try:
                desk.crew.close()
            finally:
                desk.in_use.release()


def known_by(tree: KernelTree) -> tuple[str, ...]:
    """The files that no two kernels have in common: the image, its configuration, and what it exports."""
    files = (tree.image, tree.headers / ".config", tree.headers / "Module.symvers")
    return tuple(str(file.relative_to(tree.root)) for file in files)


def relative(tree: KernelTree) -> KernelTree:
    """The kernel with paths below its root."""
    root = tree.root
    return replace(
        tree,
        image=tree.image.relative_to(root),
        headers=tree.headers.relative_to(root),
        modules=tree.modules.relative_to(root),
        busybox=tree.busybox.relative_to(root),
    )


def _desk(setting: Setting) -> _Desk | Lacks:
    desk: _Desk | None = getattr(_here, "desk", None)
    if desk is not None and desk.setting == setting:
        return desk
    if setting.version != __version__:
        raise LabError(
            f"It runs kmodlab {__version__}, and not {setting.version} as here.",
            hint="Install the same version on every worker.",
        )
    if not sandbox.works():
        raise LabError(
            "There is no sandbox, and without one nothing that somebody handed in is compiled.",
            hint="Install the package bubblewrap there; `kmodlab doctor` says more.",
        )
    tree, folder = _tree(setting), content.kept(setting.pack)
    if tree is None or folder is None:
        lacking = ((setting.kernel, tree), (setting.pack, folder))
        return Lacks(tuple(digest for digest, found in lacking if found is None), get_worker().address)
    template.prepare(tree).close()
    pack = catalog.load(folder)
    trust.trust(pack)  # whoever sent it was asked
    if desk is not None:
        _desks.remove(desk)
        desk.crew.close()
    desk = _here.desk = _Desk(setting, pack, Crew(pack, tree, 1), threading.Lock())
    _desks.append(desk)
    return desk


def _tree(setting: Setting) -> KernelTree | None:
    """The kernel that is wanted: one that was fetched here, or one that was sent; None when there is neither."""
    for tree in store.installed():
        if (
            tree.release == setting.tree.release
            and content.digest_of(tree.root, known_by(tree)) == setting.kernel
        ):
            return tree
    folder = content.kept(setting.kernel)
    return None if folder is None else _below(folder, setting.tree)


def _below(root: Path, tree: KernelTree) -> KernelTree:
    return replace(
        tree,
        image=root / tree.image,
        headers=root / tree.headers,
        modules=root / tree.modules,
        busybox=root / tree.busybox,
    )
