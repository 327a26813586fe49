# SPDX-License-Identifier: MIT
"""Fetching a kernel with the real dnf, from a repository made here whose packages are laid out as Fedora's."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from kmodlab import paths
from kmodlab.errors import LabError, UsageError
from kmodlab.grading.events import Ended
from kmodlab.grading.verdict import Outcome
from kmodlab.kernels import dnf, store
from kmodlab.kernels.tree import KernelTree
from kmodlab.packs.catalog import Pack
from kmodlab.session import Session

TOOLS = {
    "dnf": "dnf",
    "rpmbuild": "rpm",
    "rpmsign": "rpm",
    "createrepo_c": "createrepo-c",
    "gpg": "gpg",
    "gpg-agent": "gpg-agent",
}
MISSING = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
RELEASE = "6.1.0-56.fc99.x86_64"
SPEC = """\
Name: {name}
Version: {version}
Release: {release}
Summary: test
License: GPL
AutoReqProv: no
%global __os_install_post %{{nil}}
%global debug_package %{{nil}}
%global _build_id_links none
%global _binary_payload w0.ufdio
%description
test
%install
cp -a {files}/. %{{buildroot}}/
%files
/*
"""


@pytest.mark.parametrize(
    "text",
    [
        "kernel-core 6.17.7-300.fc43 18000000 98000000\nbusybox 1:1.37.0-3.fc43 800000 1700000\n",
        "\nkernel-core 0:6.17.7-300.fc43 18000000 98000000\n\nbusybox 1:1.37.0-3.fc43 800000 1700000\n\n",
    ],
    ids=["dnf5", "dnf4"],
)
def test_packages_are_read_with_their_sizes(text: str) -> None:
    found = dnf.packages(text)
    assert found["kernel-core"] == dnf.Package("kernel-core", "6.17.7-300.fc43", 18_000_000, 98_000_000)
    assert found["busybox"].version == "1:1.37.0-3.fc43"


def test_what_is_no_package_is_not_read() -> None:
    assert dnf.packages("Last metadata expiration check: 0:00:01 ago\nkernel-core 6.1 x y\n") == {}


@pytest.mark.parametrize(
    ("stderr", "message"),
    [
        (
            "Error: Failed to download metadata for repo 'fedora': Could not resolve host: mirrors",
            "cannot be reached",
        ),
        ("Curl error (28): Timeout was reached: Connection timed out", "cannot be reached"),
        ("error: unpacking failed: cpio: write (No space left on device)", "the disk is full"),
        ("No such command: download. Please use /usr/bin/dnf --help", "lacks its command download"),
        ('Unknown argument "download" for command "dnf5".', "lacks its command download"),
        ("warning: x\nError: Something else entirely.\n", "Something else entirely."),
        ("", "they know no kernel-core"),
    ],
)
def test_each_complaint_becomes_one_sentence(stderr: str, message: str) -> None:
    error = dnf._explain("It failed", stderr)
    assert message in error.message
    assert error.message.startswith("It failed: ")
    assert "\n" not in error.message


def test_a_version_that_is_none_is_a_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no version of Fedora"):
        dnf.fetch(tmp_path, suite="bookworm-backports")


def run(*command: str | Path, home: Path, **environment: str) -> None:
    subprocess.run(
        command,
        check=True,
        capture_output=True,
        env={**os.environ, "GNUPGHOME": str(home / "gpg"), **environment},
    )


def lay_out(tree: KernelTree, home: Path) -> dict[str, Path]:
    """The files of a kernel in the places where Fedora's packages have them, by package."""
    modules, devel = Path("lib/modules", RELEASE), Path("usr/src/kernels", RELEASE)
    core = home / "kernel-core" / modules
    core.mkdir(parents=True)
    shutil.copy(tree.image, core / "vmlinuz")
    extra = home / "kernel-modules-core" / modules / "kernel"
    extra.mkdir(parents=True)
    for driver in tree.modules.rglob("virtio*.ko*"):
        shutil.copy(driver, extra)
    headers = home / "kernel-devel" / devel
    source = tree.headers.parent
    (common,) = source.glob("*-common")
    for part in (common, tree.headers, *source.parent.glob("lib/linux-kbuild-*")):
        shutil.copytree(
            part, headers, dirs_exist_ok=True, symlinks=part == tree.headers, ignore=_not_links(part)
        )
    shutil.copy(common / "Makefile", headers)
    (headers / ".kernelvariables").unlink(missing_ok=True)
    (home / "kernel-devel" / modules).mkdir(parents=True)
    (home / "kernel-devel" / modules / "build").symlink_to(Path("/", devel))
    (home / "busybox/usr/sbin").mkdir(parents=True)
    shutil.copy(tree.busybox, home / "busybox/usr/sbin")
    return {name: home / name for name in (*dnf.PARTS, dnf.BUSYBOX)}


def _not_links(part: Path):  # type: ignore[no-untyped-def]
    """Leave out what only points to another of the packages."""
    return lambda folder, names: [name for name in names if Path(folder, name).is_symlink()]


def sign(packages: list[Path], home: Path) -> None:
    """Sign packages with a new key, of which home/keys holds the public part."""
    (home / "gpg").mkdir(mode=0o700)
    (home / "keys").mkdir()
    names = ("--define", "_gpg_name test", "--define", f"__gpg {shutil.which('gpg')}")
    make = ("gpg", "--batch", "--passphrase", "", "--quick-gen-key", "test", "rsa2048", "sign", "never")
    try:
        run(*make, home=home)
        run("rpmsign", *names, "--addsign", *packages, home=home)
        run("gpg", "--armor", "--output", home / "keys/RPM-GPG-KEY-test", "--export", "test", home=home)
    finally:
        run("gpgconf", "--kill", "all", home=home)  # the agent would live as long as its folder


def make_repository(files: Mapping[str, Path], home: Path) -> tuple[str, ...]:
    """Pack, sign and index; the options that make dnf use it, and nothing else."""
    version, release = RELEASE.removesuffix(".x86_64").split("-")
    specs = [home / f"{name}.spec" for name in files]
    for spec in specs:
        text = SPEC.format(name=spec.stem, version=version, release=release, files=files[spec.stem])
        spec.write_text(text)
    packages = home / "repository"
    run(
        "rpmbuild",
        "-bb",
        "--define",
        f"_topdir {home}/build",
        "--define",
        f"_rpmdir {packages}",
        *specs,
        home=home,
    )
    sign(list(packages.rglob("*.rpm")), home)
    run("createrepo_c", "--quiet", packages, home=home)
    configuration = home / "dnf.conf"
    configuration.write_text(
        f"[main]\nreposdir={home}/none\n[test]\nname=test\nbaseurl=file://{packages}\ngpgcheck=1\n"
    )
    return ("--config", str(configuration))


@pytest.mark.slow
@pytest.mark.skipif(
    bool(MISSING), reason=f"dnf is not tried: apt-get install dnf-plugins-core {' '.join(MISSING)}"
)
def test_a_kernel_in_fedoras_packages_is_fetched_and_grades_a_lesson(
    kernel_tree: KernelTree, pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accelerator = paths.cache() / "accelerator.json"
    monkeypatch.setenv(
        "HOME", str(tmp_path)
    )  # where Debian's rpm makes a database as soon as it is asked anything
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    if accelerator.exists():
        shutil.copy(accelerator, paths.make_folder(paths.cache()))
    options = make_repository(lay_out(kernel_tree, tmp_path / "files"), tmp_path)
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(LabError, match="no signature that this system trusts"):
        dnf.fetch(work, options=options)
    monkeypatch.setattr(dnf, "KEYS", tmp_path / "keys")
    tree = dnf.fetch(work, options=options)
    assert isinstance(tree, KernelTree)
    assert (tree.release, tree.source) == (RELEASE, "dnf")
    assert dnf.fetch(work, options=options, have=[RELEASE]) == RELEASE
    monkeypatch.setattr(store, "ensure", lambda *others: tree)
    hello = pack.lesson("hello")
    with Session(pack) as session:
        outcomes = []
        for sources in (hello.solution(), hello.starter()):
            *_, last = session.check(hello, sources, keep=False)
            assert isinstance(last, Ended)
            outcomes.append(last.report.outcome)
    assert outcomes == [Outcome.PASS, Outcome.FAIL]
