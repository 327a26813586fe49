# SPDX-License-Identifier: MIT
"""The user's choices in settings.toml."""

from pathlib import Path

import pytest

from kmodlab import settings
from kmodlab.errors import LabError
from kmodlab.settings import Settings


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return settings.path()


def test_without_a_file_nothing_is_chosen() -> None:
    assert settings.load() == Settings()


def test_a_choice_is_remembered() -> None:
    assert settings.change(theme="nord") == Settings(theme="nord")
    assert settings.change(kernel="6.1.0") == Settings(kernel="6.1.0", theme="nord")
    assert settings.load() == Settings(kernel="6.1.0", theme="nord")


def test_none_forgets_a_choice() -> None:
    settings.change(theme="nord", kernel="6.1.0")
    assert settings.change(theme=None) == Settings(kernel="6.1.0")


def test_keys_are_a_table_that_is_changed_as_a_whole(file: Path) -> None:
    settings.change(keys={"check": "f6", "checks.down": "ctrl+j"})
    assert settings.load().keys == {"check": "f6", "checks.down": "ctrl+j"}
    settings.change(theme="nord")
    assert settings.change(keys={"checks.down": "x"}).keys == {"checks.down": "x"}
    assert settings.load() == Settings(theme="nord", keys={"checks.down": "x"})
    assert settings.change(keys={}) == Settings(theme="nord")
    assert file.read_text().strip() == 'theme = "nord"'


def test_keys_with_a_dot_need_no_quotes(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text('[keys]\nchecks.down = "x" # mine\nhint = "f7"\n')
    assert settings.load().keys == {"checks.down": "x", "hint": "f7"}
    settings.change(keys={"checks.down": "y", "hint": "f7"})
    assert settings.load().keys == {"checks.down": "y", "hint": "f7"}


def test_the_empty_text_forgets_a_choice(file: Path) -> None:
    settings.change(editor="vi")
    assert settings.change(editor="") == Settings()
    assert file.read_text() == ""


def test_a_change_keeps_comments_and_keys_of_others(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text('# mine\ntheme = "nord" # dark\nother = 3\n')
    settings.change(kernel="6.1.0")
    assert file.read_text() == '# mine\ntheme = "nord" # dark\nother = 3\nkernel = "6.1.0"\n'


@pytest.mark.parametrize(
    "content", [b"theme = ", b"\xff\xfe", b"theme = 3", b"editor = []", b"keys = 'f5'", b"keys.check = 5"]
)
def test_a_damaged_file_is_named_and_left_alone(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(LabError) as caught:
        settings.load()
    assert str(file) in caught.value.message
    with pytest.raises(LabError):
        settings.change(kernel="6.1.0")
    assert file.read_bytes() == content


def test_a_folder_that_cannot_be_written_is_named(file: Path) -> None:
    file.parent.parent.mkdir(parents=True, exist_ok=True)
    file.parent.write_text("a file stands where the folder belongs")
    with pytest.raises(LabError, match="cannot be"):
        settings.change(theme="nord")


def test_nothing_is_left_beside_the_file(file: Path) -> None:
    settings.change(theme="nord")
    assert list(file.parent.iterdir()) == [file]
