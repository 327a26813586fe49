# SPDX-License-Identifier: MIT
"""What a computer can lack, and what a user can do to the command: one sentence, the next step, nothing left behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from kmodlab import paths
from kmodlab.kernels.tree import KernelTree

KMODLAB = str(Path(sys.executable).with_name("kmodlab"))
NO_NETWORK = """
Acquire::http::Proxy "http://127.0.0.1:9";
Acquire::https::Proxy "http://127.0.0.1:9";
Acquire::Retries "0";
"""


@pytest.fixture
def home(tmp_path: Path, kernel_tree: KernelTree) -> dict[str, str]:
    """The environment of a new user who has the kernel already."""
    cache = tmp_path / "cache/kmodlab"
    cache.mkdir(parents=True)
    (cache / "kernels").symlink_to(paths.cache() / "kernels")
    known = paths.cache() / "accelerator.json"
    if known.exists():  # whether KVM works here takes seconds to find out; test_template.py does
        shutil.copy(known, cache)
    (tmp_path / "tmp").mkdir()
    return os.environ | {
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "TMPDIR": str(tmp_path / "tmp"),
    }


def kmodlab(home: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [KMODLAB, *words], env=home, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )


def complaint(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """The sentence and the next step, which are all that is said."""
    assert "Traceback" not in done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    first = next(number for number, line in enumerate(lines) if line.startswith("kmodlab: "))
    assert len(lines) == first + 2, lines
    return lines[first], lines[first + 1].strip()


def without(folder: Path, *tools: str) -> str:
    """A PATH on which everything is but `tools`."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for program in Path(place).glob("*") if Path(place).is_dir() else ():
            link = folder / program.name
            if program.name not in tools and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


@pytest.mark.parametrize(
    ("tool", "sentence", "package"),
    [
        ("qemu-system-x86_64", "QEMU is missing", "qemu-system-x86"),
        ("make", "make is missing", "make"),
        ("gcc-12", "gcc-12 is missing", "gcc-12"),
    ],
)
def test_a_missing_tool_is_named_with_its_package(
    home: dict[str, str], tmp_path: Path, kernel_tree: KernelTree, tool: str, sentence: str, package: str
) -> None:
    tools = [tool]
    if tool.startswith("gcc"):
        tools = [kernel_tree.compiler, "gcc"]  # the second serves, too, when it is not older
        sentence, package = (text.replace("gcc-12", kernel_tree.compiler) for text in (sentence, package))
    done = kmodlab(home | {"PATH": without(tmp_path / "bin", *tools)}, "check", "hello")
    said, step = complaint(done)
    assert done.returncode == 3
    assert sentence in said
    assert package in step


def test_without_kernel_and_network_the_next_step_is_told(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "apt.conf").write_text(NO_NETWORK)
    offline = home | {"XDG_CACHE_HOME": str(tmp_path / "empty"), "APT_CONFIG": str(tmp_path / "apt.conf")}
    done = kmodlab(offline, "check", "hello")
    said, step = complaint(done)
    assert done.returncode == 3
    assert "network" in said + step
    assert list((tmp_path / "empty/kmodlab/kernels").glob(".new-*")) == []


def test_a_cache_that_cannot_be_written_is_named(home: dict[str, str]) -> None:
    done = kmodlab(home | {"XDG_CACHE_HOME": "/sys"}, "check", "hello")
    said, step = complaint(done)
    assert done.returncode == 3
    assert "/sys/kmodlab" in said
    assert "XDG_CACHE_HOME" in step


IN_SMALL_FILE_SYSTEM = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
can_mount = (
    subprocess.run([*IN_SMALL_FILE_SYSTEM, "mount -t tmpfs none /mnt"], capture_output=True).returncode == 0
)


@pytest.mark.skipif(not can_mount, reason="no file system can be mounted here without being root")
@pytest.mark.parametrize(("size", "works"), [("4m", False), ("30m", True)])
def test_a_full_cache_is_told_or_done_without(
    home: dict[str, str], tmp_path: Path, size: str, works: bool
) -> None:
    """In 4 MB not even the guest fits; in 30 MB all does but the kept template."""
    full = tmp_path / "full"
    full.mkdir()
    kernels = paths.cache() / "kernels"
    script = (
        f"mount -t tmpfs -o size={size} none {full} && mkdir {full}/kmodlab && "
        f"ln -s {kernels} {full}/kmodlab/kernels && exec {KMODLAB} check hello"
    )
    done = subprocess.run(
        [*IN_SMALL_FILE_SYSTEM, script],
        env=home | {"XDG_CACHE_HOME": str(full)},
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    if works:
        assert done.returncode == 1, done.stderr  # the starter does not pass
    else:
        said, step = complaint(done)
        assert done.returncode == 3
        assert "No space left" in said
        assert "Free some space" in step


def test_a_lesson_with_an_error_is_named_with_file_key_and_reason(
    home: dict[str, str], tmp_path: Path
) -> None:
    lesson = tmp_path / "mypack/lessons/one/lesson.toml"
    lesson.parent.mkdir(parents=True)
    (tmp_path / "mypack/pack.toml").write_text(
        'format = 1\nid = "mine"\ntitle = "Mine"\nversion = "1"\nlessons = ["one"]\n'
    )
    lesson.write_text(
        'format = 1\nid = "one"\ntitle = "One"\nminutes = "many"\nmodules = ["m"]\nfiles = ["m.c"]\n'
    )
    done = kmodlab(home, "pack", "verify", str(tmp_path / "mypack"))
    said, _ = complaint(done)
    assert done.returncode == 3
    assert str(lesson) in said
    assert "minutes" in said
    assert "integer" in said


def test_two_at_once_do_not_disturb_each_other(home: dict[str, str]) -> None:
    both = [
        subprocess.Popen([KMODLAB, "check", "hello", "--format", "json"], env=home, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in both:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 1  # the starter does not pass
        assert json.loads(output)["outcome"] == "fail"


@pytest.mark.parametrize("moment", [0.05, 0.3, 0.8, 1.5, 3.0, 6.0])
def test_ctrl_c_at_any_moment_leaves_nothing_behind(
    home: dict[str, str], tmp_path: Path, moment: float
) -> None:
    process = subprocess.Popen(
        [KMODLAB, "watch", "hello"],
        env=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    ends = time.monotonic() + moment
    children: set[psutil.Process] = set()
    while time.monotonic() < ends:
        children |= set(psutil.Process(process.pid).children(recursive=True))
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=20)
    assert process.returncode in (0, 130, -signal.SIGINT)
    assert "Traceback" not in output + errors
    _, alive = psutil.wait_procs(list(children), timeout=5)
    assert alive == []
    assert list((tmp_path / "tmp").iterdir()) == []
    builds = tmp_path / "cache/kmodlab/builds"
    assert not builds.exists() or list(builds.iterdir()) == []
    assert list((tmp_path / "cache/kmodlab").glob("*/.new-*")) == []
