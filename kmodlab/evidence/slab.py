# SPDX-License-Identifier: MIT
"""Slab traces: which code allocated what is still allocated, as SLUB tells it when it is booted with slub_debug=U.

Format: lib/… of /sys/kernel/debug/slab/CACHE/alloc_traces (mm/slub.c, slab_debugfs_show): a line with the count, the
caller and what is wasted of each object; the stack, innermost first; a blank line.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

FOLDER = "/sys/kernel/debug/slab"
_DEPTH = 16  # TRACK_ADDRS_COUNT

_LINE = re.compile(r"(?P<cache>[^/]+)/alloc_traces[:-](?P<text>.*)$")
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


def command(caches: str, needles: Iterable[str], *others: str) -> str:
    """A shell command that shows the traces of `caches` (patterns of the shell) in which one of `needles` occurs.

    In the same way it shows what is in the files `others`: starting another program costs 20 ms.
    """
    wanted = " ".join(f"-e {needle}" for needle in needles)
    files = [*(f"{cache}/alloc_traces" for cache in caches.split()), *others]
    return f"cd {FOLDER}; grep -H -F -B {_DEPTH + 1} -A {_DEPTH} {wanted} {' '.join(files)}"


def parse(shown: str) -> tuple[Trace, ...]:
    """Read what `command` prints; of what stands around the wanted traces, the halves are left out."""
    return tuple(trace for cache, lines in _blocks(shown) if (trace := _trace(cache, lines)))


def less(after: Iterable[Trace], before: Iterable[Trace]) -> Iterator[Trace]:
    """What is in `after` beyond what was there `before`."""
    known = {(trace.cache, trace.waste, trace.frames): trace.count for trace in before}
    for trace in after:
        count = trace.count - known.get((trace.cache, trace.waste, trace.frames), 0)
        if count > 0:
            yield Trace(trace.cache, count, trace.waste, trace.frames, trace.log)


def _blocks(shown: str) -> Iterator[tuple[str, list[str]]]:
    cache, lines = "", list[str]()
    for line in shown.splitlines():
        found = _LINE.match(line)
        text = found["text"] if found else ""
        if not found or not text or found["cache"] != cache:
            yield cache, lines
            lines = []
        if found and text:
            cache = found["cache"]
            lines.append(text)
    yield cache, lines


def _trace(cache: str, lines: Sequence[str]) -> Trace | None:
    first = _FIRST.match(lines[0]) if lines else None
    if not first:
        return None
    frames = tuple(
        Frame(int(found["number"], 16) if found["number"] else None, found["function"], found["module"])
        for line in lines[1:]
        if (found := _FRAME.match(line))
    )
    return Trace(cache, int(first["count"]), int(first["waste"] or 0), frames, (f"{cache}:", *lines))
