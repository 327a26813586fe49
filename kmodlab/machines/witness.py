# SPDX-License-Identifier: MIT
"""The witness: the lab's own kernel module kmodlab, which sees what the learner's modules ask of the guest's kernel.

It makes calls fail on purpose and reports sleeping where that is forbidden; its source is in modules/kmodlab. What it
finds it prints into the kernel's log. It is told what to do through its parameters, by shell commands of the guest.
"""

from collections.abc import Collection

from kmodlab.build import kbuild
from kmodlab.kernels.tree import KernelTree
from kmodlab.packs import catalog

NAME = "kmodlab"
PARAMETERS = f"/sys/module/{NAME}/parameters"
PAGES = f'while read -r line; do echo "$line"; done <{PARAMETERS}/pages'
SEEN = f"read -r calls <{PARAMETERS}/seen && echo $calls"  # how many calls could have been made to fail


def sources() -> dict[str, bytes]:
    """The C files that it is built from, by name."""
    folder = catalog.shipped_folder() / "modules" / NAME
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.[ch]"))}


def build(tree: KernelTree) -> bytes | None:
    """The module for a kernel; None for a kernel that cannot carry it, such as one without kprobes.

    Raises LabError as `kbuild.build` does.
    """
    with kbuild.build_folder() as folder:
        if not kbuild.build(tree, sources(), [NAME], folder).succeeded:
            return None
        return kbuild.without_debug(folder / f"{NAME}.ko").read_bytes()


def watch(modules: Collection[str]) -> str:
    """The command that makes it watch `modules` from when they are loaded on."""
    return f"echo {','.join(modules)} >{PARAMETERS}/target"


def fail(number: int, functions: Collection[str]) -> str:
    """The command that makes the call `number` (counted from 1) fail; 0 only counts.

    Calls of `functions` count; when that is empty, calls that allocate memory.
    """
    return f"echo {','.join(functions)} >{PARAMETERS}/fail_function && echo {number} >{PARAMETERS}/fail_nth"
