# SPDX-License-Identifier: MIT
"""Areas of the kernel's virtual memory that are made of single pages: vmalloc(), vmap() and ioremap().

Format: /proc/vmallocinfo (mm/vmalloc.c, s_show).
"""

import re
from dataclasses import dataclass

from kmodlab.evidence.layout import PAGE

PATH = "/proc/vmallocinfo"

_AREA = re.compile(
    r"/proc/vmallocinfo:0x[0-9a-f]+-0x[0-9a-f]+ +(?P<size>\d+) 0x(?P<caller>[0-9a-f]{16})(?: pages=(?P<pages>\d+))?"
    r"(?: phys=\S+)?(?: (?P<kind>ioremap|vmalloc|vmap|user))?"
)


@dataclass(frozen=True, slots=True)
class Area:
    """One area that code without a name asked for."""

    caller: int  # where that call returns to
    bytes: int
    is_mapping: bool  # of memory that is there anyway, so nothing is freed with it
    log: str


def parse(shown: str) -> tuple[Area, ...]:
    """Read what grep(1) finds in PATH; areas of code that has a name are left out."""
    return tuple(_area(found, line) for line in shown.splitlines() if (found := _AREA.match(line)))


def _area(found: re.Match[str], line: str) -> Area:
    guard = PAGE  # each area ends with a page that is not there
    size = int(found["pages"]) * PAGE if found["pages"] else int(found["size"]) - guard
    return Area(int(found["caller"], 16), size, found["kind"] in ("ioremap", "vmap"), line)
