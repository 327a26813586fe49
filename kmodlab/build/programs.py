# SPDX-License-Identifier: MIT
"""Test programs: a lesson's C programs, compiled statically so that they run in any guest."""

import os
import subprocess
from functools import lru_cache
from pathlib import Path

from kmodlab.build import kbuild, sandbox
from kmodlab.errors import LabError
from kmodlab.kernels import compiler
from kmodlab.kernels.tree import KernelTree

OPTIONS = ("-static", "-O1", "-s", "-Wall", "-pthread", "-fdiagnostics-color=never")
DEADLINE_SECONDS = 60
KEPT_PROGRAMS = 32  # each has about 1 MB


def compile_program(tree: KernelTree, source: Path) -> bytes:
    """Compile the C file `source` in a folder where nothing of the learner's is; return the program.

    Whoever asks for the same file again gets the same program. Raises LabError that names the file and the compiler's
    first error: whoever wrote the lesson has to mend it.
    """
    try:
        return _compiled(tree, source, source.read_bytes())
    except OSError as problem:
        raise LabError(
            f"The test program {source} cannot be taken: {problem.strerror}.",
            hint="The lesson is incomplete; install its pack again, or tell its author.",
        ) from problem


@lru_cache(maxsize=KEPT_PROGRAMS)
def _compiled(tree: KernelTree, source: Path, content: bytes) -> bytes:
    with kbuild.build_folder() as folder:
        (folder / source.name).write_bytes(content)
        place = sandbox.inside(folder)
        command = [compiler.program(tree), *OPTIONS, str(place / source.name), "-o", str(place / source.stem)]
        try:
            result = subprocess.run(
                sandbox.wrap(command, folder, tree.folders),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                text=True,
                errors="replace",
                timeout=DEADLINE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as problem:
            raise _broken(source, f"{tree.compiler} does not come to an end") from problem
        if result.returncode != 0:
            complaints = [line for line in result.stderr.splitlines() if "error:" in line] or [result.stderr]
            raise _broken(source, complaints[0].strip().replace(f"{place}/", ""))
        return (folder / source.stem).read_bytes()


def _broken(source: Path, why: str) -> LabError:
    return LabError(
        f"The test program {source} cannot be compiled: {why}.",
        hint="The lesson is at fault, not you; tell its author.",
    )
