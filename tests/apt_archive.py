# SPDX-License-Identifier: MIT
"""A small package archive that a test serves on this machine, to the real apt."""

import gzip
import hashlib
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

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

    def add(self, name: str, files: Mapping[str, str | bytes], depends: str = "") -> None:
        root = self.folder / "build" / name
        for path, text in {**files, "DEBIAN/control": self._control(name, depends)}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text if isinstance(text, bytes) else text.encode())
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

    def publish_suite(self, name: str) -> None:
        """Put what was added since the last time into a suite of its own."""
        home = self.folder / "dists" / name
        place = "main/binary-amd64/Packages"
        packages = "\n".join(self.paragraphs).encode()
        self.paragraphs.clear()
        (home / place).parent.mkdir(parents=True)
        (home / place).write_bytes(packages)
        digest = hashlib.sha256(packages).hexdigest()
        (home / "Release").write_text(
            f"Origin: test\nSuite: {name}\nCodename: {name}\nComponents: main\nArchitectures: amd64\n"
            f"SHA256:\n {digest} {len(packages)} {place}\n"
        )

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


@contextmanager
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """An empty archive, which apt reads instead of the system's own."""
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
    try:
        yield Archive(folder, server)
    finally:
        server.gate.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()
