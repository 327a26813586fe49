# SPDX-License-Identifier: MIT
"""A kernel's packages unpacked into a folder of their own, made to work there and described as a KernelTree.

Headers packages expect to stand in /usr/src. What names that place is rewritten to be relative, so the folder
works wherever it stands and can be moved.
"""

import os
import re
import shutil
from pathlib import Path

from kmodlab.errors import LabError
from kmodlab.kernels import compiler
from kmodlab.kernels.architecture import ARCHITECTURE
from kmodlab.kernels.tree import KernelTree

INCLUDE = re.compile(r"^include (/usr/src/\S+)$", re.MULTILINE)


def settle(root: Path, release: str, source: str, *, image: Path, headers: Path) -> KernelTree:
    """Make the packages unpacked below `root` work there; raise LabError when a part is missing."""
    _drop_documentation(root)
    _relocate_links(root)
    busyboxes = [root / folder / "busybox" for folder in ("bin", "usr/bin", "usr/sbin")]
    tree = KernelTree(
        release=release,
        architecture=ARCHITECTURE.name,
        source=source,
        compiler=compiler.asked_for(headers / ".config"),
        image=image,
        headers=headers,
        modules=place(root, f"lib/modules/{release}"),
        busybox=next(filter(Path.exists, busyboxes), busyboxes[0]),
    )
    missing = [
        path for path in (tree.image, headers / "Makefile", tree.modules, tree.busybox) if not path.exists()
    ]
    if missing:
        raise LabError(
            f"The packages of Linux {release} hold no {missing[0].relative_to(root)}.",
            hint="Run `kmodlab kernel add` again; if that does not help, report it with this message.",
        )
    _relocate_makefile(headers / "Makefile", root)
    return tree


def place(root: Path, path: str) -> Path:
    """Where `path` stands below `root`; newer packages put into /usr/lib and /usr/bin what older ones put above."""
    return root / path if (root / path).exists() else root / "usr" / path


def _drop_documentation(root: Path) -> None:
    shutil.rmtree(root / "usr/share", ignore_errors=True)


def _relocate_links(root: Path) -> None:
    """Turn absolute symbolic links to something below `root` into relative ones."""
    for folder, names, files in os.walk(root):
        for name in (*names, *files):
            path = Path(folder, name)
            if path.is_symlink() and (target := path.readlink()).is_absolute():
                inside = root / target.relative_to("/")
                if inside.exists():
                    path.unlink()
                    path.symlink_to(os.path.relpath(inside, path.parent))


def _relocate_makefile(makefile: Path, root: Path) -> None:
    """Make an include of /usr/src relative to the Makefile that holds it, wherever make was started."""
    here = "$(dir $(realpath $(lastword $(MAKEFILE_LIST))))"

    def relative(found: re.Match[str]) -> str:
        return f"include {here}" + os.path.relpath(root / found[1].lstrip("/"), makefile.parent)

    makefile.write_text(INCLUDE.sub(relative, makefile.read_text()))
