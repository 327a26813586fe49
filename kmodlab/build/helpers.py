# SPDX-License-Identifier: MIT
"""Helpers: kernel modules of a pack's own, which checks load beside the learner's.

Such as a device that there is not, for the learner to write a driver for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from kmodlab.build import kbuild
from kmodlab.build.result import BuildEvidence
from kmodlab.errors import LabError
from kmodlab.kernels.tree import KernelTree

KEPT_HELPERS = 32

Files = tuple[tuple[str, bytes], ...]  # name and content


@dataclass(frozen=True, slots=True)
class Helper:
    """A built helper: the module as it goes into a guest, Kbuild's list of what it exports, and its headers."""

    name: str
    module: bytes
    symbols: bytes
    headers: Files


def built(tree: KernelTree, sources: Mapping[str, Mapping[str, bytes]]) -> tuple[Helper, ...]:
    """Build helpers for a kernel, each from its files; it may use those before it.

    Whoever asks for the same again gets the same. Raises LabError that names the helper and the compiler's first error:
    whoever wrote the pack has to mend it.
    """
    done: tuple[Helper, ...] = ()
    for name, files in sources.items():
        done = (*done, _built(tree, name, tuple(sorted(files.items())), done))
    return done


@lru_cache(maxsize=KEPT_HELPERS)
def _built(tree: KernelTree, name: str, files: Files, before: tuple[Helper, ...]) -> Helper:
    with kbuild.build_folder() as folder:
        build = kbuild.build(tree, dict(files), [name], folder, helpers=before)
        if not build.succeeded:
            raise LabError(
                f"The pack's module {name} cannot be built: {_first_error(build)}",
                hint="The pack is at fault, not you; tell its author.",
            )
        symbols = folder / "Module.symvers"
        return Helper(
            name,
            kbuild.without_debug(folder / f"{name}.ko").read_bytes(),
            symbols.read_bytes() if symbols.exists() else b"",
            tuple((file, content) for file, content in files if file.endswith(".h")),
        )


def _first_error(build: BuildEvidence) -> str:
    for message in build.diagnostics:
        if message.severity == "error":
            return f"{message.file}:{message.line}: {message.text}" if message.file else message.text
    return build.output.strip().splitlines()[-1] if build.output.strip() else "the build says nothing."
