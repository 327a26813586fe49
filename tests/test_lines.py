# SPDX-License-Identifier: MIT
from collections.abc import Iterator
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from kmodlab.evidence import lines

MODULE = Path(__file__).parent / "data/faulty/faulty.ko"


@pytest.fixture
def elf() -> Iterator[ELFFile]:
    with MODULE.open("rb") as stream:
        yield ELFFile(stream)


def test_functions_are_known_by_section_offset_and_size(elf: ELFFile) -> None:
    known = set(lines.functions(elf))
    assert lines.Function("reads_null", ".text.unlikely", 0, 17) in known
    assert {f.name for f in known if f.section == ".init.text"} == {"faulty_init", "init_module"}
    assert len([f for f in known if f.name == "same_name"]) == 2


def test_a_return_that_is_folded_into_the_closing_brace_is_told_from_it(elf: ELFFile) -> None:
    hidden = lines.statements_at_closing_braces(elf)
    assert hidden[".text.unlikely", 5] == (24, 25)
    assert (".init.text", 0) not in hidden
