# SPDX-License-Identifier: MIT
"""The handbook says what is so: its steps are taken here, its links lead somewhere, its reference is up to date.

On a page, a block `sh` is run, `write=FILE` is what FILE is made to hold, `add=FILE` what is put at its end. What
a page has run several times is run the last time only, when there is most to it.
"""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kmodlab.kernels.tree import KernelTree
from kmodlab.packs.consistency import dead_links

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(
    r"^```(?P<language>\w+)(?: (?P<what>write|add)=(?P<file>\S+))?\n(?P<text>.*?)^```$", re.M | re.S
)


def steps(page: str) -> Iterator[re.Match[str]]:
    yield from BLOCK.finditer((DOCS / "handbook" / page).read_text())


@pytest.mark.slow
@pytest.mark.parametrize("page", ["first-lesson.md"])
def test_the_steps_of_the_page_can_be_taken(kernel_tree: KernelTree, tmp_path: Path, page: str) -> None:
    folder = tmp_path / "my-drivers"
    texts = [step["text"] for step in steps(page)]
    for number, step in enumerate(steps(page), 1):
        if step["text"] in texts[number:]:
            continue
        if step["what"]:
            file = folder / step["file"]
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a" if step["what"] == "add" else "w") as out:
                out.write(step["text"])
            continue
        done = subprocess.run(
            ["sh", "-ec", step["text"]],
            cwd=folder if folder.exists() else tmp_path,
            env=os.environ
            | {
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "XDG_DATA_HOME": str(tmp_path / "data"),
                "XDG_CONFIG_HOME": str(tmp_path / "config"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{step['text']}\n{done.stdout}{done.stderr}"
    assert sorted(path.name for path in tmp_path.glob("*.zip")) == [
        "my-drivers-0.1.0-student.zip",
        "my-drivers-0.1.0.zip",
    ]


def test_the_reference_is_what_the_models_say() -> None:
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text() == module.page(), "run: python docs/make_reference.py"


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    assert list(dead_links(DOCS.parent, page)) == []
