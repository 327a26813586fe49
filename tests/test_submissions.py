# SPDX-License-Identifier: MIT
"""The layouts that classes come in: who handed in what for which lesson."""

import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kmodlab.classroom import submissions
from kmodlab.classroom.grade import NOTHING, Roster, Student, Submission
from kmodlab.classroom.submissions import Found
from kmodlab.errors import UsageError
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Pack

C = b"int x;\n"
NOBODY = Roster()


@pytest.fixture(scope="module")
def pack() -> Pack:
    return catalog.load(catalog.shipped_folder())


def make(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(C)
    return root


def find(pack: Pack, *places: Path, lesson: str | None = None, roster: Roster = NOBODY) -> Found:
    return submissions.find(places, pack, pack.lesson(lesson) if lesson else None, roster)


def brief(found: Found) -> list[tuple[str, str, list[str], str | None]]:
    return [(one.student, one.lesson, sorted(one.files), one.problem) for one in found.submissions]


def test_a_folder_a_student_with_a_folder_a_lesson(tmp_path, pack):
    make(tmp_path, "bob/hello/hello.c", "ann/hello/hello.c", "ann/params/params.c")
    found = find(pack, tmp_path)
    assert brief(found) == [
        ("ann", "hello", ["hello.c"], None),
        ("ann", "params", ["params.c"], None),
        ("bob", "hello", ["hello.c"], None),
    ]
    assert found.notices == ()


def test_a_lesson_may_be_called_as_its_folder_in_the_pack_is(tmp_path, pack):
    make(tmp_path, "ann/01-hello/hello.c")
    assert brief(find(pack, tmp_path)) == [("ann", "hello", ["hello.c"], None)]


def test_a_folder_a_student_when_it_is_told_which_lesson_it_is(tmp_path, pack):
    make(tmp_path, "ann/hello.c", "bob/hello.c", "bob/Makefile")
    assert brief(find(pack, tmp_path, lesson="hello")) == [
        ("ann", "hello", ["hello.c"], None),
        ("bob", "hello", ["hello.c"], None),
    ]


def test_without_that_it_is_a_problem_of_each_lesson_that_the_class_does(tmp_path, pack):
    make(tmp_path, "ann/hello/hello.c", "bob/hello.c")
    assert brief(find(pack, tmp_path)) == [
        ("ann", "hello", ["hello.c"], None),
        ("bob", "hello", [], "It does not say which lesson it is for: there is hello.c."),
    ]


def test_of_several_lessons_one_can_be_asked_for(tmp_path, pack):
    make(tmp_path, "ann/hello/hello.c", "ann/params/params.c", "bob/params/params.c")
    assert brief(find(pack, tmp_path, lesson="params")) == [
        ("ann", "params", ["params.c"], None),
        ("bob", "params", ["params.c"], None),
    ]


def test_the_folder_of_one_student(tmp_path, pack):
    make(tmp_path, "ann/hello/hello.c", "bob/hello.c")
    assert brief(find(pack, tmp_path / "ann")) == [("ann", "hello", ["hello.c"], None)]
    assert brief(find(pack, tmp_path / "bob", lesson="hello")) == [("bob", "hello", ["hello.c"], None)]


def test_archives_of_either_shape(tmp_path, pack):
    make(tmp_path / "parts", "hello/hello.c", "hello.c")
    with zipfile.ZipFile(tmp_path / "ann.zip", "w") as archive:
        archive.writestr("hello/hello.c", C)
    with zipfile.ZipFile(tmp_path / "bob.ZIP", "w") as archive:
        archive.writestr("hello.c", C)
        archive.writestr("__MACOSX/._hello.c", b"?")
    for name, folder in (("cyd.tar", "hello"), ("dan.tar.gz", "hello"), ("eve.tgz", "hello.c")):
        with tarfile.open(tmp_path / name, "w:gz" if "gz" in name else "w") as archive:
            archive.add(tmp_path / "parts" / folder, arcname=folder)
    (tmp_path / "parts/hello.c").unlink()
    (tmp_path / "parts/hello/hello.c").unlink()
    (tmp_path / "parts/hello").rmdir()
    (tmp_path / "parts").rmdir()
    assert brief(find(pack, tmp_path, lesson="hello")) == [
        (student, "hello", ["hello.c"], None) for student in ("ann", "bob", "cyd", "dan", "eve")
    ]


def test_a_folder_around_everything_is_looked_through(tmp_path, pack):
    make(tmp_path, "ann/homework-main/hello/hello.c", "bob/src/all/hello/hello.c")
    assert brief(find(pack, tmp_path)) == [
        ("ann", "hello", ["hello.c"], None),
        ("bob", "hello", ["hello.c"], None),
    ]


def test_a_kind_of_archive_that_is_not_known_is_a_problem_of_its_student(tmp_path, pack):
    make(tmp_path, "ann.rar", "bob.tar.xz")
    why = "is no zip, tar or tar.gz that can be read"
    assert [
        (student, why in (problem or ""))
        for student, _, _, problem in brief(find(pack, tmp_path, lesson="hello"))
    ] == [
        ("ann", True),
        ("bob", True),
    ]


def test_nbgraders_layout_with_its_time(tmp_path, pack):
    make(tmp_path, "source/hello/hello.c", "nbgrader_config.py", "submitted/ann/hello/hello.c")
    stamp = tmp_path / "submitted/ann/hello/timestamp.txt"
    stamp.write_text("2026-12-01 23:59:30.123456 UTC")
    (found,) = find(pack, tmp_path).submissions
    assert (found.student, found.lesson, dict(found.files)) == ("ann", "hello", {"hello.c": C})
    assert found.submitted == datetime(2026, 12, 1, 23, 59, 30, 123456, UTC)
    stamp.write_text("yesterday evening")
    again = find(pack, tmp_path)
    assert again.submissions[0].submitted is None
    assert again.notices == ("ann: timestamp.txt of hello names no point in time.",)


GRADESCOPE = """\
submission_1:
  :submitters:
  - :name: Ann Lee
    :sid: '17'
    :email: Ann@example.edu
  :created_at: 2026-12-01 20:15:00.123456000 -05:00
  :score: 3.0
submission_2:
  :submitters:
  - :name: Bob
    :email: bob@example.edu
  - :name: Cyd van Dyk
    :email: cyd@example.edu
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: 2026-12-02 01:15:00.000000000 Z
submission_3:
  :submitters: []
"""


def test_gradescopes_export(tmp_path, pack):
    make(tmp_path, "submission_1/hello.c", "submission_2/hello.c", "submission_3/x", "submission_4/x")
    (tmp_path / "submission_metadata.yml").write_text(GRADESCOPE)
    roster = Roster({"ann": Student("ann", "Ann", "Lee", "ann@example.edu")})
    found = find(pack, tmp_path, lesson="hello", roster=roster)
    assert [(one.student, one.submitted) for one in found.submissions] == [
        ("ann", datetime.fromisoformat("2026-12-01T20:15:00.123456-05:00")),
        ("bob@example.edu", datetime(2026, 12, 2, 1, 15, tzinfo=UTC)),
        ("cyd@example.edu", datetime(2026, 12, 2, 1, 15, tzinfo=UTC)),
    ]
    assert all(one.files == {"hello.c": C} for one in found.submissions)
    assert found.roster.student("cyd@example.edu").name == "Cyd van Dyk"
    assert found.notices == (
        "submission_metadata.yml does not say whose submission_3 is; left out.",
        "submission_metadata.yml does not know, so left out: submission_4.",
    )


@pytest.mark.parametrize(
    "text", ["", "a: [", "- 1\n- 2\n", "a: &a [*a]\n? [x]\n: !!python/object:os.x {}\n", "\x00"]
)
def test_an_export_that_is_not_understood_is_told(tmp_path, pack, text):
    make(tmp_path, "submission_1/hello.c")
    (tmp_path / "submission_metadata.yml").write_text(text)
    with pytest.raises(UsageError, match=r"submission_metadata\.yml cannot be understood"):
        find(pack, tmp_path, lesson="hello")


def test_what_is_neither_folder_nor_archive_is_told(tmp_path, pack):
    make(tmp_path, "ann/hello/hello.c", "ann/essay/text", "notes.txt", ".DS_Store")
    assert find(pack, tmp_path).notices == (
        "ann: of no lesson, and so left out: essay.",
        f"In {tmp_path}, neither folder nor archive and so left out: notes.txt.",
    )


def test_what_is_there_twice_is_told_and_not_chosen_from(tmp_path, pack):
    make(tmp_path / "one", "ann/hello/hello.c", "bob/hello/hello.c", "bob/01-hello/hello.c")
    make(tmp_path / "two", "ann/hello/hello.c")
    ann, bob = brief(find(pack, tmp_path / "one", tmp_path / "two"))
    assert ann[2] == bob[2] == []
    assert ann[3] == f"It was handed in 2 times: {tmp_path}/one/ann/hello, {tmp_path}/two/ann/hello."
    assert bob[3] == f"It was handed in 2 times: {tmp_path}/one/bob/01-hello, {tmp_path}/one/bob/hello."


def test_a_student_of_the_roster_who_handed_in_nothing_has_a_row(tmp_path, pack):
    make(tmp_path, "ann/hello/hello.c", "zoe/hello/hello.c")
    found = find(pack, tmp_path, roster=Roster({name: Student(name) for name in ("ann", "bob")}))
    assert found.submissions[1] == Submission("bob", "hello", problem=NOTHING)
    assert found.notices == ("Not on the roster: zoe.",)


def test_links_in_place_of_folders_are_not_followed(tmp_path, pack):
    make(tmp_path / "elsewhere", "hello.c")
    make(tmp_path / "class", "bob/params/params.c")
    (tmp_path / "class/ann").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "class/bob/hello").symlink_to(tmp_path / "elsewhere")
    assert brief(find(pack, tmp_path / "class", lesson="hello")) == [
        ("ann", "hello", [], "ann is a symbolic link."),
        ("bob", "hello", [], "hello is a symbolic link."),
    ]


def test_where_there_is_nothing_the_layouts_are_named(tmp_path, pack):
    with pytest.raises(UsageError, match="There are no submissions in"):
        find(pack, tmp_path)
    with pytest.raises(UsageError, match="There is no folder"):
        find(pack, tmp_path / "none")
