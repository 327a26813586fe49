# SPDX-License-Identifier: MIT
"""What a report depends on is in its fingerprint."""

import shutil
from pathlib import Path

import pytest

from kmodlab.classroom import fingerprint
from kmodlab.kernels.tree import KernelTree
from kmodlab.packs import catalog

FILES = {"hello.c": b"int x;\n"}
LESSONS = {"kmalloc": "02-kmalloc/block.c", "chardev": "05-chardev/race.c"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the pack that ships."""
    shipped = catalog.shipped_folder()
    for name in ("lessons", "solutions"):
        shutil.copytree(shipped / name, tmp_path / name)
    shutil.copy(shipped / "pack.toml", tmp_path)
    return tmp_path


def of(folder: Path, lesson: str = "kmalloc", files: dict[str, bytes] = FILES, kernel: str = "6.1") -> str:
    return fingerprint.of(files, catalog.load(folder).lesson(lesson), kernel)


def test_the_same_gives_the_same(folder):
    assert of(folder) == of(folder)
    (folder / "lessons/02-kmalloc/lesson.md").write_text("Another text.\n")
    assert of(folder, files=dict(FILES)) == of(catalog.shipped_folder())


def test_files_names_and_kernel_count(folder):
    others = [
        of(folder, files={"hello.c": b"int y;\n"}),
        of(folder, files={"hallo.c": b"int x;\n"}),
        of(folder, files={**FILES, "a.h": b""}),
        of(folder, kernel="6.12"),
        of(folder, "hello"),
    ]
    assert len({of(folder), *others}) == 6


@pytest.mark.parametrize(("lesson", "program"), LESSONS.items())
def test_test_programs_count(folder, lesson, program):
    before = of(folder, lesson)
    path = folder / "lessons" / program
    path.write_bytes(path.read_bytes() + b"\n")
    assert of(folder, lesson) != before


def test_the_manifest_counts(folder):
    before = of(folder)
    path = folder / "lessons/02-kmalloc/lesson.toml"
    path.write_text(path.read_text().replace("points = 3", "points = 4", 1))
    assert of(folder) != before


def test_functions_of_the_pack_count_where_they_are_asked(folder):
    path = folder / "lessons/01-hello/lesson.toml"
    path.write_text(
        path.read_text().replace("expect = [{ build = true", 'expect = [{ python = "f" }, { build = true', 1)
    )
    (folder / "checks.py").write_text("def f(evidence): ...\n")
    hello, kmalloc = of(folder, "hello"), of(folder)
    (folder / "checks.py").write_text("def f(evidence): return 'no'\n")
    assert of(folder, "hello") != hello
    assert of(folder) == kmalloc


def test_two_builds_of_one_release_are_two_kernels(tmp_path):
    first, again, other = (tmp_path / name for name in ("first", "again", "other"))
    for image, content in ((first, b"image"), (again, b"image"), (other, b"with KASAN")):
        image.write_bytes(content)
    identities = [
        KernelTree("6.1", "x86_64", "build", "gcc-12", image, tmp_path, tmp_path, tmp_path).identity()
        for image in (first, again, other)
    ]
    assert identities[0] == identities[1] != identities[2]
