# SPDX-License-Identifier: MIT
"""The installed command in a real terminal, driven by keys: from the first start to the second lesson."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kmodlab import paths
from kmodlab.kernels.tree import KernelTree
from kmodlab.packs import catalog

PATIENCE = 120  # seconds; a check takes two, but this computer may be busy
COLUMNS, ROWS = 120, 40

pytestmark = pytest.mark.slow


class Terminal:
    """tmux with one window, on a server of its own."""

    def __init__(self, socket: Path, environment: dict[str, str], command: list[str]) -> None:
        self._tmux = ["tmux", "-S", str(socket), "-f", os.devnull]
        size = ("-x", str(COLUMNS), "-y", str(ROWS))
        subprocess.run([*self._tmux, "new-session", "-d", *size, *command], env=environment, check=True)

    def press(self, *keys: str) -> None:
        subprocess.run([*self._tmux, "send-keys", *keys], check=True)

    def type(self, text: str) -> None:
        text = re.sub(";$", r"\\;", text)  # which would end the command
        subprocess.run([*self._tmux, "send-keys", "-l", text], check=True)

    @property
    def screen(self) -> str:
        shown = subprocess.run(
            [*self._tmux, "capture-pane", "-p"], capture_output=True, text=True, check=False
        )
        return shown.stdout

    def wait_for(self, pattern: str) -> None:
        until(lambda: re.search(pattern, self.screen), lambda: f"no {pattern!r} on\n{self.screen}")

    def has_ended(self) -> bool:
        return subprocess.run([*self._tmux, "has-session"], capture_output=True, check=False).returncode != 0

    def end(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)


def until(holds: Callable[[], object], complaint: Callable[[], str]) -> None:
    ends = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < ends, complaint()
        time.sleep(0.05)


@pytest.fixture
def terminal(kernel_tree: KernelTree, tmp_path: Path) -> Iterator[Terminal]:
    """The app, started by a user who never used it; only the kernel is there already."""
    command = Path(sys.executable).with_name("kmodlab")
    environment = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "XDG_CACHE_HOME": str(paths.cache().parent),
    }
    assert shutil.which("tmux"), "./lab test installs tmux"
    opened = Terminal(tmp_path / "tmux", environment, [str(command)])
    yield opened
    opened.end()


def test_from_the_first_start_to_the_second_lesson(terminal: Terminal, tmp_path: Path) -> None:
    first, second = catalog.load(catalog.shipped_folder()).lessons[:2]
    terminal.wait_for(first.title)
    terminal.wait_for(r"● .*ready")
    terminal.press("F3")
    terminal.press("F7", "Delete")  # all of the starter
    for line in first.solution()["hello.c"].decode().splitlines():
        terminal.type(line.removeprefix("\t"))  # the editor indents by itself
        terminal.press("Enter")
    terminal.press("F5")
    terminal.wait_for(r"✓ passed 10/10 points")
    terminal.press("F4", "n")
    terminal.wait_for(rf"kmodlab\s+{re.escape(second.title)}")
    terminal.press("C-q")
    until(terminal.has_ended, lambda: terminal.screen)
    saved = tmp_path / ".local/share/kmodlab"
    assert "Hello, kernel!" in "".join(path.read_text() for path in saved.glob("**/hello.c"))
