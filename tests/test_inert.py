# SPDX-License-Identifier: MIT
"""Inert copies of a built module."""

from pathlib import Path

from elftools.elf.elffile import ELFFile

from kmodlab.build.inert import inert

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
