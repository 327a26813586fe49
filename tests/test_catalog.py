# SPDX-License-Identifier: MIT
"""The catalogue finds the lessons of a pack, in the order they are taught."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kmodlab import settings
from kmodlab.errors import LabError, UsageError
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Pack, UnreadablePack

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


def test_a_lesson_up_to_a_check_has_that_and_those_it_comes_after(folder):
    manifest = folder / "lessons/1-first/lesson.toml"
    more = '[[check]]\nid = "{}"\ntitle = "More"\nafter = "{}"\n'
    manifest.write_text(
        LESSON.format(id="first")
        + "".join(more.format(*ids) for ids in (("a", "loads"), ("b", "loads"), ("c", "b")))
    )
    lesson = catalog.load(folder).lesson("first")
    assert [check.id for check in lesson.up_to("c").checks] == ["loads", "b", "c"]
    assert lesson.up_to("none").checks == ()


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


def test_a_pack_without_lessons_is_refused(folder):
    manifest = folder / "pack.toml"
    manifest.write_text(manifest.read_text().replace('["second", "first"]', "[]"))
    with pytest.raises(LabError, match="lessons: there is none"):
        catalog.load(folder)


def test_a_pack_without_tracks_is_one_track(folder):
    (track,) = catalog.load(folder).tracks
    assert (track.title, [lesson.id for lesson in track.lessons]) == ("Trial", ["second", "first"])


def test_tracks_part_the_lessons(folder):
    with (folder / "pack.toml").open("a") as manifest:
        for title, id in (("Core", "second"), ("Craft", "first")):
            manifest.write(f'[[track]]\ntitle = "{title}"\ndescription = "About"\nlessons = ["{id}"]\n')
    tracks = catalog.load(folder).tracks
    assert [(track.title, [lesson.id for lesson in track.lessons]) for track in tracks] == [
        ("Core", ["second"]),
        ("Craft", ["first"]),
    ]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folders, in a place of the test's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home/data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home/config"))
    return catalog.installed_folder()


@pytest.fixture
def install(folder: Path, home: Path) -> Callable[[str], Path]:
    """Install the pack of `folder` under another id, in a folder of that name."""

    def copy(id: str) -> Path:
        place = home / id
        for part in ("lessons", "solutions", "pack.toml"):
            source = folder / part
            place.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, place / part) if source.is_dir() else shutil.copy(source, place)
        manifest = place / "pack.toml"
        manifest.write_text(manifest.read_text().replace('id = "trial"', f'id = "{id}"'))
        return place

    return copy


def names(packs: tuple[Pack | UnreadablePack, ...]) -> list[str]:
    return [pack.id if isinstance(pack, Pack) else f"not {pack.folder.name}" for pack in packs]


def test_without_any_installed_there_is_the_pack_that_ships(home):
    assert names(catalog.installed()) == ["kmodlab"]


def test_installed_packs_are_found_and_what_cannot_be_read_is_told(install):
    install("nets")
    (install("broken") / "pack.toml").write_text("id = ")
    (install("gone") / "pack.toml").unlink()
    twin = install("twin") / "pack.toml"
    twin.write_text(twin.read_text().replace('"twin"', '"nets"'))
    packs = catalog.installed()
    assert names(packs) == ["kmodlab", "nets", "not broken", "not gone", "not twin"]
    assert "another pack called 'nets'" in packs[-1].trouble.message


def test_the_chosen_pack_is_remembered(install):
    assert catalog.chosen().id == "kmodlab"
    catalog.choose(catalog.load(install("nets")))
    assert catalog.chosen().id == "nets"
    catalog.choose(catalog.load(catalog.shipped_folder()))
    assert catalog.chosen().id == "kmodlab"
    assert settings.load().pack is None


def test_a_chosen_pack_that_vanished_is_told(install):
    place = install("nets")
    catalog.choose(catalog.load(place))
    shutil.rmtree(place)
    with pytest.raises(LabError, match="'nets', which you chose, is not in"):
        catalog.chosen()


def test_a_chosen_pack_that_is_damaged_is_told(install):
    place = install("nets")
    catalog.choose(catalog.load(place))
    (place / "pack.toml").write_text("id = ")
    with pytest.raises(LabError, match="not valid TOML"):
        catalog.chosen()


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
