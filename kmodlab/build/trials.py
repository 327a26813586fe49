# SPDX-License-Identifier: MIT
"""What Kbuild has found out about the compiler, kept from one build to the next; see trials.mk."""

import hashlib
import os
import shutil
from contextlib import suppress
from importlib import resources
from pathlib import Path

from kmodlab import paths
from kmodlab.kernels import compiler
from kmodlab.kernels.tree import KernelTree

MAKEFILE = ".trials.mk"
ANSWERS = (".trials-good", ".trials-bad")


def put(tree: KernelTree, folder: Path) -> None:
    """Put the makefile and the known answers into a build folder."""
    (folder / MAKEFILE).write_bytes(resources.files("kmodlab.build").joinpath("trials.mk").read_bytes())
    for name in ANSWERS:
        kept = _kept(tree) / name
        (folder / name).write_bytes(kept.read_bytes() if kept.exists() else b"")


def keep(tree: KernelTree, folder: Path) -> None:
    """Keep the answers that a build found; a cache that takes nothing only makes the next build slower."""
    with suppress(OSError):
        _kept(tree).mkdir(parents=True, exist_ok=True)
        for name in ANSWERS:
            kept, found = _kept(tree) / name, (folder / name).read_bytes()
            if not kept.exists() or len(found) > kept.stat().st_size:
                draft = kept.with_name(f"{name}.{os.getpid()}")
                draft.write_bytes(found)
                draft.replace(kept)


def _kept(tree: KernelTree) -> Path:
    program = Path(shutil.which(compiler.program(tree)) or "").resolve()
    status = program.stat()
    made_of = f"{tree.headers} {program} {status.st_size} {status.st_mtime_ns}"
    return paths.cache() / "trials" / hashlib.sha256(made_of.encode()).hexdigest()[:16]
