# SPDX-License-Identifier: MIT
"""What a kernel shows of itself before and after, so that what a module leaves behind can be named."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby

from kmodlab.evidence.finding import Finding

# Documentation/admin-guide/tainted-kernels.rst
PROPRIETARY = 1 << 0
DAMAGE = {1 << 5: "a damaged page", 1 << 7: "an oops", 1 << 9: "a warning", 1 << 14: "a soft lockup"}
_KERNEL_THREAD = 0x0020_0000  # PF_KTHREAD
_COMING_AND_GOING = re.compile(r"kworker/|kworker$")

_TASK = re.compile(r"task (?P<number>\d+) \((?P<name>.*)\) \S+ \d+ \S+ \S+ \S+ \S+ (?P<flags>\d+) ")
_PLAIN = (
    (r"/sys/class/([^/]+)", r"the device class \1 (\g<0>)"),
    (r"/sys/bus/([^/]+)/drivers/([^/]+)", r"the driver \2 (\g<0>)"),
    (r"[^/].*", r"the \g<0>"),
)


@dataclass(frozen=True, slots=True)
class State:
    """The names of what is there, the kernel's threads by number, and the taint flags."""

    names: frozenset[str]
    taint: int
    threads: dict[int, str]


def parse(output: str) -> State:
    """Read names of files, /proc/modules, /proc/devices, tasks and the taint flags, as `modctl audit` shows them."""
    names: set[str] = set()
    threads: dict[int, str] = {}
    taint, kind = 0, ""
    for line in output.splitlines():
        words = line.split()
        if line.startswith("/"):
            names.add(line)
        elif line in ("Character devices:", "Block devices:"):
            kind = words[0].lower()
        elif task := _TASK.match(line):
            if int(task["flags"]) & _KERNEL_THREAD and not _COMING_AND_GOING.match(task["name"]):
                threads[int(task["number"])] = task["name"]
        elif len(words) == 1 and line.isdecimal():
            taint = int(line)
        elif len(words) == 2 and words[0].isdecimal():  # of /proc/devices
            names.add(f"{kind} device number {words[0]} ({words[1]})")
        elif len(words) > 2:  # of /proc/modules
            names.add(f"module {words[0]}")
    return State(frozenset(names), taint, threads)


def left(before: State, after: State) -> Iterator[tuple[str, ...]]:
    """The names of what is there now and was not before, those of one thing together, the best known first."""
    names = set(after.names - before.names)
    names = {name for name in names if not any(name.startswith(f"{other}/") for other in names)}
    names -= {name for name in names if f"module {name.removeprefix('/sys/module/')}" in names}
    names |= {
        f"kernel thread {after.threads[number]}" for number in after.threads.keys() - before.threads.keys()
    }
    for _, group in groupby(sorted(names, key=_thing), key=_thing):
        yield tuple(sorted(group))


def in_words(names: Collection[str]) -> str:
    """The names of one thing, as a part of a sentence."""
    first, *others = map(_plain, names)
    return f"{first} ({', '.join(others)})" if others else first


def is_proprietary(before: State, after: State) -> bool:
    """Whether a module was loaded whose licence the kernel does not take for free software."""
    return bool(after.taint & ~before.taint & PROPRIETARY)


def damage(before: State, taint: int) -> Iterator[Finding]:
    """What the kernel has noted by its `taint` now, for a log that does not tell of it."""
    for flag, name in DAMAGE.items():
        if taint & ~before.taint & flag:
            yield Finding("taint", f"The kernel has noted {name}, and its log does not say which.")


def _thing(name: str) -> str:
    """The same for a node in /dev and for its device in /sys."""
    found = re.match(r"/(?:dev|sys/class/[^/]+)/(?P<device>.+)", name)
    return f"/dev/{found['device']}" if found else name


def _plain(name: str) -> str:
    return next(
        (found.expand(words) for pattern, words in _PLAIN if (found := re.fullmatch(pattern, name))), name
    )
