# SPDX-License-Identifier: MIT
"""The strict kernel: built from the distribution's kernel source, with the checks that distributions leave out.

The source and the few tools that modules do without (flex, bison, libelf) are downloaded with apt and unpacked in
the cache; nothing is installed. What is done stays there until the kernel is ready, so a build that was cut short
goes on where it was: make knows what it has made.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from pathlib import Path
from threading import Event

from kmodlab.errors import LabError
from kmodlab.kernels import apt, compiler, debian, room, unpacked
from kmodlab.kernels.apt import Apt, StaleListsError
from kmodlab.kernels.architecture import ARCHITECTURE
from kmodlab.kernels.command import run
from kmodlab.kernels.debian import Plan
from kmodlab.kernels.tree import KernelTree
from kmodlab.paths import make_folder
from kmodlab.steps import Listener, Step, ignore

SOURCE = "build"  # of the KernelTree
COMMAND = "kmodlab kernel build --strict"
MINUTES = 7  # on two processors
FRAGMENT = "strict.config"
ROOM = 2_000_000_000  # bytes for source and objects
SILENCE = 900.0  # seconds in which the compiler may say nothing
LINES = 1500  # that make prints, about
# Without these a strict kernel would not be one, or the guest not start.
ESSENTIAL = (
    *("KASAN", "DEBUG_KMEMLEAK", "PROVE_LOCKING", "DEBUG_ATOMIC_SLEEP", "UBSAN", "DEBUG_LIST"),
    *("SLUB_DEBUG", "KPROBES", "SERIAL_8250_CONSOLE", "VIRTIO_PCI", "VIRTIO_CONSOLE"),
)
# Of the source: other architectures, drivers of hardware that no guest has, texts, tests. Kconfig and make files stay.
LEFT_OUT = (
    *("*/arch/[!xK]*/*.[chS]", "*.dts", "*.dtsi"),
    *(
        f"*/drivers/{name}/*.[chS]"
        for name in ("gpu", "infiniband", "media", "scsi", "staging", "net/wireless")
    ),
    *(f"*/drivers/{name}/*.[chS]" for name in ("net/ethernet", "iio", "usb", "hwmon", "mtd")),
    *("*/sound/*.[ch]", "*/fs/xfs/*.[ch]", "*/fs/btrfs/*.[ch]", "*/tools/testing", "*/tools/perf"),
    *("*/Documentation/*.rst", "*/Documentation/*.txt", "*/Documentation/*.yaml", "*/Documentation/*.svg"),
)
# kmemleak waits until an object is so many milliseconds old. The lab asks when the module is gone: nothing is to come.
AGE = re.compile(r"^(#define MSECS_MIN_AGE\s+)\d+", re.MULTILINE)  # mm/kmemleak.c
VARIABLES = (  # of make
    *("KBUILD_BUILD_USER=kmodlab", "KBUILD_BUILD_HOST=kmodlab", "LOCALVERSION="),
    # Modules are built with debugging information and with UBSAN; the kernel itself takes half as long without.
    *("DEBUG_CFLAGS=", "debug-flags-y=", "CFLAGS_UBSAN="),
    "KASAN_SANITIZE_kmemleak.o=n",  # it reads all memory, word by word
)
HEADERS = (  # of the built source, what building modules reads
    *("Makefile", ".config", "Module.symvers", "include", "scripts", "tools/objtool/objtool"),
    *(f"arch/x86/{name}" for name in ("Makefile", "Makefile_32.cpu", "Makefile.um", "include")),
)


@dataclass(frozen=True, slots=True)
class Built:
    """A kernel that is built in the folder `source`; `key` stands for all that it was made of."""

    key: str
    source: Path

    @property
    def release(self) -> str:
        """What `uname -r` will say."""
        return (self.source / "include/config/kernel.release").read_text().strip()


def build(
    work: Path, base: KernelTree, known: str | None, listen: Listener = ignore, cancel: Event | None = None
) -> Built | None:
    """Build the strict kernel below `work`, or go on with it; None when its key is `known`, so it is there already.

    `base` says which compiler to use and has a busybox. Raises LabError that says what is missing, CancelledError once
    `cancel` is set; what is done by then is kept.
    """
    if not apt.is_here():
        raise LabError(
            "The strict kernel is built from a source package of Debian or Ubuntu, and this system has no apt.",
            hint="Build a kernel with KASAN and the like yourself, and name it: `kmodlab kernel add --tree DIR`.",
        )
    listen(Step("Looking for the kernel's source"))
    manager = Apt(listen, cancel, errand=COMMAND, wanted="linux-source-…")
    plan = debian.source_plan(manager.records)
    if plan is not None:
        with suppress(StaleListsError):
            return _build(manager, plan, work, base, known)
    manager, trouble = manager.with_fresh_lists(make_folder(work / "apt"))
    plan = debian.source_plan(manager.records)
    if plan is None:
        raise manager.explain("The package archive offers no source of a kernel", trouble)
    return _build(manager, plan, work, base, known)


def install(built: Built, home: Path, base: KernelTree) -> KernelTree:
    """Put into `home`/root what machines and the building of modules need, and describe it."""
    root, release = home / "root", built.release
    image = make_folder(root / "boot") / f"vmlinuz-{release}"
    shutil.copy(built.source / ARCHITECTURE.built_image, image)
    headers = make_folder(root / "usr/src" / f"linux-headers-{release}")
    for name in HEADERS:
        part = built.source / name
        make_folder((headers / name).parent)
        if part.is_dir():
            objects = shutil.ignore_patterns("*.o", "*.o.d", ".*.cmd")
            shutil.copytree(part, headers / name, symlinks=True, ignore=objects)
        elif part.exists():
            shutil.copy(part, headers / name)
    make_folder(root / "lib/modules" / release)  # all is in the image
    shutil.copy(base.busybox, make_folder(root / "bin") / "busybox")
    return unpacked.settle(root, release, SOURCE, image=image, headers=headers)


def _build(manager: Apt, plan: Plan, work: Path, base: KernelTree, known: str | None) -> Built | None:
    key = _key(plan)
    if key == known:
        return None
    for other in work.iterdir():  # of another version, or another configuration
        if other.is_dir() and other.name not in (key, "apt"):
            shutil.rmtree(other, ignore_errors=True)
    folder = make_folder(work / key)
    source = folder / "source"
    if not source.exists():
        _unpack(manager, plan, folder, base)
    make = _Make(manager, folder, base)
    _configure(make, source)
    room.demand(work, "Building the strict kernel", ROOM // 4)
    make(f"Building Linux {plan.release}", "all")
    return Built(key, source)


def _key(plan: Plan) -> str:
    """A name for all that the kernel is made of: the version of its source, and how it is configured and changed."""
    parts = (_fragment(), repr((LEFT_OUT, AGE.pattern, VARIABLES)).encode())
    return f"{plan.release.replace(':', '-')}-{hashlib.sha256(b''.join(parts)).hexdigest()[:12]}"


def _fragment() -> bytes:
    return resources.files("kmodlab.kernels").joinpath(FRAGMENT).read_bytes()


def _unpack(manager: Apt, plan: Plan, folder: Path, base: KernelTree) -> None:
    """Download source and tools into `folder`; its folder `source` appears when all of it is there."""
    room.demand(folder, f"The source of Linux {plan.release}", ROOM + plan.size + room.SPARE)
    packages = make_folder(folder / "packages")
    manager.download(plan, packages)
    manager.listen(Step(f"Unpacking the source of Linux {plan.release}"))
    tools = folder / "tools"
    for archive in sorted(packages.glob("*.deb")):
        manager.unpack(archive, tools)
    tarball = next(tools.glob("usr/src/**/linux-source-*.tar.*"), None)
    if tarball is None:
        raise LabError(
            f"The source package of Linux {plan.release} holds no source.",
            hint=f"Run `{COMMAND}` again; if that does not help, report it with this message.",
        )
    draft = folder / "source.part"
    shutil.rmtree(draft, ignore_errors=True)
    options = ("--strip-components=1", "--no-same-owner", *(f"--exclude={name}" for name in LEFT_OUT))
    tar = ("tar", "-xf", str(tarball), "-C", str(make_folder(draft)), *options)
    done = run((*_environment(folder, base), *tar), cancel=manager.cancel, silence=SILENCE)
    if done.status != 0:
        raise manager.explain("The kernel's source could not be unpacked", done.stderr)
    kmemleak = draft / "mm/kmemleak.c"
    kmemleak.write_text(AGE.sub(r"\g<1>0", kmemleak.read_text()))
    draft.rename(folder / "source")
    shutil.rmtree(packages)
    tarball.unlink()


def _environment(folder: Path, base: KernelTree) -> tuple[str, ...]:
    """The command that runs another one with the tools in `folder` and nothing of the user's environment."""
    tools = folder / "tools"
    for name in ("bc", "xz"):  # busybox does as well
        place = make_folder(tools / "bin") / name
        if shutil.which(name) is None and not place.is_symlink():
            place.symlink_to(base.busybox)
    libraries = ":".join(map(str, tools.glob("usr/lib/*-linux-gnu*")))
    return (
        *("env", "-i", "LC_ALL=C", f"HOME={folder}"),
        f"PATH={tools}/bin:{tools}/usr/bin:{os.environ.get('PATH', os.defpath)}",
        f"LD_LIBRARY_PATH={libraries}",
        f"BISON_PKGDATADIR={tools}/usr/share/bison",
        f"M4={tools}/usr/bin/m4",
    )


class _Make:
    """make in the source of a kernel, as often as it takes."""

    def __init__(self, manager: Apt, folder: Path, base: KernelTree) -> None:
        self._listen, self._cancel = manager.listen, manager.cancel
        self._source, self._log = folder / "source", folder / "make.log"
        tools, program = folder / "tools", compiler.program(base)
        links = " ".join(f"-L{path}" for path in tools.glob("usr/lib/*-linux-gnu*"))
        self._command = (
            *_environment(folder, base),
            *("nice", "make", "-C", str(self._source), f"-j{os.cpu_count() or 1}"),
            *(
                f"CC={program}",
                f"HOSTCC={program}",
                f"HOSTCFLAGS=-I{tools}/usr/include",
                f"HOSTLDFLAGS={links}",
            ),
            *VARIABLES,
            f"KCONFIG_ALLCONFIG={folder / FRAGMENT}",
        )

    def __call__(self, text: str, target: str) -> None:
        """Make `target`; raise LabError with the first thing that went wrong."""
        step = Step(text)
        self._listen(step)
        follow = self._progress(text) if target == "all" else None
        done = run((*self._command, target), on_line=follow, cancel=self._cancel, silence=SILENCE)
        if done.status == 0:
            return
        self._log.write_text(done.stdout + done.stderr)
        if "No space left" in done.stderr:
            raise room.used_up("The strict kernel could not be built")
        reason = _reason(done.stderr) or f"make ended with status {done.status}"
        raise LabError(
            f"The strict kernel could not be built: {reason}.",
            hint=f"All that make said is in {self._log}; `{COMMAND}` goes on where it stopped.",
        )

    def _progress(self, text: str) -> Callable[[str], None]:
        """Tell how far make is by the lines that it prints, one for each file, and by those files that are there."""
        count = sum(1 for _ in self._source.rglob("*.o"))

        def follow(line: str) -> None:
            nonlocal count
            if line.startswith("  "):
                count += 1
                self._listen(Step(text, min(count / LINES, 0.99)))

        return follow


def _reason(stderr: str) -> str:
    """What went wrong first: the compiler's error, else what was said before make gave up."""
    lines = [line.strip().rstrip(".") for line in stderr.splitlines()]
    error = next((line for line in lines if re.search(r"\b(?:error|not found)\b", line)), None)
    before = (line for line, after in pairwise(lines) if "***" in after)
    return error or next(before, "") or next(iter(lines), "")


def _configure(make: _Make, source: Path) -> None:
    """Configure the kernel; raise LabError when an option that matters does not take effect."""
    (source.parent / FRAGMENT).write_bytes(_fragment())
    make("Configuring the strict kernel", "allnoconfig")
    options = (source / ".config").read_text().splitlines()
    missing = [name for name in ESSENTIAL if f"CONFIG_{name}=y" not in options]
    if missing:
        raise LabError(
            f"This kernel's source does not know CONFIG_{missing[0]}, without which there is no strict kernel.",
            hint="Report it with this message and the version of your distribution.",
        )
