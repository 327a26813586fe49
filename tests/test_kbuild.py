# SPDX-License-Identifier: MIT
"""Building real modules."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kmodlab.build import kbuild, sandbox, trials
from kmodlab.build.result import BuildEvidence
from kmodlab.errors import CancelledError
from kmodlab.grading.grade import build_complaint
from kmodlab.kernels.tree import KernelTree

HELLO = b"""// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/module.h>
static int __init hello_init(void)
{
	return 0;
}
module_init(hello_init);
MODULE_LICENSE("GPL");
"""

Build = Callable[..., BuildEvidence]


@pytest.fixture
def folder() -> Iterator[Path]:
    with kbuild.build_folder() as place:
        yield place


@pytest.fixture
def build(kernel_tree: KernelTree, folder: Path) -> Build:
    def build_module(source: bytes, **others: bytes) -> BuildEvidence:
        sources = {"hello.c": source} | {name.replace("_", "."): text for name, text in others.items()}
        return kbuild.build(kernel_tree, sources, ["hello"], folder)

    return build_module


def errors(result: BuildEvidence) -> str:
    return "\n".join(message.text for message in result.diagnostics if message.severity == "error")


def test_a_module_is_built_for_the_kernel(build: Build, folder: Path, kernel_tree: KernelTree) -> None:
    result = build(HELLO)
    assert result.succeeded
    assert (folder / "hello.ko").stat().st_size > 1000
    assert result.modinfo["hello"]["license"] == ("GPL",)
    assert result.modinfo["hello"]["vermagic"][0].startswith(kernel_tree.release)


def test_an_error_is_told_with_its_place(build: Build) -> None:
    result = build(HELLO.replace(b"return 0;", b"return 0"))
    assert not result.succeeded
    first = result.diagnostics[0]
    assert (first.severity, first.file, first.line) == ("error", "hello.c", 5)
    assert "expected ';'" in first.text


def test_a_symbol_that_nobody_has_is_told(build: Build) -> None:
    result = build(HELLO.replace(b"return 0;", b"extern int nowhere(void); return nowhere();"))
    assert not result.succeeded
    assert '"nowhere"' in errors(result)


def test_a_missing_licence_is_told(build: Build) -> None:
    result = build(HELLO.replace(b'MODULE_LICENSE("GPL");', b""))
    assert not result.succeeded
    assert "MODULE_LICENSE" in errors(result)


def test_a_makefile_of_the_learner_is_never_run(build: Build, folder: Path) -> None:
    evil = b"$(shell touch $(M)/pwned)\nobj-m := hello.o\n"
    result = build(HELLO, Makefile=evil, Kbuild=evil, GNUmakefile=evil)
    assert result.succeeded
    assert not (folder / "pwned").exists()


def test_the_build_folder_is_gone_afterwards() -> None:
    with kbuild.build_folder() as place:
        (place / "x").write_text("x")
    assert not place.exists()


def test_what_a_killed_lab_left_behind_is_swept(folder: Path) -> None:
    abandoned = folder.parent / "999999999-left"
    abandoned.mkdir()
    with kbuild.build_folder():
        assert not abandoned.exists()


def test_a_build_can_be_cancelled(kernel_tree: KernelTree, folder: Path) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(CancelledError):
        kbuild.build(kernel_tree, {"hello.c": HELLO}, ["hello"], folder, cancelled)


def test_kept_trials_change_no_flag_of_the_compiler(
    kernel_tree: KernelTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def command(number: int, makefile: bytes | None) -> str:
        with kbuild.build_folder() as place:
            if makefile is not None:
                monkeypatch.setattr(trials, "put", lambda tree, folder: None)
                monkeypatch.setattr(trials, "keep", lambda tree, folder: None)
                (place / trials.MAKEFILE).write_bytes(makefile)
            assert kbuild.build(kernel_tree, {"hello.c": HELLO}, ["hello"], place).succeeded
            line = (place / ".hello.o.cmd").read_text().splitlines()[0]
            return line.replace(str(sandbox.inside(place)), "/build")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    learning, knowing = command(1, None), command(2, None)
    plain = command(3, b"")
    assert learning == knowing == plain


needs_walls = pytest.mark.skipif(not sandbox.works(), reason="bubblewrap may make no namespaces here")


@needs_walls
@pytest.mark.parametrize(
    "hostile",
    [
        b'asm(".incbin \\"/etc/passwd\\"");',
        b'#include "/etc/passwd"',
        b'#include "/etc/shadow"',
        b'asm(".incbin \\"/proc/self/environ\\""); #include "/home"',
    ],
)
def test_the_compiler_cannot_read_the_host(build: Build, hostile: bytes) -> None:
    result = build(HELLO + hostile + b"\n")
    assert not result.succeeded
    assert "root:" not in result.output


def test_a_source_that_includes_itself_ends_with_few_words(build: Build) -> None:
    result = build(b"#include __FILE__\n#include __FILE__\n")
    assert not result.succeeded
    assert len(result.output) <= kbuild.OUTPUT_LIMIT + 200


def test_a_macro_bomb_meets_the_memory_limit(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kbuild, "DEADLINE_SECONDS", 5.0)
    levels = b"".join(b"#define B%d B%d B%d B%d B%d\n" % (n + 1, n, n, n, n) for n in range(20))
    result = build(b"#define B0 x,x,x,x,x,x,x,x\n" + levels + b"int y[] = { B20 };\n")
    assert not result.succeeded
    assert errors(result)


ENDLESS = b"""#if __INCLUDE_LEVEL__ < 40
#include __FILE__
#include __FILE__
#endif
"""


def test_a_compilation_without_end_meets_the_limit_of_time(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "CPU_SECONDS", 1)
    result = build(ENDLESS)
    assert not result.succeeded
    assert "signal terminated program cc1" in build_complaint(result)


def test_a_compilation_that_wants_all_memory_is_told_that_there_is_none(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "MEMORY_BYTES", 200 << 20)
    result = build(ENDLESS)
    assert not result.succeeded
    assert "memory exhausted" in build_complaint(result) or "out of memory" in build_complaint(result)
