# SPDX-License-Identifier: MIT
"""The kernels in the user's cache. Most tests keep a made-up kernel in place of a fetched one."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Collection
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from kmodlab import settings
from kmodlab.errors import CancelledError, LabError, UsageError
from kmodlab.kernels import apt, compiler, local, store
from kmodlab.kernels.tree import KernelTree
from kmodlab.steps import Listener, Step, ignore

DEADLINE = 20.0


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def make_kernel(folder: Path, release: str) -> KernelTree:
    root = folder / "root"
    tree = KernelTree(
        release=release,
        architecture="x86_64",
        source="apt",
        compiler="gcc-12",
        image=root / "boot" / "vmlinuz",
        headers=root / "headers",
        modules=root / "modules",
        busybox=root / "busybox",
    )
    for path in (
        tree.image,
        tree.headers / "Makefile",
        tree.headers / ".config",
        tree.modules / "modules.order",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(release)
    tree.busybox.write_text("busybox")
    return tree


class Distribution:
    """A distribution whose newest kernel is `newest`; its downloads are counted."""

    def __init__(self, newest: str) -> None:
        self.newest = newest
        self.downloads = 0
        self.may_finish = threading.Event()
        self.may_finish.set()
        self.has_begun = threading.Event()

    def fetch(
        self,
        folder: Path,
        *,
        suite: str | None = None,
        have: Collection[str] = (),
        listen: Listener = ignore,
        cancel: threading.Event | None = None,
    ) -> KernelTree | str:
        if self.newest in have:
            return self.newest
        self.downloads += 1
        (folder / "packages").mkdir()
        self.has_begun.set()
        assert self.may_finish.wait(DEADLINE)
        if cancel is not None and cancel.is_set():
            raise CancelledError
        return make_kernel(folder, self.newest)


@pytest.fixture
def distribution(monkeypatch: pytest.MonkeyPatch) -> Distribution:
    distribution = Distribution("6.1.0-9-cloud-amd64")
    monkeypatch.setattr(apt, "fetch", distribution.fetch)
    return distribution


def releases() -> list[str]:
    return [tree.release for tree in store.installed()]


def test_a_fresh_cache_holds_no_kernel() -> None:
    assert store.installed() == ()
    assert store.chosen() is None


@pytest.fixture
def build_folder(home: Path) -> Path:
    """A folder in which a kernel was built, with all that the lab looks at."""
    folder = home / "linux"
    for name, text in {
        ".config": "\n".join(f"CONFIG_{name}=y" for name in (*local.NEEDED, *local.DRIVERS)),
        "include/config/kernel.release": "6.9.0-mine\n",
        "arch/x86/boot/bzImage": "image",
        "Module.symvers": "",
        "Makefile": "",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_a_kernel_that_was_built_is_used_where_it_stands(
    distribution: Distribution, build_folder: Path
) -> None:
    store.add()
    tree = store.add_built(build_folder)
    assert tree == store.chosen()
    assert tree.release == "6.9.0-mine"
    assert tree.image.read_text() == "image"
    assert tree.folders == (build_folder,)
    store.remove("6.1.0-9-cloud-amd64")
    assert store.chosen() == tree  # it does not need the kernel that its busybox came with
    store.remove("6.9.0-mine")
    assert (build_folder / ".config").exists()


def test_a_fetched_kernel_takes_the_place_of_a_folder_with_the_same_release(
    distribution: Distribution, build_folder: Path
) -> None:
    store.add()
    distribution.newest = "6.9.0-mine"
    store.add_built(build_folder)
    assert store.add().source == "apt"
    assert distribution.downloads == 2


@pytest.mark.parametrize("name", [".config", "arch/x86/boot/bzImage", "include/config/kernel.release"])
def test_a_folder_without_a_whole_kernel_is_a_wrong_use(
    distribution: Distribution, build_folder: Path, name: str
) -> None:
    store.add()
    (build_folder / name).unlink()
    with pytest.raises(UsageError, match=f"it holds no {name}"):
        store.add_built(build_folder)


def test_a_kernel_that_cannot_be_a_guest_is_told_what_it_lacks(
    distribution: Distribution, build_folder: Path
) -> None:
    store.add()
    config = build_folder / ".config"
    config.write_text(config.read_text().replace("CONFIG_DEVTMPFS=y", "# CONFIG_DEVTMPFS is not set"))
    with pytest.raises(LabError, match="it lacks CONFIG_DEVTMPFS") as caught:
        store.add_built(build_folder)
    assert "kernel add" in caught.value.hint


@pytest.fixture
def computer(build_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of a computer on which that kernel runs, as a distribution installs it."""
    root, release = home / "computer", "6.9.0-mine"
    (root / "boot").mkdir(parents=True)
    (root / "boot" / f"vmlinuz-{release}").write_text("image")
    (root / "lib/modules" / release).mkdir(parents=True)
    (root / "lib/modules" / release / "build").symlink_to(build_folder)
    monkeypatch.setattr(local, "running", partial(local.running, root=root))
    machine = os.uname()
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(release=release, machine=machine.machine))
    return root


def test_the_running_kernel_is_used_where_it_stands(distribution: Distribution, computer: Path) -> None:
    store.add()
    tree = store.add_running()
    assert (tree.release, tree.source) == ("6.9.0-mine", "host")
    assert tree.image == computer / "boot/vmlinuz-6.9.0-mine"


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("boot/vmlinuz-6.9.0-mine", "no image of the running kernel"),
        ("lib/modules/6.9.0-mine/build", "headers"),
    ],
)
def test_a_running_kernel_without_a_part_names_it(
    distribution: Distribution, computer: Path, part: str, message: str
) -> None:
    store.add()
    (computer / part).unlink()
    with pytest.raises(LabError, match=message):
        store.add_running()


def test_a_guest_without_busybox_says_how_to_get_one(
    build_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LabError, match="busybox") as caught:
        store.add_built(build_folder)
    assert "busybox-static" in caught.value.hint


def test_a_kernel_whose_compiler_is_missing_is_kept_and_not_chosen(
    distribution: Distribution, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add()
    distribution.newest = "6.12.0-1-cloud-amd64"
    monkeypatch.setattr(compiler, "find", lambda name: None)
    with pytest.raises(LabError, match="gcc-12") as caught:
        store.add()
    assert "kernel use 6.12.0-1-cloud-amd64" in caught.value.hint
    assert releases() == ["6.12.0-1-cloud-amd64", "6.1.0-9-cloud-amd64"]
    assert settings.load().kernel == "6.1.0-9-cloud-amd64"


def test_the_first_use_fetches_a_kernel_and_the_second_does_not(distribution: Distribution) -> None:
    first = store.ensure()
    assert store.ensure() == first
    assert distribution.downloads == 1
    assert first.image.read_text() == first.release
    assert all(path.is_absolute() for path in (first.image, first.headers, first.modules, first.busybox))


def test_nothing_but_the_kernel_is_kept(distribution: Distribution) -> None:
    store.ensure()
    (kept,) = (path for path in store.folder().iterdir() if path.name != ".lock")
    assert sorted(path.name for path in kept.iterdir()) == ["kernel.json", "root"]


def test_a_kernel_is_not_listed_once_a_file_of_it_has_gone(distribution: Distribution) -> None:
    tree = store.ensure()
    tree.image.unlink()
    assert store.installed() == ()
    assert store.ensure().image.exists()
    assert distribution.downloads == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "release": "x"}', "\0"])
def test_a_damaged_description_is_as_good_as_no_kernel(distribution: Distribution, text: str) -> None:
    tree = store.ensure()
    (store.folder() / tree.release / "kernel.json").write_text(text)
    assert store.installed() == ()
    assert store.ensure() == tree


def test_the_newest_is_chosen_until_the_user_chooses(distribution: Distribution) -> None:
    store.ensure()
    distribution.newest = "6.1.0-10-cloud-amd64"
    store.add()
    assert releases() == ["6.1.0-10-cloud-amd64", "6.1.0-9-cloud-amd64"]
    settings.change(kernel=None)
    assert store.ensure().release == "6.1.0-10-cloud-amd64"
    store.use("6.1.0-9-cloud-amd64")
    assert store.ensure().release == "6.1.0-9-cloud-amd64"


def test_adding_chooses_the_kernel_that_was_added(distribution: Distribution) -> None:
    store.add()
    distribution.newest = "5.10.0-1-cloud-amd64"
    assert store.add() == store.chosen()
    assert settings.load().kernel == "5.10.0-1-cloud-amd64"


def test_adding_what_is_there_fetches_nothing(distribution: Distribution) -> None:
    assert store.add() == store.add()
    assert distribution.downloads == 1


def test_a_removed_kernel_is_gone_and_another_is_chosen(distribution: Distribution) -> None:
    store.add()
    distribution.newest = "6.1.0-10-cloud-amd64"
    store.add()
    store.remove("6.1.0-10-cloud-amd64")
    assert releases() == ["6.1.0-9-cloud-amd64"]
    assert store.ensure().release == "6.1.0-9-cloud-amd64"
    assert sorted(path.name for path in store.folder().iterdir()) == [".lock", "6.1.0-9-cloud-amd64"]


def test_an_unknown_kernel_is_a_wrong_use_that_names_the_others(distribution: Distribution) -> None:
    with pytest.raises(UsageError, match=r"no kernel '7\.0'") as caught:
        store.use("7.0")
    assert "kmodlab kernel add" in caught.value.hint
    store.add()
    with pytest.raises(UsageError) as caught:
        store.remove("7.0")
    assert "6.1.0-9-cloud-amd64" in caught.value.hint


def test_the_cache_may_move(distribution: Distribution, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.ensure()
    (home / "cache").rename(home / "moved")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "moved"))
    assert store.ensure().image.is_relative_to(home / "moved")
    assert distribution.downloads == 1


def test_two_starts_at_once_fetch_one_kernel_and_the_second_says_that_it_waits(
    distribution: Distribution,
) -> None:
    distribution.may_finish.clear()
    steps: list[Step] = []
    trees: list[KernelTree] = []
    first = threading.Thread(target=lambda: trees.append(store.ensure()))
    first.start()
    assert distribution.has_begun.wait(DEADLINE)

    def listen(step: Step) -> None:
        steps.append(step)
        distribution.may_finish.set()

    trees.append(store.ensure(listen))
    first.join(DEADLINE)
    assert trees[0] == trees[1]
    assert distribution.downloads == 1
    assert steps == [Step("Waiting for another kmodlab that is busy with the kernels")]


def test_who_waits_can_cancel(distribution: Distribution) -> None:
    distribution.may_finish.clear()
    first = threading.Thread(target=store.ensure)
    first.start()
    assert distribution.has_begun.wait(DEADLINE)
    cancel = threading.Event()
    with pytest.raises(CancelledError):
        store.ensure(lambda step: cancel.set(), cancel)
    distribution.may_finish.set()
    first.join(DEADLINE)


def test_a_cancelled_fetch_leaves_nothing(distribution: Distribution) -> None:
    cancel = threading.Event()
    distribution.has_begun.set = cancel.set  # type: ignore[method-assign]
    with pytest.raises(CancelledError):
        store.ensure(cancel=cancel)
    assert distribution.downloads == 1
    assert [path.name for path in store.folder().iterdir()] == [".lock"]


def test_a_fetch_that_is_killed_leaves_nothing_usable_and_the_next_one_sweeps(
    distribution: Distribution, tmp_path: Path
) -> None:
    script = """
import os, sys, time
from kmodlab.kernels import apt, store
def fetch(folder, **options):
    (folder / "root").mkdir()
    print("begun", flush=True)
    time.sleep(60)
apt.fetch = fetch
store.ensure()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        os.kill(process.pid, signal.SIGKILL)
    assert list(store.folder().glob(".new-*"))
    assert store.installed() == ()
    store.ensure()
    assert not list(store.folder().glob(".new-*"))


def test_the_description_names_paths_below_its_own_folder(distribution: Distribution) -> None:
    tree = store.ensure()
    fields = json.loads((store.folder() / tree.release / "kernel.json").read_text())
    assert fields["image"] == "root/boot/vmlinuz"
    assert fields["format"] == 1


def test_a_cache_that_cannot_be_written_is_named(distribution: Distribution, home: Path) -> None:
    (home / "cache").write_text("a file stands where the folder belongs")
    with pytest.raises(LabError, match="cannot be made") as caught:
        store.ensure()
    assert "XDG_CACHE_HOME" in caught.value.hint


def test_the_distribution_of_this_machine_gives_a_whole_kernel() -> None:
    tree = store.ensure()
    assert tree.config()["MODULES"] == "y"
    assert (tree.headers / "Module.symvers").exists()
    assert (tree.modules / "modules.order").exists()
    assert tree.compiler.startswith("gcc")
    assert store.installed() == (tree,)
