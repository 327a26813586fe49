# SPDX-License-Identifier: MIT
"""Kernels from a Fedora repository, with dnf as a downloader: nothing is installed, no root is needed.

dnf reads repositories and proxies from the machine's own configuration. It verifies what it downloads by the
repository's checksums; the signatures of the packages are verified here, with the keys that the system trusts.
Package layout: Fedora's kernel.spec.
"""

import re
import tarfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from kmodlab.errors import LabError, UsageError
from kmodlab.kernels import room, unpacked
from kmodlab.kernels.architecture import ARCHITECTURE
from kmodlab.kernels.command import Finished, run
from kmodlab.kernels.tree import KernelTree
from kmodlab.paths import make_folder
from kmodlab.steps import Listener, Step, ignore

PARTS = ("kernel-core", "kernel-modules-core", "kernel-devel")
BUSYBOX = "busybox"  # Fedora's is linked statically
FORMAT = "%{name} %{evr} %{downloadsize} %{installsize}\n"
KEYS = Path("/etc/pki/rpm-gpg")
VERSION = re.compile(r"\d+|rawhide")
OFFLINE = re.compile(
    r"resolve host|could not connect|couldn't connect|timed out|unreachable|no more mirrors", re.I
)
NO_DOWNLOAD = re.compile(r"No such command: download|Unknown argument \"download\"")
SILENCE_SECONDS = 600.0  # dnf says nothing while it downloads


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the repository. Sizes in bytes."""

    name: str
    version: str  # [epoch:]version-release
    size: int
    unpacked_size: int


@dataclass(frozen=True, slots=True)
class Dnf:
    """dnf with the machine's own repositories, or those that `options` name, and its cache in `folder`."""

    folder: Path
    options: tuple[str, ...] = ()
    listen: Listener = ignore
    cancel: Event | None = None

    def packages(self) -> dict[str, Package]:
        """Look up the newest version of each package that makes up a kernel."""
        only = ("--arch", ARCHITECTURE.name, "--latest-limit", "1", "--queryformat", FORMAT)
        asked = self._run("repoquery", *only, *PARTS, BUSYBOX)
        found = packages(asked.stdout)
        if not all(name in found for name in (*PARTS, BUSYBOX)):
            raise _explain("The package repositories offer no kernel", asked.stderr)
        return found

    def download(self, wanted: Collection[Package], folder: Path) -> None:
        """Download `wanted` into `folder`; raise LabError when that fails."""
        names = (f"{package.name}-{package.version}.{ARCHITECTURE.name}" for package in wanted)
        done = self._run("download", "--destdir", str(folder), *names)
        if done.status != 0:
            raise _explain("The kernel could not be downloaded", done.stderr)

    def _run(self, *words: str) -> Finished:
        place = ("--setopt", f"cachedir={self.folder / 'cache'}", "--setopt", f"logdir={self.folder}")
        architecture = ("--forcearch", ARCHITECTURE.name)
        command = ("dnf", "-q", *self.options, *place, *architecture, *words)
        return run(command, cancel=self.cancel, silence=SILENCE_SECONDS)


def packages(text: str) -> dict[str, Package]:
    """Read what `dnf repoquery` prints in FORMAT; of a package in two repositories the last one counts."""
    rows = (line.split() for line in text.splitlines())
    return {
        row[0]: Package(row[0], row[1].removeprefix("0:"), int(row[2]), int(row[3]))
        for row in rows
        if len(row) == 4 and row[2].isdigit() and row[3].isdigit()
    }


def fetch(
    folder: Path,
    *,
    suite: str | None = None,
    have: Collection[str] = (),
    listen: Listener = ignore,
    cancel: Event | None = None,
    options: tuple[str, ...] = (),
) -> KernelTree | str:
    """Fetch the newest kernel of this system's repositories into `folder`/root; `suite` is a version of Fedora.

    When it is one of the releases `have` nothing is fetched and that release is the answer. Raises LabError
    when there is no way, CancelledError once `cancel` is set; `folder` is the caller's to remove.
    """
    if suite is not None and not VERSION.fullmatch(suite):
        raise UsageError(f"{suite!r} is no version of Fedora.", hint="Name one such as 42, or rawhide.")
    listen(Step("Looking for a kernel"))
    chosen = ("--releasever", suite) if suite else ()
    dnf = Dnf(make_folder(folder / "dnf"), (*options, *chosen), listen, cancel)
    found = dnf.packages()
    release = f"{found[PARTS[0]].version}.{ARCHITECTURE.name}"
    if release in have:
        return release
    size = sum(package.size for package in found.values())
    need = size + sum(package.unpacked_size for package in found.values()) + room.SPARE
    room.demand(folder, f"Linux {release}", need)
    listen(Step(f"Downloading Linux {release} ({size / 1e6:.0f} MB)"))
    store = make_folder(folder / "packages")
    dnf.download(found.values(), store)
    archives = sorted(store.glob("*.rpm"))
    _verify(archives, folder / "rpm", cancel)
    root = make_folder(folder / "root")
    for number, archive in enumerate(archives):
        listen(Step(f"Unpacking Linux {release}", number / len(archives)))
        _unpack(archive, root, cancel)
    tree = unpacked.settle(
        root,
        release,
        "dnf",
        image=unpacked.place(root, f"lib/modules/{release}/vmlinuz"),
        headers=root / "usr/src/kernels" / release,
    )
    listen(Step(f"Unpacking Linux {release}", 1.0))
    return tree


def _verify(archives: list[Path], folder: Path, cancel: Event | None) -> None:
    """Check the signatures, with the keys of KEYS in a database of our own; raise LabError for a bad one."""
    keys = sorted(KEYS.glob("RPM-GPG-KEY-*"))
    database = ("--define", f"_dbpath {make_folder(folder)}")
    if keys:
        run(["rpmkeys", *database, "--import", *keys], cancel=cancel)
    for archive in archives:
        checked = run(["rpmkeys", *database, "--checksig", archive], cancel=cancel)
        if checked.status != 0 or "signatures OK" not in checked.stdout:
            raise LabError(
                f"{archive.name} bears no signature that this system trusts.",
                hint=f"See whether the keys of your distribution are in {KEYS}; try `kmodlab kernel add` again.",
            )


def _unpack(archive: Path, root: Path, cancel: Event | None) -> None:
    done = run(["rpm2archive", "--nocompression", archive], cancel=cancel)
    packed = archive.with_name(f"{archive.name}.tar")
    if done.status != 0 or not packed.exists():
        raise _explain(f"{archive.name} could not be unpacked", done.stderr)
    try:
        with tarfile.open(packed) as tar:
            tar.extractall(
                root, filter="tar"
            )  # the one that lets absolute links be: they are made relative later
    except (OSError, tarfile.TarError) as problem:
        raise _explain(f"{archive.name} could not be unpacked", str(problem)) from problem
    finally:
        packed.unlink(missing_ok=True)
        archive.unlink(missing_ok=True)


def _explain(what: str, stderr: str) -> LabError:
    """Turn dnf's or rpm's complaint into one sentence and a next step."""
    if "No space left" in stderr:
        return room.used_up(what)
    if OFFLINE.search(stderr):
        return LabError(
            f"{what}: the package repositories cannot be reached.",
            hint="Connect to the network (behind a proxy: tell dnf about it), then run `kmodlab kernel add`.",
        )
    if NO_DOWNLOAD.search(stderr):
        return LabError(f"{what}: dnf lacks its command download.", hint="Install dnf-plugins-core.")
    lines = [line.strip().rstrip(".") for line in stderr.splitlines() if line.strip()]
    reason = (
        lines[-1].removeprefix("Error: ") if lines else "they know no kernel-core, kernel-devel and busybox"
    )
    return LabError(
        f"{what}: {reason}.",
        hint="See whether `dnf repoquery kernel-core` works, then run `kmodlab kernel add`.",
    )
