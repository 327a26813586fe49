# SPDX-License-Identifier: MIT
"""Supplies: what a check's machine needs besides modules, which is test programs and the learner's scripts."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from kmodlab.build import kbuild
from kmodlab.build.programs import compile_program
from kmodlab.kernels.tree import KernelTree
from kmodlab.packs.actions import Run, Shell
from kmodlab.packs.catalog import Lesson
from kmodlab.packs.manifest import Check

SOURCES = (".c", ".h")


class Supplies:
    """The test programs of a lesson, which may still be being compiled, and the scripts among the learner's files."""

    def __init__(
        self, programs: Mapping[str, Future[bytes]] | None = None, scripts: Mapping[str, bytes] | None = None
    ) -> None:
        self._programs, self._scripts = programs or {}, scripts or {}

    def of(self, check: Check) -> dict[str, bytes]:
        """What `check` needs, by name; raise LabError for a program that does not compile."""
        actions = tuple(check.single_actions)
        needed = {action.program: self._programs[action.run] for action in actions if isinstance(action, Run)}
        found = {name: program.result() for name, program in needed.items()}
        return found | dict(self._scripts) if any(isinstance(action, Shell) for action in actions) else found


@contextmanager
def prepared(tree: KernelTree, lesson: Lesson, sources: Mapping[str, bytes]) -> Iterator[Supplies]:
    """The supplies of an attempt; programs are compiled meanwhile, in a folder of their own."""
    scripts = {name: content for name, content in sources.items() if Path(name).suffix not in SOURCES}
    actions = (action for check in lesson.checks for action in check.single_actions)
    names = dict.fromkeys(action.run for action in actions if isinstance(action, Run))
    if not names:
        yield Supplies(scripts=scripts)
        return
    with kbuild.build_folder() as folder, ThreadPoolExecutor(1, thread_name_prefix="programs") as executor:
        programs = {
            name: executor.submit(compile_program, tree, lesson.folder / name, folder) for name in names
        }
        yield Supplies(programs, scripts)
