# SPDX-License-Identifier: MIT
"""The audit: what a machine looks like unused, and what is different after the learner's modules are gone."""

import shlex
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kmodlab.evidence import layout, memory, slab, state, vmalloc
from kmodlab.evidence.finding import Finding, Kind
from kmodlab.evidence.layout import Layout
from kmodlab.evidence.memory import Allocation
from kmodlab.evidence.slab import Trace
from kmodlab.evidence.state import State
from kmodlab.machines.machine import Machine

# One part is read on each processor, the second after the state, so that both take the same time.
_CACHES = (
    "kmalloc-8* kmalloc-16 kmalloc-32 kmalloc-64 kmalloc-96 kmalloc-256",
    "kmalloc-1[29]* kmalloc-512 kmalloc-[124]k kmalloc-cg-* skbuff_*",
)
_SLABS = "/sys/kernel/slab/"
_MARK = "@@@"  # between the state and the rest of what the guest prints

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


def take(machine: Machine) -> Baseline:
    """Look at an unused machine; raises as Machine.run does."""
    seen = _look(machine, [layout.MODULE_SPACE], more=memory.OF_REGISTRATIONS)
    return Baseline(seen.state, seen.traces)


def compare(
    machine: Machine, before: Baseline, modules: Mapping[str, Path], layouts: Sequence[Layout] = ()
) -> tuple[list[Finding], int]:
    """What `modules` (built files by name), unloaded by now, left behind, and the kernel's taint flags now.

    Raises as Machine.run does. `layouts` are all loads of them. The kernel checks its slabs as well, and complains
    about them in its log.
    """
    needles = layout.needles(layouts, modules)

    def look(more: Sequence[str] = ()) -> _Seen:
        seen = _look(machine, needles, before.state.threads, more)
        gone = _gone(layouts, seen.state)
        traces = memory.mine(slab.less(seen.traces, before.traces), gone, modules)
        return replace(seen, traces=traces, areas=memory.own_areas(seen.areas, gone, modules))

    seen = look()
    for pause in PAUSES:
        if not _is_suspicious(seen, before):
            break
        machine.run(_DRAIN)
        time.sleep(pause)
        seen = look(_new_caches(seen, before))
    if any(state.left(before.state, seen.state)):  # by whom tell caches that take long to read
        seen = look((*memory.OF_REGISTRATIONS, *_new_caches(seen, before)))
    sizes = _sizes(machine, _new_caches(seen, before))
    return list(_findings(seen, before, _gone(layouts, seen.state), modules, sizes)), seen.state.taint


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


def _look(
    machine: Machine, needles: Sequence[str], known: Collection[int] = (), more: Sequence[str] = ()
) -> _Seen:
    """Have the slabs checked, and read state, and those traces and areas that hold one of `needles`.

    That is done with the usual caches and with `more`; of the threads that are `known` nothing is asked.
    """
    one, other = ":", ":"
    if needles:
        one = slab.command(_CACHES[0], needles)
        other = slab.command(f"{_CACHES[1]} {shlex.join(more)}", needles, vmalloc.PATH)
    command = f"""
{{ {one}; }} | {{
cd {_SLABS}
for cache in {" ".join(_CACHES)} {shlex.join(more)}; do echo 1 >$cache/validate; done
{state.command(known)}
echo {_MARK}
{other}
read -r line && echo "$line" && cat; }}"""
    of_state, _, found = machine.run(command).stdout.decode(errors="replace").partition(f"{_MARK}\n")
    return _Seen(state.parse(of_state), vmalloc.parse(found), slab.parse(found))


def _is_suspicious(seen: _Seen, before: Baseline) -> bool:
    blocks = any(trace.cache not in memory.OF_REGISTRATIONS for trace in seen.traces)
    return blocks or bool(seen.areas) or any(state.left(before.state, seen.state))


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
