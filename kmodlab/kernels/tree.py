# SPDX-License-Identifier: MIT
"""KernelTree: one kernel as the lab needs it."""

import hashlib
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
    source: str  # where it came from: apt, dnf, host, tree, or build for the strict kernel
    compiler: str  # the compiler the headers ask for, such as gcc-12
    image: Path  # the bzImage that QEMU boots
    headers: Path  # what `make -C` is given
    modules: Path  # lib/modules/RELEASE
    busybox: Path

    @property
    def root(self) -> Path:
        """The folder that holds image, headers and modules; `/` for the host's own kernel."""
        return Path(os.path.commonpath([self.image, self.headers, self.modules]))

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that a build of a module reads."""
        source = self.headers / "source"  # of a kernel that was built elsewhere than in its source (make O=…)
        return (self.root, source.resolve()) if source.is_dir() else (self.root,)

    def identity(self) -> str:
        """The release, and the content of the image, which tells two builds of it apart; raises OSError."""
        with self.image.open("rb") as image:
            return f"{self.release} {hashlib.file_digest(image, 'sha256').hexdigest()}"

    def config(self) -> dict[str, str]:
        """The kernel's configuration: option name without CONFIG_ to value ("y", "m", a number, a text)."""
        lines = (self.headers / ".config").read_text().splitlines()
        pairs = (line.removeprefix("CONFIG_").split("=", 1) for line in lines if line.startswith("CONFIG_"))
        return {name: value.strip('"') for name, value in pairs}
