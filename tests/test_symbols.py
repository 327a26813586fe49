# SPDX-License-Identifier: MIT
"""Exported symbols, in the layouts of old and new kernels."""

import subprocess
from pathlib import Path

import pytest

from kmodlab.build.symbols import exports, imports
from kmodlab.errors import LabError

# As EXPORT_SYMBOL and EXPORT_SYMBOL_GPL leave it in a module (include/asm-generic/export.h of 6.1), and as they do in
# an object since 6.4 (include/linux/export.h): a licence and a namespace, each ended by a zero byte, and the symbol.
MODULE = """
	.section __ksymtab, "a"
__ksymtab_open_to_all:
	.long 0
	.section __ksymtab_gpl, "a"
__ksymtab_free_only:
	.long 0
	.section __ksymtab_strings, "aMS", @progbits, 1
__kstrtab_open_to_all:
	.asciz "open_to_all"
"""
OBJECT = """
	.section .export_symbol, "a"
__export_symbol_open_to_all:
	.asciz ""
	.asciz ""
	.balign 8
	.quad 0
__export_symbol_free_only:
	.asciz "GPL"
	.asciz ""
	.balign 8
	.quad 0
"""
PLAIN = "\t.text\n\t.globl __ksymtab_impostor\n__ksymtab_impostor:\n\tnop\n"


def assembled(folder: Path, text: str) -> Path:
    path = folder / "m.ko"
    subprocess.run(["as", "-o", path, "-"], input=text.encode(), check=True)
    return path


@pytest.mark.parametrize("text", [MODULE, OBJECT])
def test_symbols_are_read_with_their_licence(tmp_path: Path, text: str) -> None:
    assert exports(assembled(tmp_path, text)) == {"free_only": True, "open_to_all": False}


def test_a_label_elsewhere_exports_nothing(tmp_path: Path) -> None:
    assert exports(assembled(tmp_path, PLAIN)) == {}


def test_what_is_no_object_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.ko").write_text("no ELF")
    with pytest.raises(LabError, match=r"m\.ko cannot be read"):
        exports(tmp_path / "m.ko")


def test_what_a_module_wants_of_others_is_what_it_does_not_define(tmp_path: Path) -> None:
    text = "\t.text\n\t.globl here\nhere:\n\tcall _printk\n\tcall there\n\t.quad here\n"
    assert imports(assembled(tmp_path, text)) == {"_printk", "there"}
