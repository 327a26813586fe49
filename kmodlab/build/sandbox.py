# SPDX-License-Identifier: MIT
"""The sandbox that a learner's C is compiled in: no network, nothing to read but tools and headers, limits.

Bubblewrap gives the walls (bwrap(1)), prlimit(1) the limits.
"""

import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

INSIDE = Path("/build")  # where the build folder appears
MEMORY_BYTES = 1 << 30  # of one process; an honest module needs a fifth
FILE_BYTES = 64 << 20
CPU_SECONDS = 20  # of one process; an honest module needs less than one
SYSTEM_FOLDERS = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/alternatives",
    "/etc/ld.so.cache",
)


@cache
def works() -> bool:
    """Whether bubblewrap is there and may make its namespaces here."""
    if shutil.which("bwrap") is None:
        return False
    return subprocess.run([*_walls(), "true"], capture_output=True, check=False).returncode == 0


def wrap(command: list[str], folder: Path, readable: Sequence[Path]) -> list[str]:
    """The command that runs `command` in the sandbox: `folder` writable as /build, the folders `readable` as they are.

    Where bubblewrap does not work only the limits are left.
    """
    limits = [
        "prlimit",
        f"--as={MEMORY_BYTES}",
        f"--fsize={FILE_BYTES}",
        f"--cpu={CPU_SECONDS}",
        "--core=0",
        "--",
    ]
    if not works():
        return [*limits, *command]
    places = ["--bind", str(folder), str(INSIDE)]
    for outside in readable:
        if outside != Path("/"):  # the host's own headers are below /usr, and so visible
            places += ["--ro-bind", str(outside), str(outside)]
    return [*limits, *_walls(), *places, "--", *command]


def inside(folder: Path) -> Path:
    """The name that `folder` has for a wrapped command."""
    return INSIDE if works() else folder


def _walls() -> list[str]:
    walls = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    for folder in SYSTEM_FOLDERS:
        walls += ["--ro-bind-try", folder, folder]
    return [*walls, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
