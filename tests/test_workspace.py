# SPDX-License-Identifier: MIT
"""The learner's files are opened, saved, reset and taken without ever losing one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kmodlab.errors import UsageError
from kmodlab.learner.workspace import Workspace, take
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Lesson, Pack

TWO_FILES = """
format = 1
id = "pair"
title = "Two files"
minutes = 5
modules = ["pair"]
files = ["one.c", "two.c"]
[[check]]
id = "loads"
title = "It loads"
do = ["load pair"]
"""


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    folder = tmp_path / "pack"
    lesson = folder / "lessons" / "01-pair"
    lesson.mkdir(parents=True)
    (folder / "pack.toml").write_text(
        'format = 1\nid = "trial"\ntitle = "Trial"\nversion = "1"\nlessons = ["pair"]\n'
    )
    (lesson / "lesson.toml").write_text(TWO_FILES)
    (lesson / "one.c").write_text("int one;\n")
    (lesson / "two.c").write_text("int two;\n")
    return catalog.load(folder)


@pytest.fixture
def lesson(pack: Pack) -> Lesson:
    return pack.lesson("pair")


@pytest.fixture
def workspace(pack: Pack, tmp_path: Path) -> Workspace:
    return Workspace(pack, tmp_path / "data")


def copies_of(copies: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in copies.iterdir()}


def test_reading_a_lesson_for_the_first_time_gives_the_starter(workspace, lesson):
    assert workspace.read(lesson) == {"one.c": b"int one;\n", "two.c": b"int two;\n"}


def test_opening_again_keeps_what_the_learner_wrote(workspace, lesson):
    workspace.open(lesson)
    workspace.write(lesson, "one.c", "mine")
    workspace.path(lesson, "two.c").unlink()
    workspace.open(lesson)
    assert workspace.read(lesson) == {"one.c": b"mine", "two.c": b"int two;\n"}


def test_opening_leaves_no_other_file_behind(workspace, lesson):
    workspace.open(lesson)
    workspace.write(lesson, "one.c", "mine")
    assert {path.name for path in workspace.folder(lesson).iterdir()} == {"one.c", "two.c"}


def test_opening_does_not_touch_a_dangling_link(workspace, lesson):
    workspace.open(lesson)
    path = workspace.path(lesson, "one.c")
    path.unlink()
    path.symlink_to("elsewhere")
    workspace.open(lesson)
    assert path.is_symlink()


def test_a_file_that_the_lesson_does_not_declare_cannot_be_written(workspace, lesson):
    with pytest.raises(UsageError, match="no file 'Makefile'"):
        workspace.write(lesson, "Makefile", "all:")


def test_an_ordinary_save_keeps_no_copy(workspace, lesson):
    workspace.open(lesson)
    assert workspace.write(lesson, "one.c", "first", known=b"int one;\n") is None
    assert workspace.write(lesson, "one.c", "second", known=b"first") is None
    assert workspace.read(lesson)["one.c"] == b"second"


def test_saving_over_another_editors_work_keeps_a_copy_of_it(workspace, lesson):
    workspace.open(lesson)
    workspace.path(lesson, "one.c").write_text("from vim")
    kept = workspace.write(lesson, "one.c", "from the app", known=b"int one;\n")
    assert kept.read_bytes() == b"from vim"
    assert workspace.read(lesson)["one.c"] == b"from the app"


def test_saving_over_invalid_utf8_keeps_a_copy_of_it(workspace, lesson):
    workspace.open(lesson)
    workspace.path(lesson, "one.c").write_bytes(b"/* caf\xe9 */")
    kept = workspace.write(lesson, "one.c", "/* caf? */")
    assert kept.read_bytes() == b"/* caf\xe9 */"


def test_invalid_utf8_is_read_as_it_is(workspace, lesson):
    workspace.open(lesson)
    workspace.path(lesson, "one.c").write_bytes(b"\xff\x00")
    assert workspace.read(lesson)["one.c"] == b"\xff\x00"
    assert "\\xff" in workspace.diff(lesson, lesson.starter())


def test_saving_keeps_the_permission_bits(workspace, lesson):
    workspace.open(lesson)
    workspace.path(lesson, "one.c").chmod(0o640)
    workspace.write(lesson, "one.c", "x")
    assert workspace.path(lesson, "one.c").stat().st_mode & 0o777 == 0o640


def test_reset_brings_the_starter_back_and_keeps_every_file(workspace, lesson):
    workspace.open(lesson)
    workspace.write(lesson, "one.c", "mine")
    copies = workspace.reset(lesson)
    assert copies_of(copies) == {"one.c": b"mine", "two.c": b"int two;\n"}
    assert workspace.read(lesson) == lesson.starter()


def test_two_resets_at_once_keep_two_copies(workspace, lesson):
    workspace.open(lesson)
    assert workspace.reset(lesson) != workspace.reset(lesson)


def test_reset_moves_links_and_folders_away_instead_of_following_them(workspace, lesson, tmp_path):
    workspace.open(lesson)
    precious = tmp_path / "precious.c"
    precious.write_text("precious")
    link, folder = workspace.path(lesson, "one.c"), workspace.path(lesson, "two.c")
    link.unlink()
    link.symlink_to(precious)
    folder.unlink()
    folder.mkdir()
    (folder / "notes").write_text("notes")
    copies = workspace.reset(lesson)
    assert workspace.read(lesson) == lesson.starter()
    assert precious.read_text() == "precious"
    assert (copies / "one.c").is_symlink()
    assert (copies / "two.c" / "notes").read_text() == "notes"


def test_restoring_earlier_files_keeps_a_copy_of_those_that_were_there(workspace, lesson):
    workspace.open(lesson)
    workspace.write(lesson, "one.c", "mine")
    copies = workspace.restore(lesson, {"one.c": b"earlier\xff", "two.c": b"earlier, too"})
    assert copies_of(copies) == {"one.c": b"mine", "two.c": b"int two;\n"}
    assert workspace.read(lesson) == {"one.c": b"earlier\xff", "two.c": b"earlier, too"}


def test_restoring_touches_only_files_that_both_the_lesson_and_the_attempt_know(workspace, lesson):
    workspace.open(lesson)
    workspace.write(lesson, "two.c", "mine")
    copies = workspace.restore(lesson, {"one.c": b"earlier", "../escape.c": b"no", "gone.c": b"no"})
    assert copies_of(copies) == {"one.c": b"int one;\n"}
    assert workspace.read(lesson) == {"one.c": b"earlier", "two.c": b"mine"}
    assert {path.name for path in workspace.folder(lesson).iterdir()} == {"one.c", "two.c"}


def test_reset_of_a_lesson_never_opened_gives_the_starter(workspace, lesson):
    assert copies_of(workspace.reset(lesson)) == {}
    assert workspace.read(lesson) == lesson.starter()


def test_a_missing_file_is_named_and_not_made_again_behind_an_editors_back(workspace, lesson):
    workspace.open(lesson)
    workspace.path(lesson, "two.c").unlink()
    with pytest.raises(UsageError, match=r"no two\.c") as raised:
        workspace.read(lesson)
    assert "kmodlab reset pair" in raised.value.hint
    assert not workspace.path(lesson, "two.c").exists()


def test_the_diff_shows_the_learners_lines_with_a_plus(workspace, lesson):
    workspace.open(lesson)
    workspace.write(lesson, "one.c", "int mine;")
    assert workspace.diff(lesson, lesson.starter()) == (
        "--- starter/one.c\n+++ one.c\n@@ -1 +1 @@\n-int one;\n+int mine;\n\\ No newline at end of file\n"
    )


def test_there_is_no_diff_where_nothing_changed(workspace, lesson):
    assert workspace.diff(lesson, lesson.starter()) == ""


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    folder = tmp_path / "handed-in"
    folder.mkdir()
    (folder / "one.c").write_text("1")
    (folder / "two.c").write_text("2")
    return folder


def test_only_declared_files_are_taken(handed_in, lesson):
    (handed_in / "Makefile").write_text("all: ; rm -rf /")
    assert take(handed_in, lesson) == {"one.c": b"1", "two.c": b"2"}


def make_link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def make_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1_000_001)


@pytest.mark.parametrize(
    ("exchange", "sentence"),
    [
        (lambda path: None, "There is no one.c"),
        (make_link, "is a symbolic link"),
        (Path.mkdir, "is a folder"),
        (os.mkfifo, "is a device or a pipe"),
        (make_large, "is larger than 1 MB"),
    ],
)
def test_what_is_no_ordinary_file_is_not_taken(handed_in, lesson, exchange, sentence):
    (handed_in / "one.c").unlink()
    exchange(handed_in / "one.c")
    with pytest.raises(UsageError, match=sentence):
        take(handed_in, lesson)


def test_a_file_of_exactly_the_limit_is_taken(handed_in, lesson):
    (handed_in / "one.c").write_bytes(b" " * 1_000_000)
    assert len(take(handed_in, lesson)["one.c"]) == 1_000_000


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(handed_in, lesson):
    (handed_in / "one.c").chmod(0)
    with pytest.raises(UsageError, match="Permission denied"):
        take(handed_in, lesson)


def test_a_folder_that_does_not_exist_is_named(tmp_path, lesson):
    with pytest.raises(UsageError, match="There is no folder"):
        take(tmp_path / "nowhere", lesson)


def test_a_kill_while_saving_leaves_the_old_file_or_the_new_one(workspace, lesson, tmp_path):
    workspace.open(lesson)
    path = workspace.path(lesson, "one.c")
    script = (
        "import sys, pathlib; from kmodlab.learner.files import replace; path = pathlib.Path(sys.argv[1])\n"
        "print(flush=True)\n"
        "while True:\n    replace(path, b'a' * 500_000); replace(path, b'b' * 500_000)"
    )
    with subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        while path.stat().st_size < 500_000:
            pass
        writer.kill()
    assert path.read_bytes() in (b"a" * 500_000, b"b" * 500_000)
