# SPDX-License-Identifier: MIT
"""Fetching a kernel with the real apt, from a small archive that the test serves on this machine."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from apt_archive import DEADLINE, Archive

from kmodlab.errors import CancelledError, LabError, UsageError
from kmodlab.kernels import apt, room
from kmodlab.kernels.tree import KernelTree
from kmodlab.steps import Step


@pytest.fixture
def stocked(archive: Archive) -> Archive:
    archive.add("busybox-static", {"bin/busybox": "busybox"})
    archive.add_kernel("6.1.0-1-cloud-amd64")
    archive.publish()
    return archive


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def update_the_lists_of_the_system() -> None:
    subprocess.run(["apt-get", "-o", "APT::Sandbox::User=root", "update"], check=True, capture_output=True)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def test_a_kernel_is_fetched_without_any_list_of_the_system(stocked: Archive, work: Path) -> None:
    tree = apt.fetch(work)
    assert isinstance(tree, KernelTree)
    assert tree.release == "6.1.0-1-cloud-amd64"
    assert tree.compiler == "gcc-12"
    assert tree.image.read_text() == "image"
    assert tree.busybox.read_text() == "busybox"
    assert (tree.modules / "modules.order").exists()


def test_the_lists_of_the_system_are_used_when_there_are_any(stocked: Archive, work: Path) -> None:
    update_the_lists_of_the_system()
    (stocked.folder / "Release").unlink()
    (stocked.folder / "Packages").unlink()
    assert isinstance(apt.fetch(work), KernelTree)
    assert not (work / "apt").exists()


def test_stale_lists_of_the_system_are_no_obstacle(stocked: Archive, work: Path) -> None:
    update_the_lists_of_the_system()
    stocked.forget()
    stocked.add("busybox-static", {"bin/busybox": "busybox"})
    stocked.add_kernel("6.1.0-2-cloud-amd64")
    stocked.publish()
    tree = apt.fetch(work)
    assert isinstance(tree, KernelTree)
    assert tree.release == "6.1.0-2-cloud-amd64"


@pytest.fixture
def suites(archive: Archive, tmp_path: Path) -> Archive:
    """An archive whose suite `stable` the system reads, with another one, `next`, beside it."""
    sources = tmp_path / "system" / "sources.list"
    sources.write_text(sources.read_text().replace("./", "stable main"))
    archive.add("busybox-static", {"bin/busybox": "busybox"})
    archive.add_kernel("6.1.0-1-cloud-amd64")
    archive.publish_suite("stable")
    archive.add_kernel("6.12.1-cloud-amd64")
    archive.publish_suite("next")
    return archive


def test_another_suite_gives_its_kernel_and_the_systems_own_what_else_is_needed(
    suites: Archive, work: Path, tmp_path: Path
) -> None:
    before = (tmp_path / "system" / "sources.list").read_text()
    tree = apt.fetch(work, suite="next")
    assert isinstance(tree, KernelTree)
    assert tree.release == "6.12.1-cloud-amd64"
    assert tree.busybox.read_text() == "busybox"
    assert (tmp_path / "system" / "sources.list").read_text() == before
    assert not list((tmp_path / "system" / "lists").glob("*Packages*"))


@pytest.mark.parametrize("suite", ["never", "-o=x", "a b", ""])
def test_a_suite_that_does_not_exist_is_a_wrong_use(suites: Archive, work: Path, suite: str) -> None:
    with pytest.raises(UsageError, match=f"'{suite}'"):
        apt.fetch(work, suite=suite)


def test_a_kernel_that_is_there_already_is_not_fetched(stocked: Archive, work: Path) -> None:
    assert apt.fetch(work, have=["6.1.0-1-cloud-amd64"]) == "6.1.0-1-cloud-amd64"
    assert not (work / "root").exists()


def test_make_finds_the_headers_wherever_they_stand(stocked: Archive, work: Path, tmp_path: Path) -> None:
    tree = apt.fetch(work)
    assert isinstance(tree, KernelTree)
    moved = work.rename(tmp_path / "elsewhere") / tree.headers.relative_to(work)
    made = subprocess.run(["make", "-s", "-C", moved], check=True, capture_output=True, text=True)
    assert made.stdout.strip() == str(moved)


def test_documentation_is_not_kept(stocked: Archive, work: Path) -> None:
    apt.fetch(work)
    assert not list(work.glob("root/usr/share/*"))


def test_progress_names_each_step_and_reaches_its_end(stocked: Archive, work: Path) -> None:
    steps: list[Step] = []
    apt.fetch(work, listen=steps.append)
    texts = list(dict.fromkeys(step.text for step in steps))
    assert texts == [
        "Looking for a kernel",
        "Fetching the package lists",
        "Downloading Linux 6.1.0-1-cloud-amd64 (0 MB)",
        "Unpacking Linux 6.1.0-1-cloud-amd64",
    ]
    for text in texts[1:]:
        fractions = [step.fraction for step in steps if step.text == text]
        assert fractions[0] == 0.0
        assert fractions[-1] == 1.0


def test_an_unreachable_archive_is_said_to_be_unreachable(stocked: Archive, work: Path) -> None:
    stocked.server.shutdown()
    stocked.server.server_close()
    with pytest.raises(LabError, match="the package archive cannot be reached"):
        apt.fetch(work)


def test_an_archive_without_kernels_is_said_to_have_none(archive: Archive, work: Path) -> None:
    archive.add("busybox-static", {"bin/busybox": "busybox"})
    archive.publish()
    with pytest.raises(LabError, match="offers no kernel"):
        apt.fetch(work)


def test_a_package_that_was_tampered_with_is_refused(stocked: Archive, work: Path) -> None:
    (deb,) = stocked.folder.glob("pool/linux-image-6*.deb")
    deb.write_bytes(deb.read_bytes().replace(b"image", b"IMAGE"))
    with pytest.raises(LabError, match="could not be downloaded"):
        apt.fetch(work)
    assert not (work / "root").exists()


def test_an_archive_that_nobody_signed_is_refused(stocked: Archive, work: Path, tmp_path: Path) -> None:
    sources = tmp_path / "system" / "sources.list"
    sources.write_text(sources.read_text().replace("[trusted=yes]", ""))
    with pytest.raises(LabError, match="is not signed"):
        apt.fetch(work)


def test_cancelling_stops_the_download_and_leaves_no_process(stocked: Archive, work: Path) -> None:
    stocked.server.gate.clear()  # type: ignore[attr-defined]
    cancel = threading.Event()

    def cancel_when_asked() -> None:
        stocked.server.asked.wait(DEADLINE)  # type: ignore[attr-defined]
        cancel.set()

    threading.Thread(target=cancel_when_asked).start()
    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(CancelledError):
        apt.fetch(work, cancel=cancel)
    wait_for(lambda: not set(psutil.Process().children(recursive=True)) - before)


def test_ctrl_c_leaves_no_process(stocked: Archive, work: Path) -> None:
    stocked.server.gate.clear()  # type: ignore[attr-defined]
    script = f"from pathlib import Path; from kmodlab.kernels import apt; apt.fetch(Path({str(work)!r}))"
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE) as process:
        assert stocked.server.asked.wait(DEADLINE)  # type: ignore[attr-defined]
        family = psutil.Process(process.pid).children(recursive=True)
        assert any("apt" in child.name() for child in family)
        process.send_signal(2)
        assert process.wait(DEADLINE) != 0
    wait_for(lambda: not any(child.is_running() and child.status() != "zombie" for child in family))


def test_a_system_without_apt_is_told_what_to_do(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(work))
    with pytest.raises(LabError, match="has neither") as caught:
        apt.fetch(work)
    assert "Debian, Ubuntu or Fedora" in caught.value.hint


@pytest.mark.parametrize(
    ("stderr", "message"),
    [
        ("E: Failed to fetch x  Temporary failure resolving 'archive'", "cannot be reached"),
        ("E: Failed to fetch x  Could not connect to 10.0.0.1:80", "cannot be reached"),
        ("dpkg-deb: error: failed to write (No space left on device)", "the disk is full"),
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "the disk is full"),
        ("E: Failed to fetch x.deb  404  Not Found [IP: 1.2.3.4 80]", "being renewed"),
        ("W: a warning\nE: Something else entirely.\n", "Something else entirely."),
        ("", "no package linux-image-… is known"),
    ],
)
def test_each_complaint_becomes_one_sentence(stderr: str, message: str) -> None:
    error = apt.Apt().explain("It failed", stderr)
    assert message in error.message
    assert error.message.startswith("It failed: ")
    assert "\n" not in error.message


def test_a_disk_without_room_is_refused_before_the_download(
    stocked: Archive, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "SPARE", 2**60)
    with pytest.raises(LabError, match="are free"):
        apt.fetch(work)
    assert not list(work.glob("packages/*"))
