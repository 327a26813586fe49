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
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

from kmodlab import paths
from kmodlab.errors import LabError
from kmodlab.kernels import compiler
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines import witness

MODCTL = ("modctl.c", "audit.c")
DRIVERS = ("virtio_pci", "virtio_console")
KMOD_NAMES = ("depmod", "insmod", "lsmod", "modinfo", "rmmod")  # and modprobe, see init.sh
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
        if Path(applet).name not in (*KMOD_NAMES, "modprobe", "busybox"):
            add(applet, stat.S_IFLNK | 0o777, b"/bin/busybox")
    add("sbin/modctl", stat.S_IFREG | 0o755, modctl(tree))
    kmod = _kmod()
    for source in (kmod, *_libraries(kmod)):
        place = "bin/kmod" if source == kmod else str(source).lstrip("/")
        add(place, stat.S_IFREG | 0o755, source.read_bytes())
    for name in KMOD_NAMES:
        add(f"sbin/{name}", stat.S_IFLNK | 0o777, b"/bin/kmod")
    for number, driver in enumerate(_drivers(tree, DRIVERS)):
        add(f"lib/kmodlab/{number:02}-{driver.name}", stat.S_IFREG | 0o644, driver.read_bytes())
    if module := witness.build(tree):
        add(f"lib/kmodlab/{witness.NAME}.ko", stat.S_IFREG | 0o644, module)
    return entries


def _key(tree: KernelTree) -> str:
    kmod = _kmod()
    digest = hashlib.sha256()
    for name in ("init.sh", "agent.sh", "profile.sh", *MODCTL, "guest.py"):
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


def modctl(tree: KernelTree) -> bytes:
    """The program by which the lab acts on a kernel, compiled here; raise LabError when it cannot be."""
    with TemporaryDirectory() as folder:
        for name in MODCTL:
            Path(folder, name).write_bytes(_script(name))
        program = Path(folder, "modctl")
        command = [compiler.program(tree), "-static", "-Os", "-s", *MODCTL, "-o", program.name]
        try:
            subprocess.run(command, cwd=folder, capture_output=True, check=True)
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
    try:
        listing = subprocess.run([busybox, "--list-full"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it fails"
        raise LabError(
            f"The program that came with the kernel for its guest, {busybox}, does not run: {reason}.",
            hint="Remove the kernel and have it fetched again: `kmodlab kernel list` names it.",
        ) from problem
    return listing.splitlines()


def _drivers(tree: KernelTree, names: Iterable[str]) -> list[Path]:
    """Of the drivers `names` those that are modules of this kernel, each after those it depends on."""
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

    for name in names:
        visit(name)
    return ordered
