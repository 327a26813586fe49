# SPDX-License-Identifier: MIT
"""Copies of a built module for gdb's sake."""

import subprocess
from pathlib import Path

from elftools.elf.elffile import ELFFile

from kmodlab.build.inert import inert, unplaced

MODULE = Path(__file__).parent / "data/faulty/faulty.ko"
INIT_AND_EXIT = ".rela.gnu.linkonce.this_module"


def test_only_what_names_init_and_exit_is_different(tmp_path: Path) -> None:
    module = MODULE.read_bytes()
    copy = tmp_path / "copy.ko"
    copy.write_bytes(inert(module))
    with copy.open("rb") as stream:
        section = ELFFile(stream).get_section_by_name(INIT_AND_EXIT)
        entries = list(section.iter_relocations())
        assert len(entries) == 2
        assert {entry["r_info_type"] for entry in entries} == {0}  # R_X86_64_NONE
        first = section["sh_offset"]
        end = first + section["sh_size"]
    changed = copy.read_bytes()
    assert (changed[:first], changed[end:]) == (module[:first], module[end:])


def test_no_section_of_an_unplaced_copy_has_an_address_and_nothing_else_is_different(tmp_path: Path) -> None:
    module, placed, copy = (tmp_path / name for name in ("m.o", "placed.o", "copy.o"))
    subprocess.run(["as", "-o", module, "-"], input=b"\t.text\n\tret\n\t.data\n\t.long 7\n", check=True)
    subprocess.run(["objcopy", "--change-section-vma", ".data=0x30", module, placed], check=True)
    copy.write_bytes(unplaced(placed.read_bytes()))
    with placed.open("rb") as before, copy.open("rb") as after:
        sections = [*zip(ELFFile(before).iter_sections(), ELFFile(after).iter_sections(), strict=True)]
        assert {section["sh_addr"] for section, _ in sections} == {0, 0x30}
        assert {section["sh_addr"] for _, section in sections} == {0}
        assert [old.data() for old, _ in sections] == [new.data() for _, new in sections]
