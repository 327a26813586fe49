# SPDX-License-Identifier: MIT
"""The compiler for a kernel's modules: which one its headers ask for, and which one here serves.

A newer compiler than the kernel's own does, too; an older one does not know all of the options that the headers use.
"""

import re
import shutil
import subprocess
from pathlib import Path

from kmodlab.errors import LabError
from kmodlab.kernels.tree import KernelTree

DEFAULT = "gcc"


def asked_for(config: Path) -> str:
    """Name the compiler that built the kernel of this .config, such as gcc-12 (init/Kconfig: GCC_VERSION)."""
    text = config.read_text() if config.exists() else ""
    found = re.search(r"^CONFIG_GCC_VERSION=(\d+)\d{4}$", text, re.MULTILINE)
    return f"{DEFAULT}-{found[1]}" if found else DEFAULT


def find(name: str) -> str | None:
    """The program here that serves as the compiler `name`; None when there is none."""
    if shutil.which(name):
        return name
    wanted = re.search(r"\d+$", name)
    default = shutil.which(DEFAULT)
    if default is None or wanted is None:
        return None
    said = subprocess.run([default, "-dumpversion"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"\d+", said)
    return DEFAULT if version and int(version[0]) >= int(wanted[0]) else None


def program(tree: KernelTree) -> str:
    """The program here that compiles modules for `tree`; raise LabError that names it when there is none."""
    found = find(tree.compiler)
    if found is None:
        raise LabError(
            f"The compiler {tree.compiler} is missing; Linux {tree.release} needs it, or a newer one.",
            hint=f"Install the package {tree.compiler}; `kmodlab doctor` says how.",
        )
    return found
