# SPDX-License-Identifier: MIT
"""Inert modules: a module without init and exit, which the kernel loads to the same place and never runs."""

import io

from elftools.elf.elffile import ELFFile

from kmodlab.errors import LabError

_INIT_AND_EXIT = ".rela.gnu.linkonce.this_module"  # what fills in both in the module's own struct module
_INFO_OFFSET, _INFO_SIZE = 8, 8  # r_info in an Elf64_Rela


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
