# SPDX-License-Identifier: MIT
"""Kits grade with the lab that they hold: their scripts are run here, in folders laid out as their services do."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest
import yaml

from kmodlab.cli.main import run
from kmodlab.errors import UsageError
from kmodlab.kernels.tree import KernelTree
from kmodlab.packs import authoring, catalog, contents, kits

SECRET = """
[[check]]
id = "secret"
title = "SECRET"
points = 3
visibility = "hidden"
hints = ["Think."]
do = ["load answer value=7"]
expect = [{ log = "The answer is 7" }]
"""


@pytest.fixture
def drivers(tmp_path: Path) -> Path:
    """A pack whose lesson asks for a build, and in secret for more."""
    authoring.new(tmp_path / "drivers")
    lesson = tmp_path / "drivers/lessons/01-answer/lesson.toml"
    first, _, _ = lesson.read_text().partition('[[check]]\nid = "default"')
    lesson.write_text(first + SECRET)
    shutil.rmtree(tmp_path / "drivers/solutions/01-answer/mistakes")
    return tmp_path / "drivers"


def unpacked(kit: kits.Kit, drivers: Path, folder: Path) -> Path:
    """A kit as its service has it, where files are."""
    _, found = kits.make(kit, catalog.load(drivers))
    contents.write(found, folder)
    return folder


def environment(tmp_path: Path, **more: object) -> dict[str, str]:
    """What makes a kit's scripts run this lab, without setting up another."""
    own = {
        "KMODLAB": Path(sys.executable).with_name("kmodlab"),
        "XDG_DATA_HOME": tmp_path / "data",
        "XDG_CONFIG_HOME": tmp_path / "config",
    }
    return os.environ | {name: str(value) for name, value in (own | more).items()}


def ran(*command: object, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, command)), cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


def test_gradescope_gets_a_grade_for_a_submission(
    kernel_tree: KernelTree, drivers: Path, tmp_path: Path
) -> None:
    autograder = tmp_path / "autograder"
    source = unpacked("gradescope", drivers, autograder / "source")
    for folder in ("submission", "results"):
        (autograder / folder).mkdir()
    shutil.copy(drivers / "lessons/01-answer/answer.c", autograder / "submission")  # the starter
    env = environment(tmp_path, AUTOGRADER=autograder)
    ready = ran("sh", source / "setup.sh", cwd=tmp_path, env=env)
    assert ready.returncode == 0, ready.stdout + ready.stderr
    assert "passed" in ready.stdout
    graded = ran("sh", source / "run_autograder", cwd=tmp_path, env=env)
    assert graded.returncode == 0, graded.stdout + graded.stderr
    results = json.loads((autograder / "results/results.json").read_text())
    assert results["score"] == 1
    assert [(test["name"], test["score"], test["visibility"]) for test in results["tests"]] == [
        ("The module builds, without warnings", 1, "visible"),
        ("SECRET", 0, "hidden"),
    ]


def test_a_repository_is_checked_without_what_is_hidden(
    kernel_tree: KernelTree, drivers: Path, tmp_path: Path
) -> None:
    repository = unpacked("github", drivers, tmp_path / "repository")
    for path in (repository / ".github/kmodlab/pack").rglob("*"):
        assert path.is_dir() or "SECRET" not in path.read_text()
    env = environment(tmp_path)
    check = ("sh", ".github/kmodlab/check.sh")
    nothing = ran(*check, cwd=repository, env=env)
    assert nothing.returncode == 2
    assert "The lessons are: answer." in nothing.stderr
    (repository / "answer").mkdir()
    shutil.copy(drivers / "lessons/01-answer/answer.c", repository / "answer")
    checked = ran(*check, cwd=repository, env=env)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "1 more check is hidden" in checked.stdout
    assert len(list(xml.parse(repository / "reports/answer.xml").iter("testcase"))) == 1


def test_a_container_grades_a_class(kernel_tree: KernelTree, drivers: Path, tmp_path: Path) -> None:
    grader = unpacked("container", drivers, tmp_path / "grader")
    (tmp_path / "class/ann").mkdir(parents=True)
    shutil.copy(drivers / "lessons/01-answer/answer.c", tmp_path / "class/ann")
    env = environment(tmp_path, CLASS=tmp_path / "class", GRADES=tmp_path / "grades")
    graded = ran("sh", grader / "grade.sh", "--jobs", "1", cwd=tmp_path, env=env)
    assert graded.returncode == 0, graded.stdout + graded.stderr
    assert "ann" in (tmp_path / "grades/grades.csv").read_text()
    copied = re.findall(r"/grader/([a-z.]+)", (grader / "Containerfile").read_text())
    assert copied == ["setup.sh", "grade.sh"]
    assert all((grader / name).is_file() for name in copied)


def test_the_workflow_runs_what_is_there(drivers: Path, tmp_path: Path) -> None:
    repository = unpacked("github", drivers, tmp_path / "repository")
    workflow = repository / ".github/workflows/kmodlab.yml"
    steps = yaml.safe_load(workflow.read_text())["jobs"]["check"]["steps"]
    scripts = re.findall(r"sh (\.github/\S+)", workflow.read_text())
    assert [(repository / script).is_file() for script in scripts] == [True, True]
    assert all("uses" in step or "run" in step for step in steps)
    if linter := shutil.which("actionlint"):
        linted = ran(linter, workflow, cwd=repository, env=dict(os.environ))
        assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("kit", kits.FOLDER.iterdir(), ids=lambda kit: kit.name)
def test_scripts_are_clean(kit: Path) -> None:
    scripts = [path for path in kit.iterdir() if path.read_text().startswith("#!/bin/sh")]
    linted = subprocess.run(["shellcheck", "-s", "sh", *scripts], capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout


def test_a_zip_for_gradescope_has_its_scripts_at_the_top(
    drivers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["pack", "kit", "gradescope", str(drivers), "-o", str(tmp_path)], start_app=int) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.name == "drivers-0.1.0-gradescope-answer.zip"
    modes = {
        member.filename: member.external_attr >> 16 & 0o777 for member in zipfile.ZipFile(path).infolist()
    }
    assert (modes["setup.sh"], modes["run_autograder"], modes["kmodlab/lab"]) == (0o755, 0o755, 0o755)
    assert modes["kmodlab/pyproject.toml"] == 0o644


def test_the_lab_in_a_kit_is_whole(drivers: Path, tmp_path: Path) -> None:
    lab = unpacked("container", drivers, tmp_path / "grader") / "kmodlab"
    code = (
        "import kmodlab; from kmodlab.packs import catalog; print(kmodlab.__file__, catalog.shipped_folder())"
    )
    told = ran(sys.executable, "-P", "-c", code, cwd=tmp_path, env=environment(tmp_path, PYTHONPATH=lab))
    assert told.stdout.split() == [str(lab / "kmodlab/__init__.py"), str(lab)], told.stderr
    assert catalog.load(lab).lessons[0].mistakes()
    top = catalog.shipped_folder()
    for path in ("lab", "pyproject.toml", "LICENSES/GPL-2.0-or-later.txt", "modules/kmodlab/kmodlab.c"):
        assert (lab / path).read_bytes() == (top / path).read_bytes()


def test_an_autograder_is_for_one_lesson() -> None:
    pack = catalog.load(catalog.shipped_folder())
    with pytest.raises(UsageError, match="one lesson"):
        kits.make("gradescope", pack)
    name, found = kits.make("gradescope", pack, pack.lesson("params"))
    assert name == "kmodlab-0.1.0-gradescope-params"
    assert b"--lesson 'params'" in found["run_autograder"]
