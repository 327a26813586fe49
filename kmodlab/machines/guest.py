# SPDX-License-Identifier: MIT
"""The guest's initramfs: busybox, kmod, the virtio drivers, the witness and our own init, packed without root.

Format: Documentation/driver-api/early-userspace/buffer-format.rst ("newc" cpio).
"""

import hashlib
import io
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

from kmodlab import paths
from kmodlab.errors import LabError
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines import witness

DRIVERS = ("virtio_pci", "virtio_console")
KMOD_NAMES = ("depmod", "insmod", "lsmod", "modinfo", "modprobe", "rmmod")
FOLDERS = ("dev", "etc", "lib/kmodlab", "proc", "root", "run", "sys", "tmp", "usr/bin", "usr/sbin", "var")


def initramfs(tree: KernelTree) -> Path:
    """The initramfs for this kernel, made when it is not in the cache yet; raise LabError when a part is missing."""
    key = _key(tree)
    path = paths.make_folder(paths.cache() / "guests") / f"{tree.release}-{key}.cpio"
    if not path.exists():
        temporary = path.with_suffix(f".{os.getpid()}")
        try:
            temporary.write_bytes(pack(_entries(tree)))
            temporary.replace(path)
        except OSError as problem:
            raise LabError(
                f"The guest's files cannot be written to {path.parent}: {problem.strerror}.",
                hint="Free some space there, or set XDG_CACHE_HOME to a folder with room.",
            ) from problem
        finally:
            temporary.unlink(missing_ok=True)
    return path


def pack(entries: Mapping[str, tuple[int, bytes]]) -> bytes:
    """A cpio archive of entries: path without leading slash to (mode with file type, content or link target)."""
    archive = io.BytesIO()
    everything = [*entries.items(), ("TRAILER!!!", (0, b""))]
    for number, (name, (mode, content)) in enumerate(everything, start=1):
        label = name.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        fields = (number, mode, 0, 0, links, 0, len(content), 0, 0, 0, 0, len(label), 0)
        archive.write(b"070701" + b"".join(b"%08X" % field for field in fields) + label)
        archive.write(bytes(-archive.tell() % 4))
        archive.write(content)
        archive.write(bytes(-archive.tell() % 4))
    return archive.getvalue()


def _entries(tree: KernelTree) -> dict[str, tuple[int, bytes]]:
    entries: dict[str, tuple[int, bytes]] = {}

    def add(name: str, mode: int, content: bytes) -> None:
        for parent in reversed(Path(name).parents[:-1]):
            entries.setdefault(str(parent), (stat.S_IFDIR | 0o755, b""))
        entries[name] = (mode, content)

    for folder in FOLDERS:
        add(folder, stat.S_IFDIR | 0o755, b"")
    for script, name in (
        ("init.sh", "init"),
        ("agent.sh", "lib/kmodlab/agent"),
        ("profile.sh", "etc/profile"),
    ):
        add(name, stat.S_IFREG | 0o755, _script(script))
    add("bin/busybox", stat.S_IFREG | 0o755, tree.busybox.read_bytes())
    for applet in _applets(tree.busybox):
        if Path(applet).name not in (*KMOD_NAMES, "busybox"):
            add(applet, stat.S_IFLNK | 0o777, b"/bin/busybox")
    add("sbin/modctl", stat.S_IFREG | 0o755, _modctl(tree))
    kmod = _kmod()
    for source in (kmod, *_libraries(kmod)):
        place = "bin/kmod" if source == kmod else str(source).lstrip("/")
        add(place, stat.S_IFREG | 0o755, source.read_bytes())
    for name in KMOD_NAMES:
        add(f"sbin/{name}", stat.S_IFLNK | 0o777, b"/bin/kmod")
    for number, driver in enumerate(_drivers(tree)):
        add(f"lib/kmodlab/{number:02}-{driver.name}", stat.S_IFREG | 0o644, driver.read_bytes())
    if module := witness.build(tree):
        add(f"lib/kmodlab/{witness.NAME}.ko", stat.S_IFREG | 0o644, module)
    return entries


def _key(tree: KernelTree) -> str:
    kmod = _kmod()
    digest = hashlib.sha256()
    for name in ("init.sh", "agent.sh", "profile.sh", "modctl.c", "guest.py"):
        digest.update(_script(name))
    for content in witness.sources().values():
        digest.update(content)
    for path in (tree.busybox, kmod, *_libraries(kmod), tree.image):
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def _script(name: str) -> bytes:
    return resources.files("kmodlab.machines").joinpath(name).read_bytes()


def _kmod() -> Path:
    found = shutil.which("kmod", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin:/bin")
    if found is None:
        raise LabError(
            "The program kmod is missing.", hint="Install the package kmod, or run ./lab, which does."
        )
    return Path(found)


def _modctl(tree: KernelTree) -> bytes:
    """The guest's loader of modules, compiled here."""
    with TemporaryDirectory() as folder:
        program = Path(folder, "modctl")
        command = [tree.compiler, "-static", "-Os", "-s", "-x", "c", "-", "-o", str(program)]
        try:
            subprocess.run(command, input=_script("modctl.c"), capture_output=True, check=True)
        except FileNotFoundError as problem:
            raise LabError(
                f"The compiler {tree.compiler} is missing; Linux {tree.release} needs it.",
                hint=f"Install the package {tree.compiler}, or run ./lab, which does.",
            ) from problem
        except subprocess.CalledProcessError as problem:
            raise LabError(
                f"{tree.compiler} cannot link a static program.",
                hint="Install the C library's development files: libc6-dev, or glibc-static on Fedora.",
            ) from problem
        return program.read_bytes()


def _libraries(program: Path) -> Iterator[Path]:
    """The shared libraries and the loader of a program, as ldd names them."""
    listing = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    for line in listing.splitlines():
        place = line.split("=>")[-1].split("(")[0].strip()
        if place.startswith("/"):
            yield Path(place)


def _applets(busybox: Path) -> list[str]:
    return subprocess.run(
        [busybox, "--list-full"], capture_output=True, text=True, check=True
    ).stdout.splitlines()


def _drivers(tree: KernelTree) -> list[Path]:
    """The virtio drivers that are modules of this kernel, each after those it depends on."""
    files = {path.name.split(".")[0].replace("-", "_"): path for path in tree.modules.rglob("*.ko*")}
    ordered: list[Path] = []

    def visit(name: str) -> None:
        path = files.get(name.replace("-", "_"))
        if path is None or path in ordered:
            return  # built into the kernel, or there already
        depends = subprocess.run(
            ["modinfo", "-F", "depends", path], executable=_kmod(), capture_output=True, text=True, check=True
        ).stdout
        for other in depends.strip().split(","):
            visit(other)
        ordered.append(path)

    for driver in DRIVERS:
        visit(driver)
    return ordered
