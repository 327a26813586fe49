# SPDX-License-Identifier: MIT
"""Texts are read in the learner's language where they are there in it, else in the one they were written in first."""

from pathlib import Path

import pytest

from kmodlab import settings
from kmodlab.errors import LabError
from kmodlab.packs import authoring, catalog, consistency

TITLE = 'title = "The module builds, without warnings"'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pack, half of whose texts are in German, too."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    authoring.new(tmp_path / "drivers")
    lesson = tmp_path / "drivers/lessons/01-answer"
    text = (lesson / "lesson.toml").read_text()
    text = text.replace(TITLE, 'title = { en = "It builds", de = "Es wird gebaut" }')
    text = text.replace("hints = [\n", 'hints = [\n  { en = "Think!", de = "Denk nach!" },\n', 1)
    text = text.replace('  "Where does C put the value that a variable begins with?",\n', "")
    text += '\n[[check]]\nid = "last"\nhints = ["x"]\n[check.title]\nen = "Last"\nde = "Zuletzt"\n'
    (lesson / "lesson.toml").write_text(text)
    (lesson / "lesson.de.md").write_text("# Auf Deutsch\n")
    pack = tmp_path / "drivers/pack.toml"
    pack.write_text(pack.read_text().replace('"Drivers"', '{ en = "Drivers", de = "Treiber" }'))
    return tmp_path / "drivers"


def test_texts_are_in_the_language_that_is_wanted(folder: Path) -> None:
    pack = catalog.load(folder, "de")
    (lesson,) = pack.lessons
    assert pack.title == "Treiber"
    assert lesson.text == "# Auf Deutsch\n"
    assert [lesson.checks[0].title, lesson.checks[-1].title] == ["Es wird gebaut", "Zuletzt"]
    assert lesson.checks[1].hints[0] == "Denk nach!"


@pytest.mark.parametrize("language", [None, "en", "fr"])
def test_else_they_are_in_the_first_language(folder: Path, language: str | None) -> None:
    pack = catalog.load(folder, language)
    assert pack.title == "Drivers"
    assert pack.lessons[0].text.startswith("# A module")
    assert pack.lessons[0].checks[0].title == "It builds"
    assert pack.lessons[0].title == "A module that can be told the answer"  # in one language only


@pytest.mark.parametrize(
    ("environment", "chosen", "language"),
    [
        ({}, None, None),
        ({"LANG": "de_AT.UTF-8"}, None, "de"),
        ({"LANG": "de_AT.UTF-8", "LC_ALL": "fr_FR"}, None, "fr"),
        ({"LANG": "C.UTF-8"}, None, None),
        ({"LANG": "de_AT.UTF-8"}, "en", "en"),
    ],
)
def test_the_language_is_the_one_of_the_settings_else_of_the_system(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    chosen: str | None,
    language: str | None,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if chosen is not None:
        settings.change(language=chosen)
    assert settings.language() == language
    assert catalog.for_learner(folder).title == ("Treiber" if language == "de" else "Drivers")


@pytest.mark.parametrize("title", ["{}", "{ German = 'x' }", "{ en = 3 }", "3"])
def test_what_is_no_text_is_told(folder: Path, title: str) -> None:
    lesson = folder / "lessons/01-answer/lesson.toml"
    text = lesson.read_text()
    lesson.write_text(text.replace('{ en = "It builds", de = "Es wird gebaut" }', title))
    with pytest.raises(LabError, match="check 1, title"):
        catalog.load(folder)


def test_texts_of_every_language_are_looked_at(folder: Path) -> None:
    assert list(consistency.faults(catalog.load(folder))) == []
    (folder / "lessons/01-answer/lesson.de.md").write_text("[x](gone.md)\n")
    assert ["gone.md" in fault.text for fault in consistency.faults(catalog.load(folder))] == [True]
