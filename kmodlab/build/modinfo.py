# SPDX-License-Identifier: MIT
"""What a module says about itself: the fields of its .modinfo section, as `modinfo` prints them, and its parameters."""

from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from kmodlab.errors import LabError

PARAMETER_NAME = "__param_str_"  # begins the label of each parameter's name (include/linux/moduleparam.h)


def modinfo(path: Path) -> dict[str, tuple[str, ...]]:
    """Return field to values, in the order of the file: a field such as `author` or `parm` can come twice.

    The section holds `field=value` strings, each ended by a NUL (include/linux/moduleparam.h, MODULE_INFO).
    Raises LabError when `path` is no module.
    """
    try:
        with path.open("rb") as stream:
            section = ELFFile(stream).get_section_by_name(".modinfo")
            content: bytes = section.data() if section else b""
    except (OSError, ELFError) as problem:
        raise LabError(
            f"{path.name} cannot be read as a kernel module: {problem}.",
            hint="Build it again; a module is an ELF object file that ends in .ko.",
        ) from problem
    fields: dict[str, tuple[str, ...]] = {}
    for entry in content.split(b"\0"):
        name, equals, value = entry.decode(errors="replace").partition("=")
        if equals:
            fields[name] = (*fields.get(name, ()), value)
    return fields


def parameters(path: Path) -> tuple[str, ...]:
    """Return the parameters that module_param() and its relatives have made; nothing when `path` is no module."""
    try:
        with path.open("rb") as stream:
            table = ELFFile(stream).get_section_by_name(".symtab")
            names = (
                [symbol.name for symbol in table.iter_symbols()]
                if isinstance(table, SymbolTableSection)
                else []
            )
    except (OSError, ELFError):
        return ()
    return tuple(name.removeprefix(PARAMETER_NAME) for name in names if name.startswith(PARAMETER_NAME))
