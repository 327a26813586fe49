# SPDX-License-Identifier: MIT
"""How long the app takes from its start to its first frame, and to the text to read: medians over real starts.

    python benchmarks/app_start.py [STARTS]

Run it on a computer that does nothing else. The goal is 0.8 s to the first frame.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pexpect

from kmodlab.packs import catalog
from kmodlab.packs.catalog import Lesson

SIZES = ((80, 24), (120, 40))  # columns, rows


def start(columns: int, rows: int, lesson: Lesson, home: Path) -> tuple[float, float]:
    """Seconds until the title of `lesson` is painted, and until its first heading is."""
    heading = next(line for line in lesson.text.splitlines() if line.startswith("## ")).removeprefix("## ")
    environment = os.environ | {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
    }
    began = time.perf_counter()
    app = pexpect.spawn(
        sys.executable,
        ["-m", "kmodlab"],
        env=environment,
        dimensions=(rows, columns),
        encoding="utf-8",
        timeout=30,
    )
    app.expect_exact(lesson.title)
    first_frame = time.perf_counter() - began
    app.expect_exact(heading)
    text = time.perf_counter() - began
    app.sendcontrol("q")
    app.expect(pexpect.EOF)
    app.close()
    return first_frame, text


def main() -> None:
    """Measure, and print a table."""
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    lesson = catalog.load(catalog.shipped_folder()).lessons[0]
    print("| terminal | first frame | text and code |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as home:
        for columns, rows in SIZES:
            start(columns, rows, lesson, Path(home))  # it writes byte code and the learner's files
            times = [start(columns, rows, lesson, Path(home)) for _ in range(starts)]
            first_frame, text = (statistics.median(column) for column in zip(*times, strict=True))
            print(f"| {columns}x{rows} | {first_frame:.2f} s | {text:.2f} s |")


if __name__ == "__main__":
    main()
