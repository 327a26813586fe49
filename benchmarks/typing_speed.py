# SPDX-License-Identifier: MIT
"""How the app feels: from a key to its echo, idle and while a check runs, from F5 to first result and verdict, memory.

    python benchmarks/typing_speed.py [CHECKS]

The real app in a pseudo terminal, on the lesson `hello` as it begins. The goals: 95 of 100 keys echoed within 50 ms
while a check runs, the first result 1.2 s after F5, 150 MB for the app without its machines. On a busy computer only
the ratio of checking to idle says something, and the processor time.
"""

import itertools
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pexpect
from measure import Stopwatch

from kmodlab.packs import catalog

SIZE = (40, 120)  # rows, columns
LETTERS = "abcdefghijklmnopqrstuvwxyz"
PAUSES = (0.06, 0.14)  # seconds between two keys, at the least and at the most: a quick typist
F3, F5, SELECT_ALL, RIGHT = "\x1bOR", "\x1b[15~", "\x1b[18~", "\x1b[C"
IDLE_KEYS = 200
LINE = 24  # keys; then a new line is begun, as the pane is not wide
FIRST_RESULT = re.compile(r"[1-9]\d* of \d+ done| points · ")
VERDICT = re.compile(r" points · [\d.]+ s · ")


def letters() -> Iterator[str]:
    """Letters of which no three in a row come twice before all have been used, so that an echo is known by them."""
    for three in itertools.permutations(LETTERS, 3):
        yield from three


@dataclass
class Typist:
    """Types into the editor of the app."""

    app: pexpect.spawn
    keys: Iterator[str] = field(default_factory=letters)
    typed: str = ""

    def key(self) -> tuple[float, str]:
        """Type one key; return the seconds to its echo, and all that came meanwhile."""
        if len(self.typed) == LINE:
            self.app.send("\r// ")
            self.typed = ""
            self.app.expect_exact("//", timeout=10)
        letter = next(self.keys)
        self.typed += letter
        began = time.perf_counter()
        self.app.send(letter)
        self.app.expect_exact(self.typed[-3:], timeout=10)
        took = time.perf_counter() - began
        return took, self.app.before + self.app.after

    def rest(self) -> str:
        """Pause as people do; return what came meanwhile."""
        said = ""
        ends = time.perf_counter() + random.uniform(*PAUSES)
        while (left := ends - time.perf_counter()) > 0:
            try:
                said += self.app.read_nonblocking(1 << 16, timeout=left)
            except pexpect.TIMEOUT:
                break
        return said


def start(home: Path, title: str) -> pexpect.spawn:
    """The app, its machine ready and the cursor in the editor, in a comment at the end of the file."""
    environment = os.environ | {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
    }
    app = pexpect.spawn(
        sys.executable,
        ["-m", "kmodlab"],
        env=environment,
        dimensions=SIZE,
        encoding="utf-8",
        timeout=60,
    )
    app.delaybeforesend = None
    app.expect_exact(title)
    app.expect_exact(" · ready")
    for keys in (F3, SELECT_ALL, RIGHT, "\r// "):
        time.sleep(1)  # each is for whatever has the focus when it comes
        app.send(keys)
    app.expect_exact("27")
    return app


def idle(typist: Typist) -> list[float]:
    """Seconds to the echo of each key while nothing else is done."""
    times = []
    for _ in range(IDLE_KEYS):
        times.append(typist.key()[0])
        typist.rest()
    return times


def checking(typist: Typist, watch: Stopwatch) -> list[float]:
    """Seconds to the echo of each key typed between F5 and the verdict."""
    times = []
    said = ""
    began = time.perf_counter()
    has_first = False
    typist.app.send(F5)
    while not VERDICT.search(said):
        seconds, more = typist.key()
        times.append(seconds)
        said += more + typist.rest()
        if not has_first and FIRST_RESULT.search(said):
            has_first = True
            watch.add("F5 to first result, while typing", time.perf_counter() - began)
    watch.add("F5 to verdict, while typing", time.perf_counter() - began)
    return times


def check_alone(typist: Typist, watch: Stopwatch) -> None:
    """One attempt while nobody types."""
    typist.key()  # so that there is something new to build
    typist.rest()
    began = time.perf_counter()
    typist.app.send(F5)
    typist.app.expect(FIRST_RESULT)
    watch.add("F5 to first result", time.perf_counter() - began)
    if not VERDICT.search(typist.app.after + typist.app.buffer):
        typist.app.expect(VERDICT)
    watch.add("F5 to verdict", time.perf_counter() - began)


def processor_seconds(pid: int) -> float:
    """What the process itself has computed so far (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid: int) -> float:
    """What the process itself holds in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024


def row(name: str, times: Sequence[float]) -> str:
    """A line of the table, in milliseconds."""
    p95 = statistics.quantiles(times, n=20)[-1]
    return (
        f"| {name} | {len(times)} | {statistics.median(times) * 1000:.0f} "
        f"| {p95 * 1000:.0f} | {max(times) * 1000:.0f} |"
    )


def main() -> None:
    """Measure, and print tables."""
    checks = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    lesson = catalog.load(catalog.shipped_folder()).lesson("hello")
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as home:
        app = start(Path(home), lesson.title)
        typist = Typist(app)
        at_start = resident_megabytes(app.pid)
        before = processor_seconds(app.pid)
        while_idle = idle(typist)
        for_one_key = (processor_seconds(app.pid) - before) / len(while_idle)
        check_alone(typist, Stopwatch())  # the first translates what QEMU has not run before
        for_one_check = []
        for _ in range(checks):
            typist.rest()
            time.sleep(3)  # until machines stand by again
            before = processor_seconds(app.pid)
            check_alone(typist, watch)
            for_one_check.append(processor_seconds(app.pid) - before)
        while_checking = []
        for _ in range(checks):
            time.sleep(3)
            while_checking += checking(typist, watch)
        at_end = resident_megabytes(app.pid)
        app.sendcontrol("q")
        app.expect(pexpect.EOF)
        app.close()
    print("| key to echo, ms | keys | median | p95 | max |\n|---|---|---|---|---|")
    print(row("idle", while_idle))
    print(row("while a check runs", while_checking))
    print(f"\nprocessor time of the app for one key: {for_one_key * 1000:.1f} ms")
    print(f"processor time of the app for one check: {statistics.median(for_one_check) * 1000:.0f} ms")
    print(f"resident memory of the app: {at_start:.0f} MB at the start, {at_end:.0f} MB at the end\n")
    watch.table("check hello in the app")


if __name__ == "__main__":
    main()
