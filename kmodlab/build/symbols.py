# SPDX-License-Identifier: MIT
"""The symbols that a module exports, and those that it imports, read from the built file."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Symbol, SymbolTableSection

from kmodlab.errors import LabError

Found = TypeVar("Found")

TABLE_ENTRY = "__ksymtab_"  # of a module: the label of an entry, in the section __ksymtab or __ksymtab_gpl
OBJECT_ENTRY = "__export_symbol_"  # of an object since Linux 6.4: the label of a licence, in .export_symbol


def exports(path: Path) -> dict[str, bool]:
    """Return symbol to whether only GPL modules may use it.

    Both layouts of include/linux/export.h are read. Raises LabError when `path` is no object file.
    """
    return dict(sorted(_read(path, _entries)))


def imports(path: Path) -> frozenset[str]:
    """The symbols that a module wants of the kernel and of other modules; raises as `exports` does."""
    return frozenset(_read(path, _undefined))


def _read(path: Path, read: Callable[[ELFFile], list[Found]]) -> list[Found]:
    try:
        with path.open("rb") as stream:
            return read(ELFFile(stream))
    except (OSError, ELFError) as problem:
        raise LabError(
            f"{path.name} cannot be read as a kernel module: {problem}.",
            hint="Build it again; a module is an ELF object file that ends in .ko.",
        ) from problem


def _symbols(module: ELFFile) -> Iterator[Symbol]:
    table = module.get_section_by_name(".symtab")
    return table.iter_symbols() if isinstance(table, SymbolTableSection) else iter(())


def _undefined(module: ELFFile) -> list[str]:
    return [symbol.name for symbol in _symbols(module) if symbol.name and symbol["st_shndx"] == "SHN_UNDEF"]


def _entries(module: ELFFile) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    for symbol in _symbols(module):
        if not isinstance(symbol["st_shndx"], int):
            continue  # undefined or absolute
        section = module.get_section(symbol["st_shndx"])
        if symbol.name.startswith(TABLE_ENTRY) and section.name.lstrip("_").startswith("ksymtab"):
            found.append((symbol.name.removeprefix(TABLE_ENTRY), "_gpl" in section.name.split("+")[0]))
        elif symbol.name.startswith(OBJECT_ENTRY) and section.name == ".export_symbol":
            licence = section.data()[symbol["st_value"] :].split(b"\0", 1)[0]
            found.append((symbol.name.removeprefix(OBJECT_ENTRY), licence == b"GPL"))
    return found
