# SPDX-License-Identifier: MIT
"""The line table of a module, for the one thing that addr2line gets wrong.

Of several lines at one address addr2line takes the last. Where gcc folds `return *p;` into the function's end that is
the closing brace, while the table also says which statement begins there (DWARF 5, 6.2.2, is_stmt).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import SymbolTableSection

_SET_ADDRESS = 2  # DW_LNE_set_address


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a module's file; offset and size in bytes."""

    name: str
    section: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class _Row:
    section: str
    offset: int
    file: int
    line: int
    begins_statement: bool


def functions(elf: ELFFile) -> Iterator[Function]:
    """Yield the functions in the symbol table; one with two names comes twice."""
    table = elf.get_section_by_name(".symtab")
    for symbol in table.iter_symbols() if isinstance(table, SymbolTableSection) else ():
        index = symbol["st_shndx"]
        if symbol["st_info"]["type"] == "STT_FUNC" and isinstance(index, int):
            yield Function(symbol.name, elf.get_section(index).name, symbol["st_value"], symbol["st_size"])


def statements_at_closing_braces(elf: ELFFile) -> dict[tuple[str, int], tuple[int, int]]:
    """Return, by section and offset, the line of the statement and that of the brace that hides it."""
    found: dict[tuple[str, int], tuple[int, int]] = {}
    rows = list(_rows(elf))
    for function in functions(elf):
        end = function.offset + function.size
        own = [row for row in rows if row.section == function.section and function.offset <= row.offset < end]
        own = [
            row for row in own if row.file == own[0].file
        ]  # what is inlined from elsewhere has other lines
        closing = max((row.line for row in own), default=0)
        for offset, at_one_address in groupby(own, key=lambda row: row.offset):
            *before, last = at_one_address
            if last.line == closing:
                for row in before:
                    if row.begins_statement and row.line < closing:
                        found[function.section, offset] = (row.line, closing)
    return found


def _rows(elf: ELFFile) -> Iterator[_Row]:
    if not elf.has_dwarf_info():
        return
    sections = iter(_sections_of_sequences(elf))
    dwarf = elf.get_dwarf_info()
    for unit in dwarf.iter_CUs():
        program = dwarf.line_program_for_CU(unit)
        section = ""
        for entry in program.get_entries() if program else ():
            if entry.is_extended and entry.command == _SET_ADDRESS:
                section = next(sections, "")
            if (state := entry.state) and not state.end_sequence:
                yield _Row(section, state.address, state.file, state.line, bool(state.is_stmt))


def _sections_of_sequences(elf: ELFFile) -> Sequence[str]:
    """The section of each run of rows, in order.

    In a relocatable file each run starts at an address that only its relocation ties to a section.
    """
    relocations = elf.get_section_by_name(".rela.debug_line")
    if not isinstance(relocations, RelocationSection):
        return []
    symbols = elf.get_section(relocations["sh_link"])
    assert isinstance(symbols, SymbolTableSection)
    indices = [
        symbols.get_symbol(entry["r_info_sym"])["st_shndx"] for entry in relocations.iter_relocations()
    ]
    names = [elf.get_section(index).name for index in indices if isinstance(index, int)]
    return [name for name in names if not name.startswith(".debug")]
