# SPDX-License-Identifier: MIT
"""Slab traces: which code allocated what is still allocated, as SLUB tells it when it is booted with slub_debug=U.

Format: /sys/kernel/debug/slab/CACHE/alloc_traces (mm/slub.c, slab_debugfs_show), the name of the cache before each: a
line with the count, the caller and what is wasted of each object; the stack, innermost first; a blank line.
"""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_FIRST = re.compile(r" *(?P<count>\d+) \S+(?: \[[^\]]+\])?(?: waste=\d+/(?P<waste>\d+))? age=")
_FRAME = re.compile(
    r" +(?:0x(?P<number>[0-9a-f]{16})|(?P<function>[^+\s]+)\+0x\S+(?: \[(?P<module>[^\]]+)\])?)$"
)
_SIZE = re.compile(r"kmalloc-(?:\w+-)?(?P<number>\d+)(?P<kilo>k?)$")


@dataclass(frozen=True, slots=True)
class Frame:
    """One level of a stack: a bare number, or a function and the module that it is of."""

    number: int | None
    function: str | None = None
    module: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """Objects of one cache that were allocated by the same code and are still there."""

    cache: str
    count: int
    waste: int  # bytes at the end of each object that were not asked for
    frames: tuple[Frame, ...]  # innermost first
    log: tuple[str, ...]  # the lines as the kernel shows them, under the name of the cache

    @property
    def size(self) -> int | None:
        """Bytes asked for, of each object; None for caches that do not tell by their names."""
        found = _SIZE.match(self.cache)
        return int(found["number"]) * (1024 if found["kilo"] else 1) - self.waste if found else None


def command(needles: Iterable[str], caches: Iterable[str]) -> str:
    """A shell command that shows the traces of `caches` whose stack holds one of `needles`.

    The name of a cache may end with `*`, which stands for any end.
    """
    return shlex.join(("modctl", "traces", "\n".join(needles), "\n".join(caches)))


def parse(shown: str) -> tuple[Trace, ...]:
    """Read what `command` prints; what is no trace is left out."""
    return tuple(
        trace for block in shown.split("\n\n") if (trace := _trace(block.removeprefix("\n").splitlines()))
    )


def less(after: Iterable[Trace], before: Iterable[Trace]) -> Iterator[Trace]:
    """What is in `after` beyond what was there `before`."""
    known = {(trace.cache, trace.waste, trace.frames): trace.count for trace in before}
    for trace in after:
        count = trace.count - known.get((trace.cache, trace.waste, trace.frames), 0)
        if count > 0:
            yield Trace(trace.cache, count, trace.waste, trace.frames, trace.log)


def _trace(lines: Sequence[str]) -> Trace | None:
    cache, *told = lines or ("",)
    first = _FIRST.match(told[0]) if told and cache.endswith(":") else None
    if not first:
        return None
    frames = tuple(
        Frame(int(found["number"], 16) if found["number"] else None, found["function"], found["module"])
        for line in told[1:]
        if (found := _FRAME.match(line))
    )
    return Trace(cache[:-1], int(first["count"]), int(first["waste"] or 0), frames, tuple(lines))
