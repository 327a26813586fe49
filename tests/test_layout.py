# SPDX-License-Identifier: MIT
"""Where modules were loaded, and from bare addresses back to the call in the source."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kmodlab.build import kbuild
from kmodlab.evidence import decode, layout
from kmodlab.evidence.finding import Address, Finding
from kmodlab.evidence.layout import Call, Layout
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines.qemu import QemuMachine

SOURCE = """// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/module.h>
#include <linux/slab.h>

static void *blocks[2];

static int __init bad_init(void)
{
	blocks[0] = kstrdup("text", GFP_KERNEL); // COPY
	return 0;
}

static void __exit bad_exit(void)
{
	blocks[1] = kmemdup(blocks, 8, GFP_KERNEL); // IN EXIT
}

module_init(bad_init);
module_exit(bad_exit);
MODULE_LICENSE("GPL");
"""


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(SOURCE.splitlines(), start=1) if text in line)


@pytest.fixture(scope="module")
def modules(kernel_tree: KernelTree) -> Iterator[dict[str, Path]]:
    with kbuild.build_folder() as folder:
        result = kbuild.build(kernel_tree, {"bad.c": SOURCE.encode()}, ["bad"], folder)
        assert result.succeeded, result.output
        yield {"bad": folder / "bad.ko"}


LOADED = Layout("bad", {".init.text": 0xFFFF_FFFF_C024_3000, ".exit.text": 0xFFFF_FFFF_C024_F000})
REFUSED = Layout("bad")


def line(call: Call | None, modules: dict[str, Path]) -> int | None:
    """Where the call stands in the source."""
    if call is None:
        return None
    before = replace(call.spot, offset=call.spot.offset - 1)
    places = decode.source_lines(modules[call.module], [before])[before]
    return next(place.line for place in places if place.file == "bad.c")


def address_of(callee: str, loaded: Layout, modules: dict[str, Path]) -> int:
    """What a call of `callee` returns to when the module is loaded so."""
    numbers = range(min(loaded.sections.values()), max(loaded.sections.values()) + 0x200)
    for number in numbers:
        call = layout.call(number, callee, [loaded], modules)
        if call and layout.called(call, modules) == callee:
            return number
    raise AssertionError(callee)


@pytest.mark.parametrize(("callee", "text"), [("kstrdup", "COPY"), ("kmemdup", "IN EXIT")])
def test_an_address_leads_to_the_call(modules: dict[str, Path], callee: str, text: str) -> None:
    number = address_of(callee, LOADED, modules)
    assert line(layout.call(number, callee, [LOADED], modules), modules) == line_of(text)


def test_an_address_elsewhere_leads_nowhere(modules: dict[str, Path]) -> None:
    assert layout.call(0xFFFF_FFFF_C000_0000, "kstrdup", [LOADED], modules) is None


def test_without_a_layout_the_place_within_the_page_and_the_callee_tell(modules: dict[str, Path]) -> None:
    number = address_of("kstrdup", LOADED, modules)
    elsewhere = number + 0x77_7000
    assert line(layout.call(elsewhere, "kstrdup", [REFUSED], modules), modules) == line_of("COPY")
    assert layout.call(elsewhere, "vmalloc", [REFUSED], modules) is None
    assert layout.call(elsewhere + 1, "kstrdup", [REFUSED], modules) is None


def test_of_two_loads_at_one_place_the_one_with_such_a_call_counts(modules: dict[str, Path]) -> None:
    number = address_of("kstrdup", LOADED, modules)
    later = Layout("bad", {".exit.text": LOADED.sections[".init.text"]})
    assert line(layout.call(number, "kstrdup", [LOADED, later], modules), modules) == line_of("COPY")


def test_needles_are_in_every_address_of_the_code(modules: dict[str, Path]) -> None:
    number = address_of("kstrdup", LOADED, modules)
    assert any(needle in f"{number:#x}" for needle in layout.needles([LOADED], modules))
    assert layout.MODULE_SPACE in layout.needles([LOADED, REFUSED], modules)
    assert layout.needles([], modules) == []


def test_the_layout_of_a_loaded_module_is_read(machine: QemuMachine, modules: dict[str, Path]) -> None:
    machine.push("/root/bad.ko", kbuild.without_debug(modules["bad"]).read_bytes())
    assert machine.run("modctl load /root/bad.ko").status == 0
    seen = layout.read(machine, "bad")
    assert {".init.text", ".exit.text"} <= set(seen.sections)
    live = re.search(r"^bad .* (0x[0-9a-f]+)", machine.run("cat /proc/modules").stdout.decode(), re.M)
    assert live
    assert seen.sections[".exit.text"] == int(live[1], 16)
    assert layout.read(machine, "nothing").sections == {}


def test_a_report_is_located_by_the_load_that_it_is_about(modules: dict[str, Path]) -> None:
    number = address_of("kstrdup", LOADED, modules)
    report = Finding("use-after-free", "", addresses=(Address(f"{number:#x}", 0, None, "allocated"),))
    later = Layout("bad", {name: start + 0x10_0000 for name, start in LOADED.sections.items()})
    assert layout.locate(report, modules, [LOADED, later]).line == line_of("COPY")


def test_a_finding_without_addresses_keeps_its_lines(modules: dict[str, Path]) -> None:
    finding = Finding("leak", "", "bad.c", 3)
    assert layout.locate(finding, modules, [LOADED]) is finding
