# SPDX-License-Identifier: MIT
"""The catalogue finds the lessons of a pack, in the order they are taught."""

from pathlib import Path

import pytest

from kmodlab.errors import LabError, UsageError
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Pack

LESSON = """
format = 1
id = "{id}"
title = "Lesson {id}"
minutes = 5
modules = ["one"]
files = ["one.c"]
[[check]]
id = "loads"
title = "It loads"
do = ["load one"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pack that teaches `second` before `first`, and says nothing of `third`."""
    (tmp_path / "pack.toml").write_text(
        'format = 1\nid = "trial"\ntitle = "Trial"\nversion = "1"\nlessons = ["second", "first"]\n'
    )
    for number, id in enumerate(("first", "second", "third"), start=1):
        lesson = tmp_path / "lessons" / f"{number}-{id}"
        lesson.mkdir(parents=True)
        (lesson / "lesson.toml").write_text(LESSON.format(id=id))
        (lesson / "lesson.md").write_text(f"# {id}\n")
        (lesson / "one.c").write_text("starter")
        mistake = tmp_path / "solutions" / lesson.name / "mistakes" / "typo"
        mistake.mkdir(parents=True)
        (mistake / "mistake.toml").write_text('title = "Typo"\nfails = "loads"\nshows = "x"\n')
        (mistake / "one.c").write_text("mistake")
        (mistake.parent.parent / "one.c").write_text("solution")
    return tmp_path


def test_lessons_come_in_the_order_of_the_pack(folder):
    assert [lesson.id for lesson in catalog.load(folder).lessons] == ["second", "first"]


def test_a_lesson_has_its_text_and_all_its_files(folder):
    lesson = catalog.load(folder).lesson("first")
    assert lesson.text == "# first\n"
    assert lesson.aftermath is None
    assert lesson.starter() == {"one.c": b"starter"}
    assert lesson.solution() == {"one.c": b"solution"}
    ((name, (mistake, sources)),) = lesson.mistakes().items()
    assert (name, mistake.fails, sources) == ("typo", "loads", {"one.c": b"mistake"})


def test_a_lesson_that_is_not_there_is_a_usage_error_that_lists_those_that_are(folder):
    with pytest.raises(UsageError) as raised:
        catalog.load(folder).lesson("fourth")
    assert "second, first" in raised.value.hint


def test_a_pack_that_names_a_missing_lesson_is_refused(folder):
    manifest = folder / "pack.toml"
    manifest.write_text(manifest.read_text().replace('"first"', '"fourth"'))
    with pytest.raises(LabError, match="'fourth' is no lesson of this pack"):
        catalog.load(folder)


def test_a_folder_that_is_no_pack_is_refused(tmp_path):
    with pytest.raises(LabError, match=r"pack\.toml cannot be read"):
        catalog.load(tmp_path)


def test_a_missing_starter_is_named(folder):
    (folder / "lessons" / "1-first" / "one.c").unlink()
    with pytest.raises(LabError, match=r"one\.c cannot be read"):
        catalog.load(folder).lesson("first").starter()


def test_two_lessons_with_one_id_are_refused(folder):
    manifest = folder / "lessons" / "3-third" / "lesson.toml"
    manifest.write_text(manifest.read_text().replace('"third"', '"first"'))
    with pytest.raises(LabError, match="two lessons are called 'first'"):
        catalog.load(folder)


def test_a_missing_lesson_text_is_named(folder):
    (folder / "lessons" / "1-first" / "lesson.md").unlink()
    with pytest.raises(LabError, match=r"lesson\.md cannot be read"):
        _ = catalog.load(folder).lesson("first").text


@pytest.fixture(scope="module")
def shipped() -> Pack:
    return catalog.load(catalog.shipped_folder())


def test_the_curriculum_that_ships_is_complete(shipped):
    for lesson in shipped.lessons:
        assert lesson.text.startswith("# ")
        assert lesson.aftermath
        assert lesson.starter().keys() == lesson.solution().keys()
        assert lesson.starter() != lesson.solution()
        assert lesson.mistakes()


def test_lessons_that_ship_are_worth_about_the_same(shipped):
    worth = {lesson.id: sum(check.points for check in lesson.checks) for lesson in shipped.lessons}
    assert {id: points for id, points in worth.items() if not 10 <= points <= 16} == {}


def test_lesson_texts_fit_a_narrow_screen(shipped):
    for lesson in shipped.lessons:
        text = lesson.text + (lesson.aftermath or "")
        assert [line for line in text.splitlines() if len(line) > 76] == []
