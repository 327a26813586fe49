# SPDX-License-Identifier: MIT
"""Kernels from a Debian or Ubuntu archive, with apt as a downloader: nothing is installed, no root is needed.

apt verifies what it downloads by the archive's signatures, and it reads the archive's address, proxies and
keys from the machine's own configuration. The machine's package lists are used when there are any; when they
are missing or out of date, fresh ones are fetched into a folder of our own.
"""

import os
import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from kmodlab.errors import LabError
from kmodlab.kernels import debian, unpacked
from kmodlab.kernels.command import Finished, run
from kmodlab.kernels.tree import KernelTree
from kmodlab.paths import make_folder
from kmodlab.steps import Listener, Step, ignore

STATUS = re.compile(r"dlstatus:\d+:([0-9.]+):")  # README.progress-reporting of apt
OFFLINE = re.compile(
    r"resolv|could not connect|unable to connect|cannot initiate|unreachable|timed out|no route", re.I
)
STALE = re.compile(r"  404  |Hash Sum mismatch|no longer has a Release file", re.I)
ROOM_FOR_ANY = 250_000_000  # bytes without which we do not even look; apt hangs on a disk that gets full
ROOM_TO_SPARE = 50_000_000  # bytes that unpacking leaves free on the disk


class StaleListsError(LabError):
    """The package lists name a file that the archive no longer has."""


@dataclass(frozen=True, slots=True)
class Apt:
    """apt with the machine's own sources; `options` say where else than usual it keeps its package lists."""

    listen: Listener = ignore
    cancel: Event | None = None
    options: tuple[str, ...] = ()

    def records(self, names: tuple[str, ...]) -> dict[str, debian.Package]:
        """Look up the packages that are known among `names`."""
        shown = self._run("apt-cache", "show", "--no-all-versions", *names)
        return {package.name: package for package in debian.records(shown.stdout)}

    def with_fresh_lists(self, folder: Path) -> tuple["Apt", str]:
        """Fetch the package lists into `folder`; give an apt that uses them, and its complaints."""
        for part in ("lists/partial", "cache/archives/partial"):
            make_folder(folder / part)
        configuration = folder / "apt.conf"
        configuration.write_text(_private_configuration(folder))
        private = replace(self, options=("-c", str(configuration)))
        updated = private._run("apt-get", "update", told="Fetching the package lists")
        return private, updated.stderr

    def download(self, plan: debian.Plan, folder: Path) -> None:
        """Download the packages of `plan` into `folder`, verified; raise LabError when that fails."""
        names = [f"{package.name}={package.version}" for package in plan.packages]
        text = f"Downloading Linux {plan.release} ({plan.size / 1e6:.0f} MB)"
        done = self._run("apt-get", "download", *names, folder=folder, told=text)
        if done.status != 0:
            raise _explain(f"Linux {plan.release} could not be downloaded", done.stderr)

    def _run(self, tool: str, *words: str, folder: Path | None = None, told: str | None = None) -> Finished:
        def follow(line: str) -> None:
            if told and (status := STATUS.match(line)):
                self.listen(Step(told, min(float(status[1]) / 100, 1.0)))

        # As root apt drops to the user _apt, who may not write where we work, and complains of it.
        sandbox = ("-o", "APT::Sandbox::User=root") if os.geteuid() == 0 else ()
        status = ("-q=2", "-o", "APT::Status-Fd=1") if told else ()
        if told:
            self.listen(Step(told, 0.0))
        command = (tool, *self.options, *sandbox, *status, *words)
        return run(command, folder=folder, on_line=follow, cancel=self.cancel)


def fetch(
    folder: Path, *, have: Collection[str] = (), listen: Listener = ignore, cancel: Event | None = None
) -> KernelTree | str:
    """Fetch the newest kernel of this system's archive into `folder`/root.

    When it is one of the releases `have` nothing is fetched and that release is the answer. Raises LabError
    when there is no way, CancelledError once `cancel` is set; `folder` is the caller's to remove.
    """
    if not all(shutil.which(tool) for tool in ("apt-get", "apt-cache", "dpkg-deb")):
        raise LabError(
            "Kernels are fetched with apt, which this system does not have.",
            hint="Run kmodlab on Debian or Ubuntu, for instance in a container or a virtual machine.",
        )
    _demand_room(folder, "A kernel", ROOM_FOR_ANY)
    listen(Step("Looking for a kernel"))
    apt = Apt(listen, cancel)
    plan = debian.plan(apt.records)
    if plan is not None:
        try:
            return _fetch(apt, plan, folder, have)
        except StaleListsError:
            pass
    apt, trouble = apt.with_fresh_lists(folder / "apt")
    plan = debian.plan(apt.records)
    if plan is None:
        raise _explain("The package archive offers no kernel", trouble)
    return _fetch(apt, plan, folder, have)


def _fetch(apt: Apt, plan: debian.Plan, folder: Path, have: Collection[str]) -> KernelTree | str:
    if plan.release in have:
        return plan.release
    _demand_room(folder, f"Linux {plan.release}", plan.size + plan.unpacked_size + ROOM_TO_SPARE)
    packages = make_folder(folder / "packages")
    apt.download(plan, packages)
    root = make_folder(folder / "root")
    text = f"Unpacking Linux {plan.release}"
    archives = sorted(packages.glob("*.deb"))
    for number, archive in enumerate(archives):
        apt.listen(Step(text, number / len(archives)))
        done = run(["dpkg-deb", "--extract", archive, root], cancel=apt.cancel)
        if done.status != 0:
            raise _explain(f"{archive.name} could not be unpacked", done.stderr)
        archive.unlink()
    tree = unpacked.settle(root, plan.release, "apt")
    apt.listen(Step(text, 1.0))
    return tree


def _demand_room(folder: Path, what: str, need: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < need:
        raise LabError(
            f"{what} needs {need / 1e6:.0f} MB in {folder.parent}, where {free / 1e6:.0f} MB are free.",
            hint="Free some space, or set XDG_CACHE_HOME to a place that has it.",
        )


def _private_configuration(folder: Path) -> str:
    """Write apt's settings for lists below `folder`, without the hooks meant for the system's own lists."""
    hooks = ("APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success")
    settings = {
        "Dir::State": folder,
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Acquire::Languages": "none",
        "Acquire::GzipIndexes": "true",
    }
    clear = [f"#clear {hook};" for hook in hooks]
    return "\n".join([*clear, *(f'{name} "{value}";' for name, value in settings.items())]) + "\n"


def _explain(what: str, stderr: str) -> LabError:
    """Turn apt's or dpkg's complaint into one sentence and a next step."""
    if "No space left" in stderr or "enough free space" in stderr:
        return LabError(
            f"{what}: the disk is full.",
            hint="Free some space, or set XDG_CACHE_HOME to a place that has it.",
        )
    if STALE.search(stderr):
        return StaleListsError(
            f"{what}: the archive is just being renewed.",
            hint="Run `kmodlab kernel add` again in some minutes.",
        )
    if OFFLINE.search(stderr):
        return LabError(
            f"{what}: the package archive cannot be reached.",
            hint="Connect to the network (behind a proxy: tell apt about it), then run `kmodlab kernel add`.",
        )
    lines = [line[2:].strip() for line in stderr.splitlines() if line.startswith("E:")] or stderr.split("\n")[
        -2:-1
    ]
    reason = lines[0].rstrip(".") if lines else "no package linux-image-… is known"
    return LabError(
        f"{what}: {reason}.", hint="See whether `apt-get update` works, then run `kmodlab kernel add`."
    )
