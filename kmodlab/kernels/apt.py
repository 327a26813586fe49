# SPDX-License-Identifier: MIT
"""Kernels from a Debian or Ubuntu archive, with apt as a downloader: nothing is installed, no root is needed.

apt verifies what it downloads by the archive's signatures, and it reads the archive's address, proxies and
keys from the machine's own configuration. The machine's package lists are used when there are any; when they
are missing or out of date, or another suite is wanted, fresh ones are fetched into a folder of our own.
"""

import os
import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from kmodlab.errors import LabError, UsageError
from kmodlab.kernels import debian, room, sources, unpacked
from kmodlab.kernels.command import Finished, run
from kmodlab.kernels.tree import KernelTree
from kmodlab.paths import make_folder
from kmodlab.steps import Listener, Step, ignore

STATUS = re.compile(r"dlstatus:\d+:([0-9.]+):")  # README.progress-reporting of apt
OFFLINE = re.compile(
    r"resolv|could not connect|unable to connect|cannot initiate|unreachable|timed out|no route", re.I
)
SUITE = re.compile(r"[a-z0-9][a-z0-9.+-]*")
STALE = re.compile(r"  404  |Hash Sum mismatch|no longer has a Release file", re.I)
ROOM_FOR_ANY = 250_000_000  # bytes without which we do not even look; apt hangs on a disk that gets full


class StaleListsError(LabError):
    """The package lists name a file that the archive no longer has."""


@dataclass(frozen=True, slots=True)
class Apt:
    """apt with the machine's own sources; `options` say where else than usual it keeps its package lists."""

    listen: Listener = ignore
    cancel: Event | None = None
    options: tuple[str, ...] = ()
    errand: str = "kmodlab kernel add"  # the command that wants something
    wanted: str = "linux-image-…"  # the packages that it wants

    def records(self, names: tuple[str, ...]) -> dict[str, debian.Package]:
        """Look up the packages that are known among `names`."""
        shown = self._run("apt-cache", "show", "--no-all-versions", *names)
        return {package.name: package for package in debian.records(shown.stdout)}

    def with_fresh_lists(self, folder: Path, suite: str | None = None) -> tuple["Apt", str]:
        """Fetch the package lists into `folder`; give an apt that uses them, and its complaints.

        That apt prefers packages of `suite`, which the system's own sources need not name.
        """
        for part in ("lists/partial", "cache/archives/partial"):
            make_folder(folder / part)
        settings = _private_settings(folder)
        if suite is not None:
            settings |= self._settings_for(suite, folder)
        configuration = folder / "apt.conf"
        configuration.write_text(_configuration(settings))
        private = replace(self, options=("-c", str(configuration)))
        updated = private._run("apt-get", "update", told=Step("Fetching the package lists", 0.0))
        return private, updated.stderr

    def _settings_for(self, suite: str, folder: Path) -> dict[str, object]:
        """Write the sources that have `suite` in them; give the settings that make apt read those alone."""
        parts = make_folder(folder / "sources")
        for path in self._source_files():
            read = sources.stanzas if path.suffix == ".sources" else sources.lines
            try:
                text = path.read_text(errors="replace")
            except OSError:  # not for us to read, so not for apt in our hands
                continue
            (parts / path.name).write_text("\n".join(read(text, suite)) + "\n")
        (folder / "status").touch()
        return {
            "Dir::Etc::sourcelist": "/dev/null",
            "Dir::Etc::sourceparts": parts,
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": folder / "none",
            "Dir::State::status": folder / "status",  # what the system has installed does not matter
            "APT::Default-Release": suite,
        }

    def _source_files(self) -> list[Path]:
        """The files in which this system names its archives."""
        words = ("SINGLE", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d")
        shown = self._run("apt-config", "shell", *words).stdout
        named = dict(re.findall(r"^(SINGLE|PARTS)='(.*)'$", shown, re.MULTILINE))
        parts = Path(named["PARTS"]) if "PARTS" in named else None
        found = sorted(parts.glob("*")) if parts else []
        single = [Path(named["SINGLE"])] if "SINGLE" in named else []
        return [path for path in (*single, *found) if path.suffix in (".list", ".sources") and path.is_file()]

    def download(self, plan: debian.Plan, folder: Path) -> None:
        """Download the packages of `plan` into `folder`, verified; raise LabError when that fails."""
        names = [f"{package.name}={package.version}" for package in plan.packages]
        text = f"Downloading Linux {plan.release} ({plan.size / 1e6:.0f} MB)"
        done = self._run("apt-get", "download", *names, folder=folder, told=Step(text, 0.0, plan.size))
        if done.status != 0:
            raise self.explain(f"Linux {plan.release} could not be downloaded", done.stderr)

    def unpack(self, archive: Path, root: Path) -> None:
        """Unpack a package below `root`; raise LabError when that fails."""
        done = run(["dpkg-deb", "--extract", archive, root], cancel=self.cancel)
        if done.status != 0:
            raise self.explain(f"{archive.name} could not be unpacked", done.stderr)

    def explain(self, what: str, stderr: str) -> LabError:
        """Turn apt's or dpkg's complaint into one sentence and a next step."""
        if "No space left" in stderr or "enough free space" in stderr:
            return room.used_up(what)
        if STALE.search(stderr):
            return StaleListsError(
                f"{what}: the archive is just being renewed.",
                hint=f"Run `{self.errand}` again in some minutes.",
            )
        if OFFLINE.search(stderr):
            return LabError(
                f"{what}: the package archive cannot be reached.",
                hint=f"Connect to the network (behind a proxy: tell apt about it), then run `{self.errand}`.",
            )
        said = [line for line in stderr.splitlines() if not line.startswith("W:")]
        lines = [line[2:].strip() for line in said if line.startswith("E:")] or said[-1:]
        reason = lines[0].rstrip(".") if lines else f"no package {self.wanted} is known"
        return LabError(
            f"{what}: {reason}.", hint=f"See whether `apt-get update` works, then run `{self.errand}`."
        )

    def _run(self, tool: str, *words: str, folder: Path | None = None, told: Step | None = None) -> Finished:
        def follow(line: str) -> None:
            if told and (status := STATUS.match(line)):
                self.listen(replace(told, fraction=min(float(status[1]) / 100, 1.0)))

        # As root apt drops to the user _apt, who may not write where we work, and complains of it.
        sandbox = ("-o", "APT::Sandbox::User=root") if os.geteuid() == 0 else ()
        status = ("-q=2", "-o", "APT::Status-Fd=1") if told else ()
        if told:
            self.listen(told)
        command = (tool, *self.options, *sandbox, *status, *words)
        return run(command, folder=folder, on_line=follow, cancel=self.cancel)


def is_here() -> bool:
    """Whether this system has apt."""
    return all(shutil.which(tool) for tool in ("apt-get", "apt-cache", "dpkg-deb"))


def fetch(
    folder: Path,
    *,
    suite: str | None = None,
    have: Collection[str] = (),
    listen: Listener = ignore,
    cancel: Event | None = None,
) -> KernelTree | str:
    """Fetch the newest kernel of this system's archive into `folder`/root, or of another `suite` of that archive.

    When it is one of the releases `have` nothing is fetched and that release is the answer. Raises LabError
    when there is no way, CancelledError once `cancel` is set; `folder` is the caller's to remove.
    """
    if suite is not None and not SUITE.fullmatch(suite):
        raise UsageError(
            f"{suite!r} is no name of a suite.", hint="Name one such as bookworm-backports or noble-updates."
        )
    if not is_here():
        raise LabError(
            "Kernels are fetched with apt or dnf, and this system has neither.",
            hint="Run kmodlab on Debian, Ubuntu or Fedora, or name a kernel: `kmodlab kernel add --tree DIR`.",
        )
    room.demand(folder, "A kernel", ROOM_FOR_ANY)
    listen(Step("Looking for a kernel"))
    apt = Apt(listen, cancel)
    plan = debian.plan(apt.records) if suite is None else None
    if plan is not None:
        try:
            return _fetch(apt, plan, folder, have)
        except StaleListsError:
            pass
    apt, trouble = apt.with_fresh_lists(folder / "apt", suite)
    plan = debian.plan(apt.records)
    if plan is None and suite is not None and not OFFLINE.search(trouble):
        raise UsageError(
            f"No archive that this system's apt knows has kernels in a suite {suite!r}.",
            hint="Name a suite of this distribution, such as its codename with -backports.",
        )
    if plan is None:
        raise apt.explain("The package archive offers no kernel", trouble)
    return _fetch(apt, plan, folder, have)


def _fetch(apt: Apt, plan: debian.Plan, folder: Path, have: Collection[str]) -> KernelTree | str:
    if plan.release in have:
        return plan.release
    room.demand(folder, f"Linux {plan.release}", plan.size + plan.unpacked_size + room.SPARE)
    packages = make_folder(folder / "packages")
    apt.download(plan, packages)
    root = make_folder(folder / "root")
    text = f"Unpacking Linux {plan.release}"
    archives = sorted(packages.glob("*.deb"))
    for number, archive in enumerate(archives):
        apt.listen(Step(text, number / len(archives)))
        apt.unpack(archive, root)
        archive.unlink()
    tree = unpacked.settle(
        root,
        plan.release,
        "apt",
        image=root / "boot" / f"vmlinuz-{plan.release}",
        headers=root / "usr/src" / f"linux-headers-{plan.release}",
    )
    apt.listen(Step(text, 1.0))
    return tree


def _private_settings(folder: Path) -> dict[str, object]:
    """What makes apt keep its package lists below `folder`."""
    return {
        "Dir::State": folder,
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Acquire::Languages": "none",
        "Acquire::GzipIndexes": "true",
    }


def _configuration(settings: Mapping[str, object]) -> str:
    """Write `settings` as apt.conf(5), without the hooks meant for the system's own lists."""
    hooks = ("APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success")
    clear = [f"#clear {hook};" for hook in hooks]
    return "\n".join([*clear, *(f'{name} "{value}";' for name, value in settings.items())]) + "\n"
