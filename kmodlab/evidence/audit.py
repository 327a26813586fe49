# SPDX-License-Identifier: MIT
"""The audit: what a machine looks like unused, and what is different after the learner's modules are gone."""

import shlex
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kmodlab.evidence import kmemleak, layout, memory, slab, state, vmalloc
from kmodlab.evidence.finding import Finding, Kind
from kmodlab.evidence.layout import Layout
from kmodlab.evidence.memory import Allocation
from kmodlab.evidence.slab import Trace
from kmodlab.evidence.state import State
from kmodlab.machines.machine import Machine

# What modules mostly allocate from; objects of others only belong to what they have registered.
_CACHES = ("kmalloc-*", "skbuff_*")
_SLABS = "/sys/kernel/slab/"
_MARK = b"@@@\n"  # between the state and the rest of what the guest prints

LOOK_SECONDS = 30.0  # it takes 0.2 s
# Seconds between looks, for what is freed a moment later: after a grace period, by a work item.
PAUSES = (0.05, 0.25, 0.5)
# Dentries, inodes, and what kfree_rcu() keeps for later; what was used just now survives the first time.
_DRAIN = "for time in 1 2; do echo 2 >/proc/sys/vm/drop_caches; done"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an unused machine looks like; all clones of one template look the same."""

    state: State
    traces: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    state: State
    areas: tuple[vmalloc.Area, ...]
    traces: tuple[Trace, ...]


def baseline(shown: bytes) -> Baseline:
    """Read what an unused machine prints when it is given the command LOOK."""
    seen = _seen(shown)
    return Baseline(seen.state, seen.traces)


def compare(
    machine: Machine, before: Baseline, modules: Mapping[str, Path], layouts: Sequence[Layout] = ()
) -> tuple[list[Finding], int]:
    """What `modules` (built files by name), unloaded by now, left behind, and the kernel's taint flags now.

    Raises as Machine.run does. `layouts` are all loads of them. The kernel checks its slabs as well, and complains
    about them in its log.
    """
    needles = layout.needles(layouts, modules)

    def look(*caches: str) -> _Seen:
        command = _command(needles, caches, before.state.threads)
        seen = _seen(machine.run(command, deadline=LOOK_SECONDS).stdout)
        gone = _gone(layouts, seen.state)
        traces = memory.mine(slab.less(seen.traces, before.traces), gone, modules)
        return replace(seen, traces=traces, areas=memory.own_areas(seen.areas, gone, modules))

    seen = look(*_CACHES)
    for pause in PAUSES:
        if not _is_suspicious(seen, before):
            break
        machine.run(_DRAIN)
        time.sleep(pause)
        seen = look(*_suspicious_caches(seen, before))  # what has gone allocates nothing new
    if any(state.left(before.state, seen.state)):  # by whom tell caches that take long to read
        seen = look(*memory.OF_REGISTRATIONS, *_suspicious_caches(seen, before))
    sizes = _sizes(machine, _new_caches(seen, before))
    found = list(_findings(seen, before, _gone(layouts, seen.state), modules, sizes))
    if kmemleak.FILE in before.state.names and kmemleak.is_needed(modules):
        found += _unreferenced(machine, modules, _gone(layouts, seen.state), found)
    return found, seen.state.taint


def _unreferenced(
    machine: Machine, modules: Mapping[str, Path], layouts: Sequence[Layout], known: Sequence[Finding]
) -> list[Finding]:
    """What nothing points to any more, allocated at other lines than those of the `known` findings."""
    shown = machine.run(kmemleak.SCAN, deadline=kmemleak.SCAN_SECONDS).stdout.decode(errors="replace")
    lost = memory.leaks(memory.of_unreferenced(kmemleak.parse(shown), layouts, modules))
    told = {(finding.file, finding.line) for finding in known}
    return [leak for leak in lost if leak.file and (leak.file, leak.line) not in told]


def _gone(layouts: Sequence[Layout], now: State) -> list[Layout]:
    """Those of modules that are not loaded any more; the others may keep what they have."""
    return [load for load in layouts if f"module {load.module.replace('-', '_')}" not in now.names]


def _sizes(machine: Machine, caches: Sequence[str]) -> dict[str, int]:
    """Bytes of an object of each cache."""
    if not caches:
        return {}
    files = shlex.join(f"{_SLABS}{cache}/object_size" for cache in caches)
    shown = machine.run(f"cat {files}").stdout.split()
    return {cache: int(size) for cache, size in zip(caches, shown, strict=False) if size.isdigit()}


def _command(needles: Sequence[str], caches: Sequence[str], known: Collection[int] = ()) -> str:
    """The command that has slabs checked, and shows state, areas, and the traces of `caches`.

    The latter as far as they hold one of `needles`; of the threads that are `known` nothing is asked.
    """
    checked = dict.fromkeys((*_CACHES, *caches))
    lists = map("\n".join, (needles, caches if needles else (), checked, map(str, known)))
    return shlex.join(("modctl", "audit", *lists))


LOOK = _command([layout.MODULE_SPACE], (*_CACHES, *memory.OF_REGISTRATIONS))
FIRST_LOOK = _command([layout.MODULE_SPACE], _CACHES)  # what a comparison begins with


def _seen(shown: bytes) -> _Seen:
    """Read what `_command` makes the guest print."""
    of_state, found = (part.decode(errors="replace") for part in shown.partition(_MARK)[::2])
    return _Seen(state.parse(of_state), vmalloc.parse(found), slab.parse(found))


def _is_suspicious(seen: _Seen, before: Baseline) -> bool:
    blocks = any(trace.cache not in memory.OF_REGISTRATIONS for trace in seen.traces)
    return blocks or bool(seen.areas) or any(state.left(before.state, seen.state))


def _suspicious_caches(seen: _Seen, before: Baseline) -> list[str]:
    return list(dict.fromkeys((*(trace.cache for trace in seen.traces), *_new_caches(seen, before))))


def _new_caches(seen: _Seen, before: Baseline) -> list[str]:
    names = seen.state.names - before.state.names
    return sorted(name.removeprefix(_SLABS) for name in names if name.startswith(_SLABS))


def _findings(
    seen: _Seen,
    before: Baseline,
    layouts: Sequence[Layout],
    modules: Mapping[str, Path],
    sizes: Mapping[str, int],
) -> Iterator[Finding]:
    """One finding for each thing: what a registration allocated goes with it."""
    allocations = memory.of_traces(seen.traces, layouts, modules, sizes)
    explained: set[Allocation] = set()
    for names in state.left(before.state, seen.state):
        own = [found for name in names for found in memory.registered(name, allocations)]
        explained |= {*own}
        yield _leftover(names, own)
    unexplained = (found for found in allocations if found not in explained)
    blocks = [found for found in unexplained if found.cache not in memory.OF_REGISTRATIONS]
    yield from memory.leaks([*blocks, *memory.of_areas(seen.areas, layouts, modules)])
    if state.is_proprietary(before.state, seen.state):
        yield Finding("taint", "The module's licence is not one that the kernel takes for free software.")


def _leftover(names: Sequence[str], allocations: Sequence[Allocation]) -> Finding:
    """What is still there under `names`, made by one of `allocations`, if that can be told."""
    places = {found.place: found for found in allocations if found.place}
    place = next(iter(places)) if len(places) == 1 else None
    log, made = places[place].log if place else (), f", made{memory.where(place)}" if place else ""
    kind: Kind = "residue"
    message = f"After unloading there is still {state.in_words(names)}{made}."
    if names[0].startswith(_SLABS):
        cache = names[0].removeprefix(_SLABS)
        kind, log = "leak", (f"{cache}:", *log)
        message = f"The cache {cache}{made}{',' if made else ''} was never destroyed."
    return Finding(
        kind,
        message,
        file=place.file if place else None,
        line=place.line if place else None,
        function=place.function if place else None,
        locations=places[place].places if place else (),
        log=log,
    )
