# SPDX-License-Identifier: MIT
from pathlib import Path

import pytest

from kmodlab.build import kbuild
from kmodlab.evidence import decode
from kmodlab.evidence.decode import Spot
from kmodlab.evidence.finding import Address, Finding, Location
from kmodlab.kernels.tree import KernelTree

SOURCES = Path(__file__).parent / "data/faulty"
MODULES = {"faulty": SOURCES / "faulty.ko"}
LOADED = {"faulty": {".init.text": 0xFFFF_FFFF_C048_7000, ".text.unlikely": 0xFFFF_FFFF_C048_2000}}


def located(*addresses: Address) -> Finding:
    return decode.locate(Finding("bug", "x", addresses=addresses), MODULES, LOADED)


def places(*addresses: Address) -> list[tuple[str, int]]:
    return [(location.file, location.line) for location in located(*addresses).locations]


@pytest.mark.parametrize(
    ("function", "offset", "role", "place"),
    [
        ("reads_null", 0x5, "accessed", ("main.c", 24)),
        ("faulty_exit", 0x0, "reported", ("main.c", 60)),
        ("never_returns.constprop.0", 0x16, "spinning", ("main.c", 19)),
        ("never_returns.constprop.0", 0x16, "called", ("main.c", 17)),
    ],
)
def test_a_place_is_found_in_any_section_and_under_any_suffix(
    function: str, offset: int, role: str, place: tuple[str, int]
) -> None:
    assert places(Address(function, offset, "faulty", role))[-1] == place


def test_a_statement_that_the_compiler_folds_into_the_end_of_the_function_is_not_lost() -> None:
    assert (SOURCES / "main.c").read_text().splitlines()[24 - 1] == "\treturn *nowhere;"
    assert places(Address("reads_null", 0x5, "faulty", "accessed")) == [("main.c", 24)]


def test_the_line_of_a_caller_is_that_of_the_call_not_the_one_after_it() -> None:
    behind_the_call_of_kfree = 0x87
    assert places(Address("faulty_init", behind_the_call_of_kfree, "faulty", "called")) == [("main.c", 54)]
    assert places(Address("faulty_init", behind_the_call_of_kfree, "faulty", "accessed")) != [("main.c", 54)]


def test_an_inlined_function_gives_its_line_and_its_callers() -> None:
    finding = located(Address("calls_inline", 0x5, "faulty", "accessed"))
    assert finding.locations == (
        Location("accessed", "helpers.h", 8, "once"),
        Location("accessed", "helpers.h", 13, "twice"),
        Location("accessed", "main.c", 29, "calls_inline"),
    )
    assert (finding.file, finding.line, finding.function) == ("helpers.h", 8, "once")


def test_a_finding_is_placed_in_the_learners_own_file_not_in_a_kernel_header() -> None:
    finding = located(Address("adds", 0x24, "faulty", "accessed"))
    assert finding.locations[0].file == "include/linux/list.h"
    assert (finding.file, finding.line, finding.function) == ("main.c", 34, "adds")


def test_of_two_functions_with_one_name_the_size_tells() -> None:
    assert places(Address("same_name", 0x5, "faulty", "accessed", 0x13)) == [("main.c", 39)]
    assert places(Address("same_name", 0x5, "faulty", "accessed", 0x25)) == [("other.c", 10)]
    assert places(Address("same_name", 0x17, "faulty", "accessed")) == [("other.c", 11)]


def test_an_address_without_a_name_is_found_through_the_sections() -> None:
    assert places(Address("0xffffffffc0482005", 0, None, "accessed")) == [("main.c", 24)]
    assert places(Address("0xffffffffc0483005", 0, None, "accessed")) == []


def test_the_first_address_in_the_module_places_the_finding() -> None:
    kernel = Address("do_one_initcall", 0x59, None)
    finding = located(
        kernel, Address("reads_null", 0x5, "faulty", "accessed"), Address("adds", 0x24, "faulty")
    )
    assert (finding.file, finding.line) == ("main.c", 24)
    assert {location.role for location in finding.locations} == {"accessed", "called"}


def test_what_cannot_be_told_leaves_the_finding_as_it_was() -> None:
    for address in (
        Address("no_such_function", 0, "faulty"),
        Address("reads_null", 0x1000, "faulty"),
        Address("reads_null", 0, "other_module"),
        Address("do_one_initcall", 0x59, None),
    ):
        finding = Finding("bug", "x", "a.c", 3, addresses=(address,))
        assert decode.locate(finding, MODULES, LOADED) == finding


def test_a_file_that_is_no_module_gives_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "faulty.ko"
    broken.write_bytes(MODULES["faulty"].read_bytes()[:5000])
    finding = Finding("bug", "x", addresses=(Address("reads_null", 5, "faulty", "accessed"),))
    assert decode.locate(finding, {"faulty": broken}) == finding
    assert decode.locate(finding, {"faulty": tmp_path / "missing.ko"}) == finding


def test_lines_can_be_asked_for_by_section_and_offset() -> None:
    spot, nowhere = Spot(".text.unlikely", 5), Spot(".no.such.section", 5)
    lines = decode.source_lines(MODULES["faulty"], [spot, nowhere])
    assert lines == {spot: (Location("called", "main.c", 24, "reads_null"),), nowhere: ()}


def test_a_module_that_the_lab_builds_can_be_decoded(kernel_tree: KernelTree, tmp_path: Path) -> None:
    source = (SOURCES / "main.c").read_text().replace("same_name_elsewhere()", "1")
    header = (SOURCES / "helpers.h").read_bytes()
    folder = tmp_path / "build"
    folder.mkdir()
    built = kbuild.build(kernel_tree, {"faulty.c": source.encode(), "helpers.h": header}, ["faulty"], folder)
    assert built.succeeded, built.output
    finding = Finding("bug", "x", addresses=(Address("faulty_exit", 0, "faulty", "reported"),))
    found = decode.locate(finding, {"faulty": folder / "faulty.ko"})
    assert (found.file, found.line, found.function) == ("faulty.c", 60, "faulty_exit")
