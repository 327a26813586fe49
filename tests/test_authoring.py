# SPDX-License-Identifier: MIT
"""A new pack is whole, and its archive is the same wherever it is made."""

import io
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from kmodlab.cli.main import run
from kmodlab.errors import UsageError
from kmodlab.packs import authoring, catalog, consistency


def test_a_new_pack_has_its_own_name_and_no_fault(tmp_path: Path) -> None:
    authoring.new(tmp_path / "my-drivers")
    pack = catalog.load(tmp_path / "my-drivers")
    assert (pack.id, pack.title) == ("my-drivers", "My drivers")
    assert "pack use my-drivers" in (pack.folder / "README.md").read_text()
    assert list(consistency.faults(pack)) == []


@pytest.mark.parametrize("name", ["My", "a b", "1st", "ä", "a" * 65])
def test_a_name_that_is_none_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        authoring.new(tmp_path / name)


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    with pytest.raises(UsageError, match="already"):
        authoring.new(tmp_path / "here")


def test_an_archive_does_not_tell_where_when_and_by_whom_it_was_made(tmp_path: Path) -> None:
    authoring.new(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "elsewhere" / "b")
    for path in (tmp_path / "elsewhere").rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o777)
    (tmp_path / "elsewhere/b/lessons/01-answer/answer.o").write_text("built")
    one, other = (catalog.load(folder) for folder in (tmp_path / "a", tmp_path / "elsewhere/b"))
    for for_students in (False, True):
        assert authoring.build(one, for_students=for_students) == authoring.build(
            other, for_students=for_students
        )


def test_students_get_no_solutions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    authoring.new(tmp_path / "a")
    assert run(["pack", "build", str(tmp_path / "a"), "--student", "-o", str(tmp_path)], start_app=int) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == tmp_path / "a-0.1.0-student.zip"
    names = zipfile.ZipFile(path).namelist()
    assert "a-0.1.0-student/lessons/01-answer/answer.c" in names
    assert not any("solutions" in name for name in names)


def test_an_instructor_gets_all(tmp_path: Path) -> None:
    authoring.new(tmp_path / "a")
    _, archive = authoring.build(catalog.load(tmp_path / "a"), for_students=False)
    names = zipfile.ZipFile(io.BytesIO(archive)).namelist()
    assert "a-0.1.0/solutions/01-answer/mistakes/constant/mistake.toml" in names


def test_a_pack_with_a_fault_is_not_built(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    authoring.new(tmp_path / "a")
    (tmp_path / "a/solutions/01-answer/answer.c").unlink()
    assert run(["pack", "build", str(tmp_path / "a"), "-o", str(tmp_path)], start_app=int) == 2
    assert "the solution is incomplete" in capsys.readouterr().err
    assert list(tmp_path.glob("*.zip")) == []
