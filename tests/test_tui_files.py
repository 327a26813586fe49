# SPDX-License-Identifier: MIT
from pathlib import Path

import pytest
from tui_lab import make_pack

from kmodlab.learner.workspace import Workspace
from kmodlab.tui.files import LessonFiles, text_of


@pytest.fixture
def place(tmp_path: Path) -> tuple[LessonFiles, Path]:
    """The files of a lesson, read, and the path of hello.c."""
    pack = make_pack(tmp_path)
    workspace = Workspace(pack, tmp_path / "data")
    files = LessonFiles(workspace, pack.lessons[0])
    files.read()
    return files, workspace.path(pack.lessons[0], "hello.c")


def test_reading_gives_the_files_on_disk(place: tuple[LessonFiles, Path]) -> None:
    files, path = place
    assert files.known == {"hello.c": path.read_bytes()}


def test_what_is_saved_here_was_not_changed_elsewhere(place: tuple[LessonFiles, Path]) -> None:
    files, path = place
    assert files.save("hello.c", "int mine;\n") is None
    assert path.read_text() == "int mine;\n"
    assert files.changed_outside() == {}


def test_a_change_made_elsewhere_is_noticed_once_it_is_accepted_no_more(
    place: tuple[LessonFiles, Path],
) -> None:
    files, path = place
    path.write_bytes(b"int theirs;\n")
    assert files.changed_outside() == {"hello.c": b"int theirs;\n"}
    files.accept("hello.c", b"int theirs;\n")
    assert files.changed_outside() == {}


def test_saving_over_a_change_made_elsewhere_keeps_a_copy_of_it(place: tuple[LessonFiles, Path]) -> None:
    files, path = place
    path.write_bytes(b"int theirs;\n")
    copy = files.save("hello.c", "int mine;\n")
    assert copy is not None
    assert copy.read_bytes() == b"int theirs;\n"
    assert path.read_text() == "int mine;\n"


def test_a_file_that_is_gone_for_a_moment_is_no_change(place: tuple[LessonFiles, Path]) -> None:
    files, path = place
    path.unlink()
    assert files.changed_outside() == {}
    files.save("hello.c", "int mine;\n")
    assert path.read_text() == "int mine;\n"


def test_bytes_that_are_no_text_are_shown_all_the_same() -> None:
    assert text_of(b"ok \xff") == "ok �"
