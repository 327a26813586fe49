# SPDX-License-Identifier: MIT
"""Looking: what a check's expectations ask about a machine, written down after its actions."""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from kmodlab.evidence import held
from kmodlab.evidence.audit import Baseline
from kmodlab.evidence.evidence import AllocationEvidence, FileEvidence, ModuleEvidence, TraceEvidence
from kmodlab.machines.machine import Machine
from kmodlab.packs.expectations import (
    AllocationsExpectation,
    DeviceExpectation,
    Expectation,
    FileExpectation,
    ModuleExpectation,
    TraceExpectation,
    TracerExpectation,
)

TRACE_LIMIT = 900_000  # bytes of the trace buffer that are kept
TRACING = "/sys/kernel/tracing"

ASK_GUEST = (
    AllocationsExpectation,
    DeviceExpectation,
    FileExpectation,
    TraceExpectation,
    TracerExpectation,
)

_FILE = re.compile(
    rb"(?P<kind>[-fdcbps]) (?P<mode>\d+) (?P<major>\d+) (?P<minor>\d+) (?P<length>-?\d+)\n"
)  # as `modctl look` says it


def is_needed(expectation: Expectation) -> bool:
    """Whether only a running kernel can tell."""
    if isinstance(expectation, ModuleExpectation):
        return expectation.asks_guest
    return isinstance(expectation, ASK_GUEST)


def at_files(machine: Machine, expectations: Iterable[Expectation]) -> dict[str, FileEvidence]:
    """The files and devices that are asked about, by path; raises as Machine.run does."""
    paths = [
        item.file if isinstance(item, FileExpectation) else item.device
        for item in expectations
        if isinstance(item, FileExpectation | DeviceExpectation)
    ]
    if not paths:
        return {}
    output = machine.run(shlex.join(("modctl", "look", *paths))).stdout
    return dict(zip(paths, files(output), strict=False))


def files(output: bytes) -> list[FileEvidence]:
    """Read what `modctl look` prints."""
    found: list[FileEvidence] = []
    while head := _FILE.match(output):
        length = int(head["length"])
        end = head.end() + max(length, 0)
        content = output[head.end() : end].decode(errors="backslashreplace") if length >= 0 else None
        output = output[end:]
        if head["kind"] == b"-":
            found.append(FileEvidence(exists=False))
        else:
            numbers = int(head["major"]), int(head["minor"])
            found.append(FileEvidence(True, head["mode"].decode(), content, head["kind"].decode(), *numbers))
    return found


def at_modules(machine: Machine, expectations: Iterable[Expectation]) -> dict[str, ModuleEvidence]:
    """The modules that are asked about, by name; raises as Machine.run does."""
    asking = (item for item in expectations if isinstance(item, ModuleExpectation) and item.asks_guest)
    return {name: _module(machine, name) for name in dict.fromkeys(item.module for item in asking)}


def _module(machine: Machine, name: str) -> ModuleEvidence:
    result = machine.run(
        f'while read -r name size rest; do [ "$name" = {name} ] && echo "listed $rest"; done </proc/modules; '
        f"[ -d /sys/module/{name} ] && read -r taint </sys/module/{name}/taint; "
        f'[ -d /sys/module/{name} ] && echo "shown $taint"'
    )
    return module(result.stdout.decode(errors="replace").splitlines())


def module(lines: Iterable[str]) -> ModuleEvidence:
    """Read what was asked about a module: its line of /proc/modules, and the taint in its folder in /sys/module.

    A module can take itself out of either, so what is in one of them is loaded.
    """
    seen = {source: words for source, *words in map(str.split, filter(str.strip, lines))}
    count, holders, *_ = [*seen.get("listed", []), "", ""]
    names = tuple(holder for holder in holders.split(",") if holder not in ("", "-"))
    taint = "".join(seen.get("shown", []))
    return (
        ModuleEvidence(bool(seen), int(count), names, taint)
        if count.isdecimal()
        else ModuleEvidence(bool(seen))
    )


def at_allocations(
    machine: Machine,
    expectations: Iterable[Expectation],
    before: Baseline,
    modules: Mapping[str, Path],
) -> dict[str, AllocationEvidence]:
    """What loaded modules hold, when anything asks for it; raises as Machine.run does."""
    if not any(isinstance(item, AllocationsExpectation) for item in expectations):
        return {}
    return held.read(machine, before.state.names, modules)


def at_trace(machine: Machine, expectations: Sequence[Expectation]) -> TraceEvidence | None:
    """The trace buffer and how tracing was left, when anything asks about it; raises as Machine.run does."""
    if not any(isinstance(item, TraceExpectation | TracerExpectation) for item in expectations):
        return None
    settings = f"{TRACING}/current_tracer {TRACING}/tracing_on"
    output = machine.run(f"cat {settings}; head -c {TRACE_LIMIT} {TRACING}/trace").stdout
    tracer, is_on, *lines = [*output.decode(errors="backslashreplace").split("\n"), "", ""]
    kept = tuple(line for line in lines if line and not line.startswith("#"))
    return TraceEvidence(kept, tracer, is_on == "1", is_cut=len(output) >= TRACE_LIMIT)
