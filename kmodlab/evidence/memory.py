# SPDX-License-Identifier: MIT
"""Memory that modules asked for and left behind: which line of the source, how many blocks, how many bytes."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from kmodlab.evidence import decode, layout
from kmodlab.evidence.finding import Finding, Location
from kmodlab.evidence.kmemleak import Unreferenced
from kmodlab.evidence.layout import Call, Layout
from kmodlab.evidence.slab import Frame, Trace
from kmodlab.evidence.vmalloc import Area

_ALLOCATORS = re.compile(r"_*(?:k[vz]?[mzc]?(?:re)?alloc|kmem_cache_z?alloc|kmem_cache_alloc)\w*")
_COPIERS = re.compile(r"kv?(?:str|mem)n?dup\w*|kv?asprintf\w*|v?memdup_user\w*|strndup_user")
_AREA_MAKERS = r"_*k?v[mz]alloc\w*|vmap\w*|_*ioremap\w*|memremap"

_BLOCK = "kmalloc-"  # how the names of caches begin whose objects are plain blocks

# Caches of what the kernel keeps of registrations, under the names that `state` reads.
OF_REGISTRATIONS = ("proc_dir_entry", "kernfs_node_cache", "kmem_cache", "inode_cache")

# What these allocate for somebody stays with the kernel, which uses it again for others.
_KEPT = re.compile(
    r"pcpu_\w+|__get_insn_slot|__d_alloc|d_alloc\w*|\w*alloc_inode\w*|new_inode\w*|new_vmap_block|bpf_prog_pack_\w+"
    r"|__get_vm_area_node|__vmalloc_\w+|radix_tree_\w+|xas_\w+|idr_\w+|__kernfs_iattrs|kernfs_iattrs|debugfs_file_get|text_poke\w*"
)

# What these allocate is there as long as its entry is, which would be told itself, or as some cache remembers it.
_REMEMBERED = re.compile(r"_*proc_\w+|debugfs_\w+")

# Nobody can look for these: when their name is gone with its module, the kernel crashes in /proc/ioports and iomem.
_REGION = re.compile(r"request_\w*region")

# What a module leaves registered, by the beginning of its name, and the kernel's functions that allocate for it.
_REGISTERED_BY = (  # the first that fits
    ("/proc/", r"_*proc_\w+|_*register_\w*sysctl\w*"),
    ("/sys/kernel/debug/", r"debugfs_\w+"),
    ("/sys/kernel/slab/", r"_*kmem_cache_create\w*"),
    ("character device", r"_*register_chrdev\w*|alloc_chrdev_region|cdev_\w+"),
    ("block device", r"_*register_blkdev|_*blk_\w+|_*alloc_disk\w*"),
    ("/dev/", r"_*device_\w+|misc_\w+|cdev_\w+"),
    ("/sys/", r"_*(?:device|class|driver|kobject|sysfs)_\w+|(?:misc|bus|kset)_\w+|\w+[a-z]_register\w*"),
    ("kernel thread", r"kthread_\w+|alloc_workqueue"),
)


@dataclass(frozen=True, slots=True)
class Allocation:
    """Objects that one call in a module allocated, itself or through functions of the kernel."""

    cache: str  # or the kind of area
    count: int
    size: int | None  # bytes of each, as far as known
    helpers: tuple[str, ...]  # the kernel's functions between the module and the allocator, innermost first
    places: tuple[Location, ...]  # the call, what was inlined there first; then the calls that led there
    log: tuple[str, ...]

    @property
    def place(self) -> Location | None:
        """The line of the learner's own that asked for it."""
        return next(
            (place for place in self.places if not place.file.startswith(("include/", "arch/"))), None
        )


def mine(
    traces: Iterable[Trace], layouts: Sequence[Layout], modules: Mapping[str, Path]
) -> tuple[Trace, ...]:
    """Those of `traces` that modules are to answer for, `layouts` saying where they were."""
    return tuple(
        trace
        for trace in traces
        if _calls(trace.frames, layouts, modules)
        and (trace.cache in OF_REGISTRATIONS or not any(map(_KEPT.fullmatch, _helpers(trace.frames))))
    )


def of_traces(
    traces: Iterable[Trace],
    layouts: Sequence[Layout],
    modules: Mapping[str, Path],
    sizes: Mapping[str, int],
) -> list[Allocation]:
    """The objects in `traces` that modules allocated; `sizes` are those of objects of caches of the modules' own."""
    found = [(trace, calls) for trace in traces if (calls := _calls(trace.frames, layouts, modules))]
    lines = _lines((calls for _, calls in found), modules)
    return [
        Allocation(
            cache=trace.cache,
            count=trace.count,
            size=sizes.get(trace.cache, trace.size),
            helpers=_helpers(trace.frames),
            places=_places(calls, lines),
            log=trace.log,
        )
        for trace, calls in found
    ]


def own_areas(
    areas: Iterable[Area], layouts: Sequence[Layout], modules: Mapping[str, Path]
) -> tuple[Area, ...]:
    """Those of `areas` that modules are to answer for."""
    return tuple(area for area in areas if layout.call(area.caller, _AREA_MAKERS, layouts, modules))


def of_areas(
    areas: Iterable[Area], layouts: Sequence[Layout], modules: Mapping[str, Path]
) -> list[Allocation]:
    """The same as `of_traces` of vmalloc areas."""
    callers = [(area, layout.call(area.caller, _AREA_MAKERS, layouts, modules)) for area in areas]
    found = [(area, call) for area, call in callers if call]
    lines = _lines(([call] for _, call in found), modules)
    return [
        Allocation(
            cache="mapping" if area.is_mapping else "area",
            count=1,
            size=area.bytes,
            helpers=(layout.called(call, modules) or "vmalloc",),
            places=_places([call], lines),
            log=(area.log,),
        )
        for area, call in found
    ]


def of_unreferenced(
    objects: Iterable[Unreferenced], layouts: Sequence[Layout], modules: Mapping[str, Path]
) -> list[Allocation]:
    """The same as `of_traces` of objects that nothing points to."""
    found = [(lost, calls) for lost in objects if (calls := _calls(lost.frames, layouts, modules))]
    lines = _lines((calls for _, calls in found), modules)
    return [
        Allocation(_BLOCK, 1, lost.size, _helpers(lost.frames), _places(calls, lines), lost.log)
        for lost, calls in found
    ]


def registered(name: str, allocations: Iterable[Allocation]) -> Iterator[Allocation]:
    """Of `allocations`, those that belong to what is still registered under `name`."""
    functions = next((functions for beginning, functions in _REGISTERED_BY if name.startswith(beginning)), "")
    pattern = re.compile(functions)
    return (found for found in allocations if any(map(pattern.fullmatch, found.helpers)))


def leaks(allocations: Iterable[Allocation]) -> Iterator[Finding]:
    """A finding for each line that allocated something."""

    def call(allocation: Allocation) -> tuple[str, int, str, str]:
        place, helper = allocation.place, _helper(allocation) or ""
        own_cache = "" if allocation.cache.startswith(_BLOCK) or helper else allocation.cache
        return (place.file, place.line, helper, own_cache) if place else ("", 0, helper, own_cache)

    lost = (found for found in allocations if not any(map(_REMEMBERED.fullmatch, found.helpers)))
    for _, group in groupby(sorted(lost, key=call), key=call):
        yield _leak(list(group))


def is_told(leak: Finding, lines: Sequence[str]) -> bool:
    """Whether the kernel's log tells of a leak already: as one, or that it refused to free such a block."""
    if leak.kind != "leak":
        return False
    caches = [line.removesuffix(":") for line in leak.log if line.endswith(":")]
    refused = [rf".*FIX {re.escape(cache)}: Object at \S+ not freed" for cache in caches]
    told = [rf".*BUG {re.escape(cache)} \(.*Objects remaining" for cache in caches]
    return any(re.match(pattern, line) for line in lines for pattern in (*refused, *told))


def where(place: Location | None) -> str:
    """In words, to be put behind `allocated` and the like."""
    if place is None:
        return ""
    return f" at {place.file}:{place.line}" + (f" in {place.function}" if place.function else "")


def _leak(group: Sequence[Allocation]) -> Finding:
    first, helper = group[0], _helper(group[0])
    together = all(found.size is not None for found in group)
    total = sum(found.count * (found.size or 0) for found in group)
    if _allocates_blocks(first):
        count = sum(found.count for found in group)
        message = f"{_things(group, count, total)}{_by(helper)}{where(first.place)}, {_was(count)} never "
        message += "undone." if first.cache == "mapping" else "freed."
    else:
        count = max(found.count for found in group)
        calls = f"{count} calls of " if count > 1 else ""
        size = f" ({total} bytes)" if together else ""
        end = "given back" if _REGION.fullmatch(helper or "") else "freed"
        message = f"What {calls}{helper}() allocated{where(first.place)}{size} was never {end}."
    place = first.place
    return Finding(
        "leak",
        message,
        file=place.file if place else None,
        line=place.line if place else None,
        function=place.function if place else None,
        count=count,
        bytes=total if together else None,
        log=tuple(line for found in group for line in found.log),
        locations=tuple(dict.fromkeys(place for found in group for place in found.places)),
    )


def _things(group: Sequence[Allocation], count: int, total: int) -> str:
    first = group[0]
    sizes = {found.size for found in group}
    plural = "s" * (count != 1)
    if first.cache == "mapping":
        return f"{count} mapping{plural} of {total // count} bytes, made"
    if first.cache != "area" and not first.cache.startswith(_BLOCK):
        each = f" ({first.size} bytes{' each' * (count != 1)})" if first.size else ""
        return f"{count} object{plural} of the cache {first.cache}{each}, allocated"
    if len(sizes) > 1:
        return f"{count} blocks ({total} bytes together), allocated"
    return f"{count} block{plural} of {first.size} byte{'s' * (first.size != 1)}, allocated"


def _by(helper: str | None) -> str:
    return f" by {helper}()" if helper else ""


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _allocates_blocks(allocation: Allocation) -> bool:
    helper = _helper(allocation)
    return helper is None or allocation.cache in ("area", "mapping") or bool(_COPIERS.fullmatch(helper))


def _helper(allocation: Allocation) -> str | None:
    """The kernel's function that the module called, unless it is a plain allocator."""
    if not allocation.helpers or _ALLOCATORS.fullmatch(allocation.helpers[-1]):
        return None
    return allocation.helpers[-1].partition(".")[0].lstrip("_").removesuffix("_noprof")


def _helpers(frames: Sequence[Frame]) -> tuple[str, ...]:
    names: list[str] = []
    for frame in frames:
        if frame.function is None:
            break
        names.append(frame.function)
    return tuple(names)


def _calls(frames: Sequence[Frame], layouts: Sequence[Layout], modules: Mapping[str, Path]) -> list[Call]:
    """The calls in modules that led to an allocation, innermost first."""
    calls: list[Call] = []
    callee = _ALLOCATORS.pattern  # what the frame called, as a regular expression
    for frame in frames:
        if frame.number is not None and (call := layout.call(frame.number, callee, layouts, modules)):
            calls.append(call)
        callee = re.escape(frame.function or "")
    return calls


def _lines(calls: Iterable[Sequence[Call]], modules: Mapping[str, Path]) -> dict[Call, tuple[Location, ...]]:
    wanted = {call for found in calls for call in found}
    lines: dict[Call, tuple[Location, ...]] = {}
    for name, path in modules.items():
        # what a call returns to is behind it
        within = {
            call: replace(call.spot, offset=call.spot.offset - 1) for call in wanted if call.module == name
        }
        found = decode.source_lines(path, within.values()) if within else {}
        lines |= {call: found[spot] for call, spot in within.items()}
    return lines


def _places(calls: Sequence[Call], lines: Mapping[Call, tuple[Location, ...]]) -> tuple[Location, ...]:
    inner, *outer = calls
    return (
        *(replace(place, role="allocated") for place in lines[inner]),
        *(place for call in outer for place in lines[call]),
    )
