# SPDX-License-Identifier: MIT
"""Packs are added, updated and removed, and what a learner did in them outlives all of it."""

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kmodlab import settings
from kmodlab.cli.main import kmodlab
from kmodlab.learner.workspace import Workspace
from kmodlab.packs import authoring, catalog, installation

ANSWER = "lessons/01-answer/lesson.toml"


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def drivers(tmp_path: Path) -> Path:
    """A pack that somebody wrote."""
    authoring.new(tmp_path / "drivers")
    return tmp_path / "drivers"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(kmodlab, ["pack", *map(str, arguments)], standalone_mode=False)


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def test_a_pack_is_added_from_a_folder_used_and_removed(drivers: Path) -> None:
    assert "version 0.1.0, is installed" in call("add", drivers).stdout
    assert call("use", "drivers").return_value == 0
    assert catalog.chosen().id == "drivers"
    listed = call("list").stdout.splitlines()
    assert [row.split()[:3] for row in listed if "drivers" in row] == [["→", "in", "use"]]
    assert str(drivers) in call("list").stdout.replace("\n", "")
    assert call("remove", "drivers").return_value == 0
    assert settings.load().pack is None
    assert [pack.id for pack in catalog.installed() if isinstance(pack, catalog.Pack)] == ["kmodlab"]


def test_an_update_keeps_the_learners_files_and_adds_those_that_are_new(drivers: Path) -> None:
    call("add", drivers)
    pack = catalog.load(catalog.installed_folder() / "drivers")
    workspace = Workspace(pack)
    workspace.open(pack.lessons[0])
    workspace.write(pack.lessons[0], "answer.c", "mine")
    change(drivers / "pack.toml", "0.1.0", "0.2.0")
    change(drivers / ANSWER, 'files = ["answer.c"]', 'files = ["answer.c", "answer.h"]')
    (drivers / "lessons/01-answer/answer.h").write_text("new")
    assert "version 0.1.0 is now 0.2.0" in call("update", "drivers").stdout
    pack = catalog.load(catalog.installed_folder() / "drivers")
    assert workspace.read(pack.lessons[0]) == {"answer.c": b"mine", "answer.h": b"new"}
    call("remove", "drivers")
    assert (workspace.folder(pack.lessons[0]) / "answer.c").read_text() == "mine"


def test_an_archive_for_students_can_be_added(drivers: Path, tmp_path: Path) -> None:
    built = call("build", drivers, "--student", "-o", tmp_path).stdout.strip()
    call("add", built)
    pack = catalog.load(catalog.installed_folder() / "drivers")
    assert pack.lessons[0].mistakes() == {}
    shown = call("list").stdout
    assert Path(built).name in shown.replace("\n", "").replace(" ", "")


def test_what_git_has_is_cloned_at_the_tag_that_is_named(drivers: Path) -> None:
    git = ["git", "-C", str(drivers), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"], ["tag", "v1"]):
        subprocess.run([*git, *command], check=True)
    change(drivers / "pack.toml", "0.1.0", "0.2.0")
    (drivers / "lessons/01-answer/more.c").symlink_to("/etc/passwd")
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "two"], check=True)
    assert "version 0.1.0" in call("add", f"file://{drivers}#v1").stdout
    assert "version 0.1.0 is now 0.2.0" in call("add", f"file://{drivers}").stdout
    installed = catalog.installed_folder() / "drivers"
    assert (installed / "lessons/01-answer/more.c").read_text() == "/etc/passwd"  # the link's text, no link
    assert not (installed / ".git").exists()
    assert call("update", "drivers").return_value == 0
    assert "Remote branch v3 not found" in call("add", f"file://{drivers}#v3").stderr


@pytest.mark.parametrize("url", ["ext::sh -c touch% /tmp/x", "ext://x"])
def test_git_is_not_made_to_run_commands(url: str) -> None:
    assert call("add", url).return_value in (2, 3)


@pytest.mark.parametrize(
    ("file", "before", "after", "sentence"),
    [
        ("pack.toml", "format = 1", "format = 2", "pack.toml: format"),
        ("pack.toml", '"drivers"', '"kmodlab"', "calls itself 'kmodlab'"),
        ("pack.toml", '"0.1.0"', '"../1"', "pack.toml: version"),
        (ANSWER, "answer.c", "gone.c", "gone.c cannot be read"),
    ],
)
def test_a_damaged_pack_is_refused_and_the_one_before_stays(
    drivers: Path, file: str, before: str, after: str, sentence: str
) -> None:
    call("add", drivers)
    change(drivers / file, before, after)
    result = call("update", "drivers")
    assert result.return_value == 2
    assert sentence in result.stderr
    assert ".new-" not in result.stderr
    home = catalog.installed_folder()
    assert catalog.load(home / "drivers").manifest.version == "0.1.0"
    assert sorted(path.name for path in home.iterdir()) == [".lock", "drivers"]


def test_a_damaged_version_that_is_installed_gives_way(drivers: Path) -> None:
    call("add", drivers)
    (catalog.installed_folder() / "drivers/lessons/01-answer/lesson.toml").write_text("?")
    assert "✗ damaged" in call("list").stdout
    assert "a damaged version is now 0.1.0" in call("add", drivers).stdout


@pytest.mark.parametrize("command", ["update", "remove", "use"])
def test_a_pack_that_is_not_there_is_named(command: str) -> None:
    result = call(command, "nope")
    assert result.return_value == 2
    assert "no pack called 'nope'" in result.stderr


def test_a_pack_put_there_by_hand_cannot_be_fetched_again(drivers: Path) -> None:
    catalog.installed_folder().mkdir(parents=True)
    drivers.rename(catalog.installed_folder() / "drivers")
    assert "is not known" in call("update", "drivers").stderr
    assert call("remove", "drivers").return_value == 0


def test_a_source_that_is_gone_or_another_pack_by_now_is_told(drivers: Path) -> None:
    call("add", drivers)
    change(drivers / "pack.toml", '"drivers"', '"nets"')
    assert "holds the pack 'nets' now" in call("update", "drivers").stderr
    drivers.rename(drivers.with_name("moved"))
    assert "not there any more" in call("update", "drivers").stderr


def test_what_this_computer_has_is_no_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "me@host:x").mkdir()
    assert not installation.is_url("me@host:x")
    assert installation.is_url("me@host:y")
    assert installation.is_url("https://example.org/x.git#v1")
    assert not installation.is_url("drivers")
