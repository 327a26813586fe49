# SPDX-License-Identifier: MIT
"""Kernels that are on this computer already: the one that runs here, and folders in which one was built.

They are used where they stand; nothing is copied.
"""

import os
import shutil
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from kmodlab.errors import LabError, UsageError
from kmodlab.kernels import compiler
from kmodlab.kernels.architecture import ARCHITECTURE
from kmodlab.kernels.tree import KernelTree

NEEDED = (  # without these the lab's guest does not start, or nobody hears of it
    "MODULES",
    "MODULE_UNLOAD",
    "BLK_DEV_INITRD",
    "BINFMT_ELF",
    "BINFMT_SCRIPT",
    "DEVTMPFS",
    "PROC_FS",
    "SYSFS",
    "TMPFS",
    ARCHITECTURE.serial_driver,
)
DRIVERS = ("VIRTIO_PCI", "VIRTIO_CONSOLE")  # these may be modules


def running(busybox: Path | None, root: Path = Path("/")) -> KernelTree:
    """The kernel that runs on this computer; raise LabError when a part of it is missing or not ours to read.

    `busybox` is a statically linked one, for when the system has none.
    """
    release = os.uname().release
    modules = root / "lib/modules" / release
    images = (root / "boot" / f"vmlinuz-{release}", modules / "vmlinuz", modules / "bzImage")
    image = next((path for path in images if path.exists()), None)
    if image is None:
        raise LabError(
            f"There is no image of the running kernel {release} in {root / 'boot'}.",
            hint="Fetch a kernel of its own for the lab with `kmodlab kernel add`.",
        )
    if not os.access(image, os.R_OK):
        raise LabError(
            f"You may not read {image}, the image of the running kernel.",
            hint=f"Let its administrator run `sudo chmod +r {image}`, or use `kmodlab kernel add`.",
        )
    headers = modules / "build"
    if not (headers / "Makefile").exists():
        raise LabError(
            f"The headers of the running kernel {release} are not installed.",
            hint=f"Install linux-headers-{release} (Fedora: kernel-devel-{release}), or use `kmodlab kernel add`.",
        )
    return _described(release, "host", image, headers.resolve(), modules, busybox)


def built(folder: Path, busybox: Path | None) -> KernelTree:
    """The kernel that was built in `folder`; raise UsageError when none was, LabError when it cannot be used.

    `busybox` is a statically linked one, for when the system has none.
    """
    folder = folder.resolve()
    image = folder / ARCHITECTURE.built_image
    named = folder / "include/config/kernel.release"
    for path in (folder / ".config", named, image, folder / "Module.symvers"):
        if not path.exists():
            raise UsageError(
                f"{folder} is not a folder in which a kernel was built: it holds no {path.relative_to(folder)}.",
                hint="Name the folder in which `make` has built a kernel with its modules.",
            )
    return _described(named.read_text().strip(), "tree", image, folder, folder, busybox)


def _described(
    release: str, source: str, image: Path, headers: Path, modules: Path, busybox: Path | None
) -> KernelTree:
    tree = KernelTree(
        release=release,
        architecture=ARCHITECTURE.name,
        source=source,
        compiler=compiler.asked_for(headers / ".config"),
        image=image,
        headers=headers,
        modules=modules,
        busybox=_static_busybox() or busybox or _no_busybox(),
    )
    options = tree.config()
    missing = [name for name in NEEDED if options.get(name) != "y"]
    missing += [name for name in DRIVERS if name not in options]
    if missing:
        names = ", ".join(f"CONFIG_{name}" for name in missing)
        raise LabError(
            f"Linux {release} cannot run as a guest of the lab: it lacks {names}.",
            hint="Build it with these, or use another kernel: `kmodlab kernel list`, `kmodlab kernel add`.",
        )
    return tree


def _static_busybox() -> Path | None:
    found = shutil.which("busybox")
    if found is None:
        return None
    try:
        with Path(found).open("rb") as file:
            is_static = all(segment["p_type"] != "PT_INTERP" for segment in ELFFile(file).iter_segments())
    except (OSError, ELFError):
        return None
    return Path(found).resolve() if is_static else None


def _no_busybox() -> Path:
    raise LabError(
        "There is no statically linked busybox for the guest.",
        hint="Install busybox-static (Fedora: busybox), or run `kmodlab kernel add` before.",
    )
