# SPDX-License-Identifier: MIT
"""Kits: a pack and the lab together, ready for a service that grades.

    gradescope  an autograder for one lesson, as a zip to upload
    github      a workflow that checks at each push, as a folder to copy into a repository; students see all of it
    container   a container that grades a whole class, as a folder to build it from

A kit holds the lab as it is here, in the shape of a checkout, so that `lab` sets it up wherever it is unpacked. In its
scripts the variable KMODLAB is another command to run instead.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import kmodlab
from kmodlab.errors import UsageError
from kmodlab.packs import catalog, contents, student
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.packs.contents import Contents

Kit = Literal["gradescope", "github", "container"]
FOLDER = Path(__file__).parent / "kits"
LAB = ("lab", "pyproject.toml", "README.md", "LICENSE", "LICENSES")  # beside the curriculum that ships


def make(kit: Kit, pack: Pack, lesson: Lesson | None = None) -> tuple[str, Contents]:
    """The name of a kit for `pack`, and its files; raise UsageError when it has to be told for which lesson."""
    found = contents.read(pack.folder)
    if kit == "github":
        found = student.edition(pack, found)
    if kit == "gradescope" and lesson is None:
        if len(pack.lessons) > 1:
            names = ", ".join(lesson.id for lesson in pack.lessons)
            raise UsageError(
                "An assignment on Gradescope is about one lesson.", hint=f"Name it with --lesson: {names}."
            )
        lesson = pack.lessons[0]
    own = _own_files(
        kit,
        {
            "@PACK@": pack.id,
            "@LESSONS@": " ".join(lesson.id for lesson in pack.lessons),
            "@LESSON@": lesson.id if lesson else "",
            "@FOLDER@": lesson.folder.name if lesson else "",
            "@VERSION@": kmodlab.__version__,
        },
    )
    whole = own | _below("pack", found) | _below("kmodlab", _lab())
    name = f"{pack.id}-{pack.manifest.version}-{kit}"
    if kit == "gradescope" and lesson:
        return f"{name}-{lesson.id}", whole
    if kit == "github":
        workflow = whole.pop("workflow.yml")
        whole = {".github/workflows/kmodlab.yml": workflow} | _below(".github/kmodlab", whole)
    return name, whole


def _own_files(kit: Kit, words: Mapping[str, str]) -> Contents:
    found: Contents = {}
    for path in sorted((FOLDER / kit).iterdir()):
        text = path.read_text(encoding="utf-8")
        for place, word in words.items():
            text = text.replace(place, word)
        found[path.name] = text.encode()
    return found


def _lab() -> Contents:
    """The lab, as a checkout has it."""
    package = Path(kmodlab.__file__).parent
    top = catalog.shipped_folder()
    code = (path for path in package.rglob("*") if "curriculum" not in path.relative_to(package).parts)
    found = _below("kmodlab", _read(package, code))
    beside = (path for name in LAB for path in ((top / name), *(top / name).glob("*")))
    return found | _read(top, beside) | contents.read(top)


def _read(folder: Path, paths: Iterable[Path]) -> Contents:
    kept = (path for path in sorted(paths) if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in kept}


def _below(folder: str, found: Contents) -> Contents:
    return {f"{folder}/{path}": content for path, content in found.items()}
