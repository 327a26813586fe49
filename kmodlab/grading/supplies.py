# SPDX-License-Identifier: MIT
"""Supplies: what a check's machine needs besides the learner's modules: programs and modules of the pack's, scripts."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from kmodlab.build.helpers import Helper
from kmodlab.build.programs import compile_program
from kmodlab.grading.actions import MODULE_FOLDER
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines.machine import Machine
from kmodlab.packs.actions import Load, Python, Run, Shell
from kmodlab.packs.catalog import Lesson
from kmodlab.packs.manifest import Check

SOURCES = (".c", ".h")


def scripts(sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """The learner's files that are no C, by name."""
    return {name: content for name, content in sources.items() if Path(name).suffix not in SOURCES}


def push(machine: Machine, files: Mapping[str, bytes]) -> None:
    """Put programs and scripts beside the modules; raises as Machine.push does."""
    paths = [f"{MODULE_FOLDER}/{name}" for name in files]
    for path, content in zip(paths, files.values(), strict=True):
        machine.push(path, content)
    if paths:
        machine.run(shlex.join(("chmod", "755", *paths)))


class Supplies:
    """The test programs of a lesson, which may still be being compiled, its helpers, and the learner's scripts."""

    def __init__(
        self,
        programs: Mapping[str, Future[bytes]] | None = None,
        scripts: Mapping[str, bytes] | None = None,
        helpers: Sequence[Helper] = (),
    ) -> None:
        self._programs, self._scripts = programs or {}, scripts or {}
        self.helpers = {f"{helper.name}.ko": helper.module for helper in helpers}  # as they go into a guest

    def of(self, check: Check) -> dict[str, bytes]:
        """What `check` needs, by name; raise LabError for a program that does not compile."""
        actions = tuple(check.single_actions)
        needed = {action.program: self._programs[action.run] for action in actions if isinstance(action, Run)}
        found = {name: program.result() for name, program in needed.items()}
        loaded = {f"{action.module}.ko" for action in actions if isinstance(action, Load)}
        found |= {name: module for name, module in self.helpers.items() if name in loaded}
        return (
            found | dict(self._scripts)
            if any(isinstance(action, Shell | Python) for action in actions)
            else found
        )


@contextmanager
def prepared(
    tree: KernelTree, lesson: Lesson, sources: Mapping[str, bytes], helpers: Sequence[Helper]
) -> Iterator[Supplies]:
    """The supplies of an attempt; programs are compiled meanwhile."""
    actions = (action for check in lesson.checks for action in check.single_actions)
    names = dict.fromkeys(action.run for action in actions if isinstance(action, Run))
    if not names:
        yield Supplies(scripts=scripts(sources), helpers=helpers)
        return
    with ThreadPoolExecutor(1, thread_name_prefix="programs") as executor:
        programs = {name: executor.submit(compile_program, tree, lesson.folder / name) for name in names}
        yield Supplies(programs, scripts(sources), helpers)
