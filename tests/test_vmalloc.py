# SPDX-License-Identifier: MIT
"""Areas of vmalloc() and its kind, as a real kernel shows them through modctl."""

from pathlib import Path

from kmodlab.evidence import vmalloc
from kmodlab.evidence.vmalloc import Area

SHOWN = (Path(__file__).parent / "data/memory/traces.txt").read_text()


def test_only_areas_of_nameless_code_are_read() -> None:
    (area,) = vmalloc.parse(SHOWN)
    assert (area.caller, area.bytes, area.is_mapping) == (0xFFFF_FFFF_C024_3060, 3 * 4096, False)


def test_a_mapping_is_told_apart_and_its_guard_page_is_not_counted() -> None:
    line = "/proc/vmallocinfo:0xffa0000000005000-0xffa0000000007000    8192 0xffffffffc0243060 phys=0xfed00000 ioremap"
    assert vmalloc.parse(line) == (Area(0xFFFF_FFFF_C024_3060, 4096, True, line),)
