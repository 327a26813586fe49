# SPDX-License-Identifier: MIT
"""Held memory: what modules that are loaded have allocated from the slabs and not freed yet (slub_debug=U tells)."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from kmodlab.evidence import layout, slab
from kmodlab.evidence.evidence import AllocationEvidence
from kmodlab.evidence.layout import Layout
from kmodlab.evidence.slab import Trace
from kmodlab.machines.machine import Machine

_SLABS = "/sys/kernel/slab"
_ALLOCATOR = re.compile(
    r"_*kv?[mzc]?(?:re)?alloc\w*|_*kmem_cache_z?alloc\w*|_*kv?(?:str|mem)n?dup\w*|v?memdup_user\w*|kv?asprintf\w*"
)


def read(
    machine: Machine, known_names: frozenset[str], modules: Mapping[str, Path]
) -> dict[str, AllocationEvidence]:
    """What each of `modules` (built files by name) holds; raises as Machine.run does.

    Of the slab caches those of kmalloc are read, and those that are not among the `known_names` of an unused machine.
    """
    layouts = [found for name in modules if (found := layout.read(machine, name)).sections]
    sizes = _new_caches(machine, known_names)
    needles = [*(f"[{name}]" for name in modules), *layout.needles(layouts, modules)]
    shown = machine.run(slab.command(needles, ["kmalloc-*", *sizes])).stdout
    return dict(_sums(slab.parse(shown.decode(errors="replace")), sizes, layouts, modules))


def _new_caches(machine: Machine, known_names: frozenset[str]) -> dict[str, int]:
    """The size of an object of each slab cache that an unused machine has not."""
    listed = machine.run(f"printf '%s\\n' {_SLABS}/*").stdout.decode().splitlines()
    new = [path for path in listed if path not in known_names]
    if not new:
        return {}
    sizes = machine.run(shlex.join(("cat", *(f"{path}/object_size" for path in new)))).stdout.split()
    return {path.removeprefix(f"{_SLABS}/"): int(size) for path, size in zip(new, sizes, strict=False)}


def _sums(
    traces: Iterable[Trace], sizes: Mapping[str, int], layouts: Sequence[Layout], modules: Mapping[str, Path]
) -> Iterator[tuple[str, AllocationEvidence]]:
    owned = [(owner(trace, layouts, modules), trace) for trace in traces]
    for module in modules:
        own = [trace for name, trace in owned if name == module]
        total = sum(trace.count * (trace.size or sizes.get(trace.cache, 0)) for trace in own)
        yield module, AllocationEvidence(sum(trace.count for trace in own), total)


def owner(trace: Trace, layouts: Sequence[Layout], modules: Mapping[str, Path]) -> str | None:
    """The module that called the allocator; None when it was some function of the kernel, on whoever's behalf."""
    for frame in trace.frames:
        if frame.number is not None:
            found = layout.call(frame.number, "", layouts, modules)
            return found.module if found else None
        if frame.module is not None:
            return frame.module if frame.module in modules else None
        if not _ALLOCATOR.fullmatch((frame.function or "").partition(".")[0]):
            return None
    return None
