# SPDX-License-Identifier: MIT
"""Copies of a module for gdb's sake: inert, so that the kernel never runs it, and unplaced, so that gdb finds it."""

import io

from elftools.elf.elffile import ELFFile

from kmodlab.errors import LabError

_INIT_AND_EXIT = ".rela.gnu.linkonce.this_module"  # what fills in both in the module's own struct module
_INFO_OFFSET, _INFO_SIZE = 8, 8  # r_info in an Elf64_Rela
_ADDRESS_OFFSET, _ADDRESS_SIZE = 16, 8  # sh_addr in an Elf64_Shdr


def inert(module: bytes) -> bytes:
    """A copy of the built `module` whose init and exit are never called; nothing else is different.

    A relocation of type 0, R_X86_64_NONE, does nothing (psABI for x86-64, relocation types).
    """
    copy = bytearray(module)
    section = ELFFile(io.BytesIO(module)).get_section_by_name(_INIT_AND_EXIT)
    if section is None:
        return module  # it has neither
    if section["sh_entsize"] != 24:
        raise LabError("The module is no 64-bit ELF file.", hint="gdb works with x86-64 kernels only.")
    first = section["sh_offset"]
    for entry in range(first, first + section["sh_size"], section["sh_entsize"]):
        copy[entry + _INFO_OFFSET : entry + _INFO_OFFSET + _INFO_SIZE] = bytes(_INFO_SIZE)
    return bytes(copy)


def unplaced(module: bytes) -> bytes:
    """A copy of the built `module` of which no section has an address; the kernel asks for none.

    Modules for Linux 6.12 have some, and gdb, which sees one, takes the others for addresses, too: 0 for all code.
    """
    copy, header = bytearray(module), ELFFile(io.BytesIO(module)).header
    for number in range(header["e_shnum"]):
        address = header["e_shoff"] + number * header["e_shentsize"] + _ADDRESS_OFFSET
        copy[address : address + _ADDRESS_SIZE] = bytes(_ADDRESS_SIZE)
    return bytes(copy)
