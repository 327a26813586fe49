# SPDX-License-Identifier: MIT
"""How long the app takes from its start to its first frame, and until all is there: medians over real starts.

    python benchmarks/app_start.py [STARTS]

A learner's first start shows the first lesson; whoever has attempts sees home. Run it on a computer that does nothing
else. The goal is 0.6 s to the first frame.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pexpect

from kmodlab.grading.verdict import Outcome, Report
from kmodlab.learner.progress import Progress
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Pack

SIZES = ((80, 24), (120, 40))  # columns, rows


def start(columns: int, rows: int, home: Path, first: str, last: str) -> tuple[float, float]:
    """Seconds until the text `first` is painted, and until `last` is."""
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
    app.expect_exact(first)
    first_frame = time.perf_counter() - began
    app.expect_exact(last)
    everything = time.perf_counter() - began
    app.sendcontrol("q")
    app.expect(pexpect.EOF)
    app.close()
    return first_frame, everything


def try_once(pack: Pack, home: Path) -> None:
    """Leave an attempt at the first lesson behind."""
    lesson = pack.lessons[0]
    report = Report(lesson.id, "6.1.0", Outcome.FAIL, 4, 10, 1.3, ())
    Progress(pack, home / "data/kmodlab/progress.db").record(lesson.id, report, lesson.starter())


def main() -> None:
    """Measure, and print a table."""
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    pack = catalog.load(catalog.shipped_folder())
    lesson = pack.lessons[0]
    heading = next(line for line in lesson.text.splitlines() if line.startswith("## ")).removeprefix("## ")
    print("| terminal | shows | first frame | everything |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for shows, first, last in (
            ("lesson", lesson.title, heading),
            ("home", pack.title, pack.lessons[-1].title),
        ):
            if shows == "home":
                try_once(pack, home)
            for columns, rows in SIZES:
                start(columns, rows, home, first, last)  # it writes byte code and the learner's files
                times = [start(columns, rows, home, first, last) for _ in range(starts)]
                first_frame, everything = (statistics.median(column) for column in zip(*times, strict=True))
                print(f"| {columns}x{rows} | {shows} | {first_frame:.2f} s | {everything:.2f} s |")


if __name__ == "__main__":
    main()
