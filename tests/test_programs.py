# SPDX-License-Identifier: MIT
"""Test programs are compiled inside the walls, and their author is told what is wrong with them."""

import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from kmodlab.build.programs import compile_program
from kmodlab.errors import LabError
from kmodlab.kernels.tree import KernelTree


def compiled(tmp_path: Path, tree: KernelTree, text: str) -> bytes:
    source = tmp_path / "probe.c"
    source.write_text(text)
    return compile_program(tree, source)


def test_a_program_needs_no_library_to_run(tmp_path: Path, kernel_tree: KernelTree) -> None:
    program = tmp_path / "program"
    content = compiled(tmp_path, kernel_tree, "int main(void) { return 7; }\n")
    program.write_bytes(content)
    program.chmod(0o755)
    assert subprocess.run([program], check=False).returncode == 7
    segments = ELFFile(BytesIO(content)).iter_segments()
    assert "PT_INTERP" not in [segment["p_type"] for segment in segments]


def test_the_compilers_first_error_is_told_with_the_file(tmp_path: Path, kernel_tree: KernelTree) -> None:
    with pytest.raises(LabError) as raised:
        compiled(tmp_path, kernel_tree, "int main(void)\n{ return nothing; }\n")
    assert (
        f"{tmp_path / 'probe.c'} cannot be compiled: probe.c:2:10: error: 'nothing'" in raised.value.message
    )


def test_a_program_sees_nothing_of_the_host(tmp_path: Path, kernel_tree: KernelTree) -> None:
    with pytest.raises(LabError, match=r"/etc/passwd"):
        compiled(
            tmp_path, kernel_tree, '__asm__(".incbin \\"/etc/passwd\\"");\nint main(void) { return 0; }\n'
        )


def test_a_program_that_is_not_there_is_told(tmp_path: Path, kernel_tree: KernelTree) -> None:
    with pytest.raises(LabError, match="No such file"):
        compile_program(kernel_tree, tmp_path / "none.c")


def test_a_program_is_compiled_again_only_when_it_has_changed(
    tmp_path: Path, kernel_tree: KernelTree
) -> None:
    first = compiled(tmp_path, kernel_tree, "int main(void) { return 7; }\n")
    assert compiled(tmp_path, kernel_tree, "int main(void) { return 7; }\n") is first
    assert compiled(tmp_path, kernel_tree, "int main(void) { return 8; }\n") != first
