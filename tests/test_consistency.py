# SPDX-License-Identifier: MIT
"""What can be seen to be wrong with a pack is told before anything is run."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from kmodlab.cli.verifying import is_about
from kmodlab.packs import authoring, catalog, consistency
from kmodlab.packs.manifest import KernelNeeds
from kmodlab.packs.needs import unmet

LESSON = Path("lessons/01-answer")
SOLUTION = Path("solutions/01-answer")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authoring.new(tmp_path / "drivers")
    return tmp_path / "drivers"


def faults(folder: Path) -> list[str]:
    return [
        f"{fault.file.relative_to(folder)}: {fault.text}"
        for fault in consistency.faults(catalog.load(folder))
    ]


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def test_the_curriculum_that_ships_has_no_fault() -> None:
    assert list(consistency.faults(catalog.load(catalog.shipped_folder()))) == []


def appends(path: Path, text: str) -> Callable[[Path], None]:
    def append(folder: Path) -> None:
        (folder / path).write_text((folder / path).read_text() + text)

    return append


CHECK = '\n[[check]]\nid = "more"\ntitle = "More"\nhints = ["Think."]\n'
FAULTS: dict[str, Callable[[Path], object]] = {
    "there is no lesson.md": lambda folder: (folder / LESSON / "lesson.md").unlink(),
    "so the starter is incomplete": lambda folder: (folder / LESSON / "answer.c").unlink(),
    "so the solution is incomplete": lambda folder: (folder / SOLUTION / "answer.c").unlink(),
    "mistakes/constant: there is no answer.c": lambda folder: (
        folder / SOLUTION / "mistakes/constant/answer.c"
    ).unlink(),
    "mistake.toml cannot be read": lambda folder: (
        folder / SOLUTION / "mistakes/constant/mistake.toml"
    ).unlink(),
    "fails = 'gone' names no check": lambda folder: change(
        folder / SOLUTION / "mistakes/constant/mistake.toml", '"told"', '"gone"'
    ),
    "check 'more' has no hints": appends(
        LESSON / "lesson.toml", '\n[[check]]\nid = "more"\ntitle = "More"\n'
    ),
    "runs probe.c, which is not there": appends(LESSON / "lesson.toml", f'{CHECK}do = ["run probe.c"]\n'),
    "has no function 'odd' for check 'more'": appends(
        LESSON / "lesson.toml", f'{CHECK}expect = [{{ python = "odd" }}]\n'
    ),
    "checks.py: it is no Python": lambda folder: (folder / "checks.py").write_text("def odd(:"),
    "'other' is not among the lessons": lambda folder: (
        shutil.copytree(folder / LESSON, folder / "lessons/02-other"),
        change(folder / "lessons/02-other/lesson.toml", 'id = "answer"', 'id = "other"'),
    ),
    "no folder lessons/09-gone": lambda folder: (folder / "solutions/09-gone").mkdir(),
    "the link to gone.png leads nowhere": appends(LESSON / "lesson.md", "\n![](gone.png)\n"),
    "the link to ../../../x leads nowhere": appends(LESSON / "lesson.md", "\n[x](../../../x)\n"),
    "the link to #gone leads to no heading": appends(LESSON / "lesson.md", "\n[x](#gone)\n"),
}


@pytest.mark.parametrize(("sentence", "spoil"), FAULTS.items(), ids=FAULTS)
def test_a_fault_is_told(folder: Path, sentence: str, spoil: Callable[[Path], object]) -> None:
    spoil(folder)
    (told,) = faults(folder)
    assert sentence in told


def test_links_that_lead_somewhere_are_no_fault(folder: Path) -> None:
    appends(LESSON / "lesson.md", "\n[a](answer.c) [b](#your-task) [c](https://example.org/x#y) [d](.)\n")(
        folder
    )
    assert faults(folder) == []


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (["other"], [], ["requires 'other', which is not taught before it."]),
        (["other"], ["answer"], ["requires 'other', which is not taught before it."]),
        (["answer"], [], ["requires 'answer', which is not taught before it."]),
        (["gone"], [], ["requires 'gone', which is no lesson of the pack."]),
        ([], ["answer"], []),
    ],
)
def test_lessons_require_what_is_taught_before(
    folder: Path, first: list[str], second: list[str], told: list[str]
) -> None:
    shutil.copytree(folder / LESSON, folder / "lessons/02-other")
    shutil.copytree(folder / SOLUTION, folder / "solutions/02-other")
    change(folder / "lessons/02-other/lesson.toml", 'id = "answer"', f'id = "other"\nrequires = {second}')
    change(folder / LESSON / "lesson.toml", 'id = "answer"', f'id = "answer"\nrequires = {first}')
    change(folder / "pack.toml", '["answer"]', '["answer", "other"]')
    assert faults(folder) == [f"{LESSON / 'lesson.toml'}: {text}" for text in told]


@pytest.mark.parametrize(
    ("needs", "lacking"),
    [
        ({}, []),
        ({"min": "5.10"}, []),
        ({"min": "6.1"}, []),
        ({"min": "6.12"}, ["Linux 6.12 or newer"]),
        ({"config": ("SYSFS", "NET")}, []),
        ({"config": ("SYSFS", "KASAN", "CMDLINE")}, ["CONFIG_KASAN", "CONFIG_CMDLINE"]),
    ],
)
def test_what_a_kernel_lacks_is_named(needs: dict[str, object], lacking: list[str]) -> None:
    config = {"SYSFS": "y", "NET": "m", "CMDLINE": "quiet"}
    assert list(unmet(KernelNeeds.model_validate(needs), "6.1.0-56-cloud-amd64", config)) == lacking


@pytest.mark.parametrize(
    ("path", "is_so"),
    [
        ("lessons/01-answer/answer.c", True),
        ("solutions/01-answer/mistakes/constant/answer.c", True),
        ("pack.toml", True),
        ("checks.py", True),
        ("lessons/02-other/other.c", False),
        ("lessons/01-answer/.answer.c.swp", False),
        ("lessons/01-answer/answer.c~", False),
        ("README.md", False),
        (".git/index", False),
    ],
)
def test_a_change_concerns_the_lesson_that_it_is_about(folder: Path, path: str, is_so: bool) -> None:
    (lesson,) = catalog.load(folder).lessons
    assert is_about(Path(path), lesson) is is_so


def test_watching_tells_at_every_save(folder: Path) -> None:
    (folder / LESSON / "lesson.md").unlink()
    command = [sys.executable, "-u", "-m", "kmodlab", "pack", "verify", str(folder), "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as watching:
        assert watching.stdout is not None

        def until(text: str) -> None:
            assert watching.stdout is not None
            for line in watching.stdout:
                if text in line:
                    return
            pytest.fail(f"it ended without {text}")

        patience = threading.Timer(60, watching.kill)
        patience.start()
        try:
            until("there is no lesson.md")
            until("Save to verify again")
            (folder / SOLUTION / "answer.c").unlink()
            until("the solution is incomplete")
            until("Save to verify again")
            (folder / "pack.toml").write_text("format = ")
            until("is not valid TOML")
        finally:
            patience.cancel()
            watching.kill()
