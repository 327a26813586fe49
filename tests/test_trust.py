# SPDX-License-Identifier: MIT
"""Code of a pack is asked about once, before it runs, and again when it changes; data is never asked about."""

import shutil
import sys
from pathlib import Path

import pexpect
import pytest

from kmodlab.cli.main import run
from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.packs import authoring, catalog, trust
from kmodlab.packs.catalog import Pack
from kmodlab.packs.trust import UntrustedError
from kmodlab.session import Session

CHECK = """
[[check]]
id = "code"
title = "Code"
hints = ["Think."]
do = ["run probe.c"]
expect = [{ python = "judge" }]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pack with code."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    authoring.new(tmp_path / "drivers")
    lesson = tmp_path / "drivers/lessons/01-answer"
    (lesson / "lesson.toml").write_text((lesson / "lesson.toml").read_text() + CHECK)
    (lesson / "probe.c").write_text("int main(void) { return 0; }\n")
    (tmp_path / "drivers/checks.py").write_text("def judge(evidence, expect): pass\n")
    return tmp_path / "drivers"


def test_code_is_what_the_lessons_run_and_is_told_with_where_it_runs(folder: Path) -> None:
    code = trust.code_of(catalog.load(folder))
    assert code.in_words.splitlines() == [
        "On this computer, with your rights:",
        "  checks.py (judge)",
        "In the throw-away machine only:",
        "  lessons/01-answer/probe.c",
    ]


def test_data_is_no_code(tmp_path: Path) -> None:
    authoring.new(tmp_path / "data-only")
    pack = catalog.load(tmp_path / "data-only")
    assert not trust.code_of(pack)
    assert trust.is_trusted(pack)


def test_the_pack_that_ships_is_trusted() -> None:
    assert trust.is_trusted(catalog.load(catalog.shipped_folder()))


def test_trust_is_for_the_content_wherever_it_is(folder: Path, tmp_path: Path) -> None:
    assert not trust.is_trusted(catalog.load(folder))
    trust.trust(catalog.load(folder))
    shutil.copytree(folder, tmp_path / "copy")
    assert trust.is_trusted(catalog.load(tmp_path / "copy"))


@pytest.mark.parametrize("file", ["checks.py", "lessons/01-answer/probe.c", "lessons/01-answer/helper.py"])
def test_trust_ends_when_the_code_changes(folder: Path, file: str) -> None:
    trust.trust(catalog.load(folder))
    with (folder / file).open("a") as changed:
        changed.write("\n")
    assert not trust.is_trusted(catalog.load(folder))


@pytest.mark.parametrize("file", ["lessons/01-answer/lesson.md", "lessons/01-answer/answer.c", "pack.toml"])
def test_trust_outlives_what_is_no_code(folder: Path, file: str) -> None:
    trust.trust(catalog.load(folder))
    with (folder / file).open("a") as changed:
        changed.write("\n")
    assert trust.is_trusted(catalog.load(folder))


def test_nothing_is_graded_without_it(folder: Path, tmp_path: Path) -> None:
    pack: Pack = catalog.load(folder)
    kept = Progress(pack, tmp_path / "progress.db")
    session = Session(pack, workspace=Workspace(pack, tmp_path), progress=kept)
    with session, pytest.raises(UntrustedError) as raised:
        next(session.check(pack.lessons[0], {}))
    assert f"kmodlab pack trust {folder}" in raised.value.hint


@pytest.mark.parametrize("command", [["check", "answer"], ["watch", "answer"], ["pack", "verify"]])
def test_without_a_terminal_the_command_to_give_it_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    run(["pack", "add", str(folder)], start_app=int)
    run(["pack", "use", "drivers"], start_app=int)
    place = [str(catalog.installed_folder() / "drivers")] if command[0] == "pack" else []
    assert run([*command, *place], start_app=int) == 2
    assert "kmodlab pack trust drivers" in capsys.readouterr().err
    assert run(["pack", "trust", "drivers"], start_app=int) == 0
    assert "checks.py (judge)" in capsys.readouterr().out
    assert trust.is_trusted(catalog.chosen())


@pytest.mark.parametrize(("answer", "is_trusted"), [("", False), ("y", True)])
def test_at_a_terminal_it_is_asked_for(folder: Path, answer: str, is_trusted: bool) -> None:
    asked = pexpect.spawn(sys.executable, ["-m", "kmodlab", "pack", "trust", str(folder)], timeout=60)
    asked.expect("checks.py .judge.")
    asked.expect("May it run, until it changes")
    asked.sendline(answer)
    asked.expect(pexpect.EOF)
    asked.close()
    assert asked.exitstatus == (0 if is_trusted else 2)
    assert trust.is_trusted(catalog.load(folder)) is is_trusted
