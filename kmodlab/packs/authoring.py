# SPDX-License-Identifier: MIT
"""For whoever writes a pack: a new one to begin with, and one archive of it to give away."""

import re
from pathlib import Path

from kmodlab.errors import UsageError
from kmodlab.packs import contents, student
from kmodlab.packs.catalog import Pack

TEMPLATE = Path(__file__).parent / "template"
NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")


def new(folder: Path) -> None:
    """Make a pack with one lesson, called as `folder` is; raise UsageError when the name is taken or is none."""
    name = folder.name
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of a pack.",
            hint="Take lower-case letters, digits and -, beginning with a letter: kmodlab pack new my-pack",
        )
    if folder.exists():
        raise UsageError(f"There is a {folder} already.", hint="Choose another name, or another folder.")
    title = name.replace("-", " ").capitalize()
    found = contents.read(TEMPLATE)
    for file in ("pack.toml", "README.md"):
        text = found[file].decode().replace("NAME", name).replace("TITLE", title)
        found[file] = text.encode()
    contents.write(found, folder)


def build(pack: Pack, *, for_students: bool) -> tuple[str, bytes]:
    """The name of an archive of the pack, and its content; the same bytes for the same pack.

    Students get neither solutions nor mistakes, and nothing of the hidden checks.
    """
    found = contents.read(pack.folder)
    name = f"{pack.id}-{pack.manifest.version}"
    if for_students:
        name += "-student"
        found = student.edition(pack, found)
    return f"{name}.zip", contents.archive(found, name)
