# SPDX-License-Identifier: MIT
"""What the lessons' texts say to type is typed here, and has to print what they say.

In a block `console` the lines after a command (`# …`) are what it prints in the lab's guest; a line `…` stands for any
lines, `…` within a line for any text. Blocks `sh` are for the learner's own machine: what builds is run on this one,
what handles modules in the guest, and only what installs packages or needs a whole system is not run.
"""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kmodlab.build import kbuild
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines.qemu import QemuMachine
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Lesson

LESSONS = catalog.load(catalog.shipped_folder()).lessons
TEXTS = [
    pytest.param(lesson, path.read_text(), id=f"{lesson.id}-{path.stem}")
    for lesson in LESSONS
    for path in sorted(lesson.folder.glob("*.md"))
]
OWN_TEXTS = [
    pytest.param(lesson, lesson.text, id=lesson.id) for lesson in LESSONS if "```sh\n" in lesson.text
]
NOT_HERE = (
    "apt",
    "dnf",
    "zypper",
    "pacman",
    "mokutil",
    "trace-cmd",
)  # what needs a system of the learner's own
ON_HOST = ("make", "modinfo")
LIKE_CONSOLE = (
    ". /etc/profile\ncd /root\n"  # the shell of `kmodlab console` reads it: kmod's tools, not busybox's
)
WIDTH = 76  # of the narrowest pane that shows a text


def blocks(text: str, language: str) -> Iterator[str]:
    for found in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.M | re.S):
        yield found[1]


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, and what it prints."""
    for part in re.split(r"^# ", block, flags=re.M)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


def pattern(printed: str) -> str:
    lines = [
        r"(?:.*\n)*?" if line.strip() == "…" else ".*?".join(map(re.escape, line.split("…"))) + r"[ \t]*\n"
        for line in printed.splitlines()
    ]
    return "".join(lines)


@pytest.fixture
def prepared(request: pytest.FixtureRequest, kernel_tree: KernelTree, machine: QemuMachine) -> QemuMachine:
    """A fresh machine with the solution's modules and scripts in /root."""
    lesson: Lesson = request.node.callspec.params["lesson"]
    with kbuild.build_folder() as folder:
        assert kbuild.build(kernel_tree, lesson.solution(), lesson.manifest.modules, folder).succeeded
        for name in lesson.manifest.modules:
            machine.push(f"/root/{name}.ko", kbuild.without_debug(folder / f"{name}.ko").read_bytes())
    for name, content in lesson.solution().items():
        if not name.endswith((".c", ".h")):
            machine.push(f"/root/{name}", content)
            machine.run(f"chmod 755 /root/{shlex.quote(name)}")
    return machine


@pytest.mark.parametrize(("lesson", "text"), TEXTS)
def test_what_the_text_shows_of_the_guest_is_what_happens(
    prepared: QemuMachine, lesson: Lesson, text: str
) -> None:
    for block in blocks(text, "console"):
        for command, printed in commands(block):
            shown = prepared.run(f"{LIKE_CONSOLE}{{ {command}\n}} 2>&1").stdout.decode()
            assert re.fullmatch(pattern(printed), shown), f"{command}\nprints\n{shown}\nand not\n{printed}"


@pytest.mark.parametrize(("lesson", "text"), OWN_TEXTS)
def test_what_the_text_says_of_ones_own_machine_works(
    prepared: QemuMachine, kernel_tree: KernelTree, tmp_path: Path, lesson: Lesson, text: str
) -> None:
    for name, content in lesson.solution().items():
        (tmp_path / name).write_bytes(content)
    kbuild_files = [*blocks(text, "make")]
    modules = " ".join(f"{name}.o" for name in lesson.manifest.modules)
    (tmp_path / "Kbuild").write_text(kbuild_files[0] if kbuild_files else f"obj-m := {modules}\n")
    for block in blocks(text, "sh"):
        for line in block.splitlines():
            command = line.partition("  #")[0].removeprefix("sudo ").strip()
            program = command.partition(" ")[0]
            if not command or command.startswith("#") or program in NOT_HERE:
                continue
            if program in ON_HOST:
                here = command.replace("/lib/modules/$(uname -r)/build", str(kernel_tree.headers))
                done = subprocess.run(
                    here, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, f"{here}\n{done.stdout}{done.stderr}"
            else:
                result = prepared.run(f"{LIKE_CONSOLE}{command.replace('sudo ', '')}")
                assert result.status == 0, f"{command}\n{result.stderr.decode()}"


@pytest.mark.parametrize(("lesson", "text"), TEXTS)
def test_lines_fit_into_a_terminal(lesson: Lesson, text: str) -> None:
    assert [line for line in text.splitlines() if len(line) > WIDTH] == []


@pytest.mark.parametrize(
    ("printed", "shown", "fits"),
    [
        ("loaded\n", "loaded\n", True),
        ("loaded\n", "loaded\nmore\n", False),
        ("hello … live …\n", "hello 16384 0 - live 0xffff (OE)\n", True),
        ("…\nlast\n", "first\nsecond\nlast\n", True),
        ("", "something\n", False),
    ],
)
def test_output_is_held_against_the_text(printed: str, shown: str, fits: bool) -> None:
    assert bool(re.fullmatch(pattern(printed), shown)) is fits
