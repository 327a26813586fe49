# SPDX-License-Identifier: MIT
"""Fetching a kernel with the real apt, from a small archive that the test serves on this machine."""

import gzip
import hashlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from kmodlab.errors import CancelledError, LabError
from kmodlab.kernels import apt
from kmodlab.kernels.tree import KernelTree
from kmodlab.steps import Step

DEADLINE = 20.0


class Handler(SimpleHTTPRequestHandler):
    """Serve the archive; packages only once `gate` is open."""

    gate: threading.Event

    def do_GET(self) -> None:
        if self.path.endswith(".deb"):
            self.server.asked.set()  # type: ignore[attr-defined]
            self.server.gate.wait(DEADLINE)  # type: ignore[attr-defined]
        with suppress(ConnectionError):  # whoever asked has gone
            super().do_GET()

    def log_message(self, *words: object) -> None:
        pass


@dataclass
class Archive:
    """A package archive in `folder`, and a machine whose apt reads it (by APT_CONFIG)."""

    folder: Path
    server: ThreadingHTTPServer
    paragraphs: list[str] = field(default_factory=list)

    def add(self, name: str, files: dict[str, str], depends: str = "") -> None:
        root = self.folder / "build" / name
        for path, text in {**files, "DEBIAN/control": self._control(name, depends)}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        deb = self.folder / "pool" / f"{name}_1_amd64.deb"
        deb.parent.mkdir(exist_ok=True)
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Znone", "-b", root, deb], check=True, capture_output=True
        )
        digest = hashlib.sha256(deb.read_bytes()).hexdigest()
        self.paragraphs.append(
            self._control(name, depends)
            + f"Filename: pool/{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {digest}\nInstalled-Size: 1\n"
        )

    def add_kernel(self, release: str) -> None:
        self.add("linux-image-cloud-amd64", {}, f"linux-image-{release}")
        self.add(
            f"linux-image-{release}",
            {
                f"boot/vmlinuz-{release}": "image",
                f"lib/modules/{release}/modules.order": "",
                f"lib/modules/{release}/modules.builtin": "",
                "usr/share/doc/linux/copyright": "text",
            },
        )
        home = f"usr/src/linux-headers-{release}"
        self.add(
            f"linux-headers-{release}",
            {
                f"{home}/Makefile": f"include /usr/src/linux-headers-{release}-common/Makefile\n",
                f"{home}/.config": "CONFIG_GCC_VERSION=120200\n",
            },
            f"linux-headers-{release}-common",
        )
        self.add(
            f"linux-headers-{release}-common",
            {f"usr/src/linux-headers-{release}-common/Makefile": "where:\n\t@pwd\n"},
        )

    def publish(self) -> None:
        packages = "\n".join(self.paragraphs).encode()
        (self.folder / "Packages").write_bytes(packages)
        (self.folder / "Packages.gz").write_bytes(gzip.compress(packages))
        digest = hashlib.sha256(packages).hexdigest()
        release = f"Origin: test\nSHA256:\n {digest} {len(packages)} Packages\n"
        (self.folder / "Release").write_text(release)

    def forget(self) -> None:
        for deb in self.folder.glob("pool/*.deb"):
            deb.unlink()
        self.paragraphs.clear()

    @staticmethod
    def _control(name: str, depends: str) -> str:
        fields = {
            "Package": name,
            "Version": "1",
            "Architecture": "amd64",
            "Maintainer": "test",
            "Description": "test",
        }
        if depends:
            fields["Depends"] = depends
        return "".join(f"{key}: {value}\n" for key, value in fields.items())


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    folder = tmp_path / "archive"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    server.gate, server.asked = threading.Event(), threading.Event()  # type: ignore[attr-defined]
    server.gate.set()  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    system = tmp_path / "system"
    for part in ("lists/partial", "cache/archives/partial", "none"):
        (system / part).mkdir(parents=True)
    (system / "sources.list").write_text(f"deb [trusted=yes] http://127.0.0.1:{server.server_port} ./\n")
    (system / "status").touch()
    (system / "apt.conf").write_text(
        f'Dir::State "{system}"; Dir::State::lists "{system}/lists"; Dir::State::status "{system}/status";\n'
        f'Dir::Cache "{system}/cache"; Dir::Etc::sourcelist "{system}/sources.list";\n'
        f'Dir::Etc::sourceparts "{system}/none"; Dir::Etc::parts "{system}/none"; Dir::Etc::main "none";\n'
        'Acquire::Retries "0"; APT::Architecture "amd64"; APT::Architectures { "amd64"; };\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(system / "apt.conf"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield Archive(folder, server)
    server.gate.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


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
    with pytest.raises(LabError, match="does not have") as caught:
        apt.fetch(work)
    assert "Debian or Ubuntu" in caught.value.hint


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
    error = apt._explain("It failed", stderr)
    assert message in error.message
    assert error.message.startswith("It failed: ")
    assert "\n" not in error.message


def test_a_disk_without_room_is_refused_before_the_download(
    stocked: Archive, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apt, "ROOM_TO_SPARE", 2**60)
    with pytest.raises(LabError, match="are free"):
        apt.fetch(work)
    assert not list(work.glob("packages/*"))
