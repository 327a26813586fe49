# SPDX-License-Identifier: MIT
"""Calls: which functions of the kernel a module's machine code calls, and where (x86-64; from its relocations)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import Section, SymbolTableSection

from kmodlab.evidence.decode import Spot

_CALL = 0xE8  # an opcode; a distance of four bytes follows
_DISTANCE = 4


@dataclass(frozen=True, slots=True)
class Code:
    """The code of a module's file."""

    sizes: Mapping[str, int]  # of the sections with code
    places: Mapping[str, int]  # how far each is from the beginning of a page, once loaded
    calls: Mapping[Spot, str]  # the function called, by what the call returns to


def read(path: Path) -> Code:
    """What the module at `path` holds; raise OSError and ELFError."""
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _read(path: Path, modified: int) -> Code:
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        sections = [section for section in elf.iter_sections() if _holds_code(section)]
        return Code(
            sizes={section.name: section["sh_size"] for section in sections},
            places=_places(sections),
            calls={spot: callee for section in sections for spot, callee in _calls(elf, section)},
        )


def _holds_code(section: Section) -> bool:
    wanted = SH_FLAGS.SHF_ALLOC | SH_FLAGS.SHF_EXECINSTR
    return bool(section["sh_flags"] & wanted == wanted)


def _places(sections: Sequence[Section]) -> dict[str, int]:
    """Code comes first in a module's memory, that of init apart (layout_sections() in kernel/module/main.c)."""
    places: dict[str, int] = {}
    ends = {True: 0, False: 0}
    for section in sections:
        is_init, align = section.name.startswith(".init"), max(1, section["sh_addralign"])
        places[section.name] = -(-ends[is_init] // align) * align
        ends[is_init] = places[section.name] + section["sh_size"]
    return places


def _calls(elf: ELFFile, section: Section) -> Iterator[tuple[Spot, str]]:
    relocations = elf.get_section_by_name(f".rela{section.name}")
    if not isinstance(relocations, RelocationSection):
        return
    symbols = elf.get_section(relocations["sh_link"])
    assert isinstance(symbols, SymbolTableSection)
    code: bytes = section.data()
    for entry in relocations.iter_relocations():
        offset = entry["r_offset"]
        symbol = symbols.get_symbol(entry["r_info_sym"])
        if code[offset - 1 : offset] == bytes([_CALL]) and symbol["st_shndx"] == "SHN_UNDEF":
            yield Spot(section.name, offset + _DISTANCE), symbol.name
