# SPDX-License-Identifier: MIT
"""The guest's initramfs."""

import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from kmodlab.errors import LabError
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines import guest
from kmodlab.machines.qemu import QemuMachine


def test_an_archive_is_what_cpio_reads(kernel_tree: KernelTree, tmp_path: Path) -> None:
    entries = {
        "dir": (stat.S_IFDIR | 0o755, b""),
        "dir/odd": (stat.S_IFREG | 0o640, b"12345"),
        "dir/empty": (stat.S_IFREG | 0o600, b""),
        "link": (stat.S_IFLNK | 0o777, b"dir/odd"),
    }
    cpio = [kernel_tree.busybox, "cpio", "-i"]
    subprocess.run(cpio, input=guest.pack(entries), cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "link").read_bytes() == b"12345"
    assert stat.S_IMODE((tmp_path / "dir/odd").stat().st_mode) == 0o640
    assert (tmp_path / "dir/empty").read_bytes() == b""


def test_it_is_made_once(kernel_tree: KernelTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = guest.initramfs(kernel_tree)
    before = made.stat().st_mtime_ns
    assert guest.initramfs(kernel_tree) == made
    assert made.stat().st_mtime_ns == before
    assert [path.name for path in made.parent.iterdir()] == [made.name]


def test_without_kmod_the_error_names_the_package(
    kernel_tree: KernelTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guest.shutil, "which", lambda name, path=None: None)
    with pytest.raises(LabError, match="kmod is missing"):
        guest.initramfs(kernel_tree)


def test_a_busybox_that_does_not_run_is_named(
    kernel_tree: KernelTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    broken = tmp_path / "busybox"
    broken.write_text("not a program\n")
    with pytest.raises(LabError, match=f"{broken}, does not run: Permission denied"):
        guest.initramfs(replace(kernel_tree, busybox=broken))


def test_the_guest_loads_modules_with_kmod_not_busybox(machine: QemuMachine) -> None:
    assert b"kmod version" in machine.run("/sbin/insmod --version").stdout
    assert b"kmod version" in machine.run("sh -lic 'insmod --version'").stdout


def test_an_interactive_shell_finds_the_usual_tools(machine: QemuMachine) -> None:
    for tool in ("vi", "less", "dmesg", "lsmod", "modinfo", "strings", "hexdump"):
        assert machine.run(f"command -v {tool}").status == 0, tool
