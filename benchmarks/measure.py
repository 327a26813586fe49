# SPDX-License-Identifier: MIT
"""What the benchmarks share: repeat, take medians, print a table."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table


class Stopwatch:
    """Collects seconds by name, over several runs."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.add(name, time.perf_counter() - began)

    def add(self, name: str, seconds: float) -> None:
        self.seconds.setdefault(name, []).append(seconds)

    def table(self, title: str, baseline: str | None = None) -> None:
        """Print medians and ranges in seconds, and ratios to the median called `baseline`."""
        table = Table(
            "what",
            "runs",
            "median s",
            "min s",
            "max s",
            *([f"x {baseline}"] if baseline else []),
            title=title,
        )
        base = statistics.median(self.seconds[baseline]) if baseline else 1.0
        for name, runs in self.seconds.items():
            median = statistics.median(runs)
            row = [name, str(len(runs)), f"{median:.3f}", f"{min(runs):.3f}", f"{max(runs):.3f}"]
            table.add_row(*row, *([f"{median / base:.1f}"] if baseline else []))
        Console().print(table)


def wait_until(is_so: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for a condition; raise TimeoutError when it does not come."""
    ends = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > ends:
            raise TimeoutError
        time.sleep(0.01)
