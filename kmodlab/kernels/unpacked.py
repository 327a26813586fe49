# SPDX-License-Identifier: MIT
"""A kernel's packages unpacked into a folder of their own, made to work there and described as a KernelTree.

Headers packages expect to stand in /usr/src. What names that place is rewritten to be relative, so the folder
works wherever it stands and can be moved.
"""

import os
import platform
import re
import shutil
from pathlib import Path

from kmodlab.errors import LabError
from kmodlab.kernels.tree import KernelTree

INCLUDE = re.compile(r"^include (/usr/src/\S+)$", re.MULTILINE)


def settle(root: Path, release: str, source: str) -> KernelTree:
    """Make the packages unpacked below `root` work there; raise LabError when a part is missing."""
    _drop_documentation(root)
    _relocate_links(root)
    headers = root / "usr/src" / f"linux-headers-{release}"
    tree = KernelTree(
        release=release,
        architecture=platform.machine(),
        source=source,
        compiler=compiler(headers / ".config"),
        image=root / "boot" / f"vmlinuz-{release}",
        headers=headers,
        modules=_place(root, f"lib/modules/{release}"),
        busybox=_place(root, "bin/busybox"),
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


def _place(root: Path, path: str) -> Path:
    """Where `path` stands below `root`; newer packages put into /usr/lib and /usr/bin what older ones put above."""
    return root / path if (root / path).exists() else root / "usr" / path


def compiler(config: Path) -> str:
    """Name the compiler that built the kernel of this .config, such as gcc-12 (init/Kconfig: GCC_VERSION)."""
    text = config.read_text() if config.exists() else ""
    found = re.search(r"^CONFIG_GCC_VERSION=(\d+)\d{4}$", text, re.MULTILINE)
    return f"gcc-{found[1]}" if found else "gcc"


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
