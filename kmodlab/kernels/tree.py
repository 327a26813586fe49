# SPDX-License-Identifier: MIT
"""KernelTree: one kernel as the lab needs it."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class KernelTree:
    """A kernel image with the headers and modules that match it.

    All paths are absolute. `busybox` is a statically linked busybox for the guest, fetched along with it.
    """

    release: str  # what `uname -r` says, such as 6.1.0-56-cloud-amd64
    architecture: str  # the kernel's name of it, such as x86_64
    source: str  # where it came from: apt, dnf, host or tree
    compiler: str  # the compiler the headers ask for, such as gcc-12
    image: Path  # the bzImage that QEMU boots
    headers: Path  # what `make -C` is given
    modules: Path  # lib/modules/RELEASE
    busybox: Path

    @property
    def root(self) -> Path:
        """The folder that holds all of it; `/` for the host's own kernel."""
        return Path(os.path.commonpath([self.image, self.headers, self.modules]))

    def config(self) -> dict[str, str]:
        """The kernel's configuration: option name without CONFIG_ to value ("y", "m", a number, a text)."""
        lines = (self.headers / ".config").read_text().splitlines()
        pairs = (line.removeprefix("CONFIG_").split("=", 1) for line in lines if line.startswith("CONFIG_"))
        return {name: value.strip('"') for name, value in pairs}
