# SPDX-License-Identifier: MIT
"""How long it takes from asking for a machine to its first answer, and what commands in it cost.

Run: python benchmarks/clone.py [RUNS]
"""

import sys
import tempfile
from pathlib import Path

from measure import Stopwatch

from kmodlab import paths
from kmodlab.kernels import store
from kmodlab.machines import template


def main(runs: int) -> None:
    watch = Stopwatch()
    tree = store.ensure()
    cache = paths.cache
    with tempfile.TemporaryDirectory() as empty:
        paths.cache = lambda: Path(empty)
        with watch.of("boot, save and keep a template"):
            template.prepare(tree).close()
        paths.cache = cache
    template.prepare(tree).close()
    for _ in range(runs):
        with watch.of("open a kept template"):
            kept = template.prepare(tree)
        with watch.of("clone: start to first answer"):
            machine = kept.clone()
        with watch.of("a command that does nothing"):
            machine.run(":")
        with watch.of("push 200 KB"):
            machine.push("/tmp/file", bytes(200_000))
        with watch.of("close"):
            machine.close()
        kept.close()
    watch.table(f"Machines, {kept.hardware.accelerator}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
