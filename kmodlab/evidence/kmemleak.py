# SPDX-License-Identifier: MIT
"""kmemleak: allocated memory to which nothing points any more, on kernels that look for it (the strict one does).

It knows what no list of allocations shows: objects of the kernel's own caches, such as open files. It has to be asked,
and asked twice: what is new or has changed since the last scan is given the benefit of the doubt. As that takes seconds
without KVM, it is asked only about modules that can lose such an object. Format: mm/kmemleak.c, print_unreferenced().
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kmodlab.evidence import calls
from kmodlab.evidence.slab import Frame

FILE = "/sys/kernel/debug/kmemleak"
# By now nothing is to be learnt from the order of locks any more, and without that it takes half as long.
SCAN = f"echo 0 >/proc/sys/kernel/prove_locking; echo scan >{FILE} && echo scan >{FILE} && cat {FILE}"
SCAN_SECONDS = 60.0  # without KVM it takes some seconds

# What gives objects of the kernel's own caches, which neither slab traces nor areas show.
_UNLISTED = re.compile(
    r"(?!_*alloc_(?:pages|chrdev|percpu))_*alloc_\w+|\w+_(?:open|dup|clone)\w*|prepare_\w*creds?|getname\w*"
)
_OBJECT = re.compile(r"unreferenced object(?: \(percpu\))? 0x(?P<address>[0-9a-f]+) \(size (?P<size>\d+)\):$")
_FRAME = re.compile(
    r" +\[<(?P<number>[0-9a-f]{16})>\] "
    r"(?:0x[0-9a-f]+|(?P<function>[^+\s]+)\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[(?P<module>\w+)\])?)$"
)


@dataclass(frozen=True, slots=True)
class Unreferenced:
    """An object that is allocated and that nothing points to."""

    size: int
    frames: tuple[Frame, ...]  # of the stack that allocated it, innermost first
    log: tuple[str, ...]  # as the kernel shows it


def is_needed(modules: Mapping[str, Path]) -> bool:
    """Whether `modules` (built files by name) can lose memory that no list of allocations shows."""
    functions = (function for path in modules.values() for function in calls.read(path).calls.values())
    return any(map(_UNLISTED.fullmatch, functions))


def parse(shown: str) -> tuple[Unreferenced, ...]:
    """Read the file; what is no object is left out."""
    return tuple(
        found
        for block in re.split(r"^(?=unreferenced object)", shown, flags=re.MULTILINE)
        if (found := _unreferenced(block.splitlines()))
    )


def _unreferenced(lines: Sequence[str]) -> Unreferenced | None:
    first = _OBJECT.match(lines[0]) if lines else None
    if not first:
        return None
    frames = (found for line in lines[1:] if (found := _FRAME.match(line)))
    return Unreferenced(
        size=int(first["size"]),
        frames=tuple(
            Frame(None if found["function"] else int(found["number"], 16), found["function"], found["module"])
            for found in frames
        ),
        log=tuple(lines),
    )
