# SPDX-License-Identifier: MIT
"""Unpacked packages made to work where they stand; tests/data/apt and test_apt.py have whole kernels."""

from pathlib import Path

import pytest

from kmodlab.errors import LabError
from kmodlab.kernels import compiler, unpacked
from kmodlab.kernels.tree import KernelTree

RELEASE = "6.12.117+deb13-cloud-amd64"


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ("CONFIG_GCC_VERSION=120200\n", "gcc-12"),
        ("CONFIG_CC_IS_GCC=y\nCONFIG_GCC_VERSION=110400\nCONFIG_CLANG_VERSION=0\n", "gcc-11"),
        ("CONFIG_CC_IS_CLANG=y\nCONFIG_GCC_VERSION=0\n", "gcc"),
    ],
)
def test_the_configuration_names_the_compiler(tmp_path: Path, config: str, name: str) -> None:
    file = tmp_path / ".config"
    file.write_text(config)
    assert compiler.asked_for(file) == name


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    """Packages as newer distributions build them: all below /usr but the image."""
    headers = tmp_path / "usr/src" / f"linux-headers-{RELEASE}"
    modules = tmp_path / "usr/lib/modules" / RELEASE
    for path in (
        tmp_path / "boot" / f"vmlinuz-{RELEASE}",
        tmp_path / "usr/bin/busybox",
        headers / ".config",
        headers / "Makefile",
        modules / "modules.order",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (modules / "build").symlink_to(f"/usr/src/linux-headers-{RELEASE}")
    (modules / "kdump").symlink_to("/etc/kdump")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/static-sh").symlink_to("busybox")
    return tmp_path


def settle(root: Path) -> KernelTree:
    image = root / "boot" / f"vmlinuz-{RELEASE}"
    return unpacked.settle(
        root, RELEASE, "apt", image=image, headers=root / "usr/src" / f"linux-headers-{RELEASE}"
    )


def test_parts_are_found_below_usr_too(merged: Path) -> None:
    tree = settle(merged)
    assert tree.busybox == merged / "usr/bin/busybox"
    assert tree.modules == merged / "usr/lib/modules" / RELEASE


def test_links_within_the_packages_hold_and_others_are_left(merged: Path) -> None:
    tree = settle(merged)
    assert (tree.modules / "build").resolve() == tree.headers.resolve()
    assert not (tree.modules / "build").readlink().is_absolute()
    assert (tree.modules / "kdump").readlink() == Path("/etc/kdump")


def test_a_part_that_is_missing_is_named(merged: Path) -> None:
    (merged / "boot" / f"vmlinuz-{RELEASE}").unlink()
    with pytest.raises(LabError, match="hold no boot/vmlinuz"):
        settle(merged)
