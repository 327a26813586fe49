# SPDX-License-Identifier: MIT
"""Building the strict kernel with the real apt and make, from the source of a kernel that is made up."""

import io
import signal
import subprocess
import sys
import tarfile
import threading
import time
from pathlib import Path

import psutil
import pytest
from apt_archive import DEADLINE, Archive

from kmodlab import settings
from kmodlab.cli.main import run
from kmodlab.errors import CancelledError, LabError
from kmodlab.kernels import debian, room, store, strict
from kmodlab.steps import Step

MAKEFILE = """\
allnoconfig:
	cp $(KCONFIG_ALLCONFIG) .config
all: one.o two.o
	@mkdir -p arch/x86/boot include/config tools/objtool
	cp mm/kmemleak.c arch/x86/boot/bzImage
	echo 6.1.7-strict >include/config/kernel.release
	touch Module.symvers tools/objtool/objtool tools/objtool/other include/left.o
one.o:
	@echo '  CC      one.o'; echo one >>made; touch one.o
two.o: one.o
	@echo '  CC      two.o'; until [ -e gate ]; do sleep 0.02; done; echo two >>made; touch two.o
"""
SOURCE = {
    "Makefile": MAKEFILE,
    "gate": "",
    "mm/kmemleak.c": "#define MSECS_MIN_AGE 5000\n",
    "include/linux/kernel.h": "",
    "scripts/tool": "",
    "arch/x86/Makefile": "",
    "arch/x86/include/asm.h": "",
    "arch/arm/Makefile": "",
    "drivers/gpu/big.c": "",
    "drivers/gpu/Kconfig": "",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(strict, "ROOM", 0)
    return tmp_path


def tarball(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"linux-source-6.1/{name}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


def stock(archive: Archive, **changes: str) -> None:
    """Have the archive offer a kernel, and the source of one."""
    archive.add("busybox-static", {"bin/busybox": "busybox"})
    archive.add_kernel("6.1.0-1-cloud-amd64")
    archive.add("linux-source", {}, "linux-source-6.1")
    content = tarball({**SOURCE, **changes})
    archive.add("linux-source-6.1", {"usr/src/linux-source-6.1.tar.xz": content}, "binutils, xz-utils")
    archive.add("flex", {}, "libc6, m4")
    archive.add("bison", {}, "m4, libc6")
    archive.add("m4", {})
    archive.add("libelf-dev", {}, "libelf1 (= 1), zlib1g-dev")
    archive.add("libelf1", {}, "libc6")
    archive.publish()


def made() -> list[str]:
    [found] = (store.paths.cache() / "strict").glob("*/source/made")
    return found.read_text().split()


def test_a_strict_kernel_takes_its_source_and_tools_that_modules_do_without() -> None:
    def package(name: str, *depends: str) -> debian.Package:
        return debian.Package(name, "6.1.7-1", depends, size=1, unpacked_size=1)

    known = [
        package("linux-source", "linux-source-6.1"),
        package("linux-source-6.1", "binutils", "xz-utils"),
        package("flex", "libc6", "m4"),
        package("bison", "m4", "libc6"),
        package("m4", "libc6", "libsigsegv2"),
        package("libsigsegv2", "libc6"),
        package("libelf-dev", "libelf1t64", "zlib1g-dev"),
        package("libelf1t64", "libc6"),
    ]
    by_name = {package.name: package for package in known}
    plan = debian.source_plan(lambda names: {name: by_name[name] for name in names if name in by_name})
    assert plan is not None
    assert plan.release == "6.1.7-1"
    assert {package.name for package in plan.packages} == by_name.keys() - {"linux-source"}


def test_without_one_the_command_that_makes_one_is_named() -> None:
    with pytest.raises(LabError, match="no strict kernel yet") as raised:
        store.strict()
    assert "kmodlab kernel build --strict" in raised.value.hint


def test_what_stays_of_a_build_is_what_modules_and_machines_need(archive: Archive, home: Path) -> None:
    stock(archive)
    tree = store.build_strict()
    assert (tree.release, tree.source) == ("6.1.7-strict", "build")
    assert tree.busybox.read_text() == "busybox"
    assert tree.image.read_text() == "#define MSECS_MIN_AGE 0\n"
    assert tree.config()["KASAN"] == "y"
    kept = {str(path.relative_to(tree.headers)) for path in tree.headers.rglob("*") if path.is_file()}
    assert {"arch/x86/include/asm.h", "include/linux/kernel.h", "scripts/tool"} <= kept
    assert "tools/objtool/objtool" in kept
    assert not kept & {"arch/arm/Makefile", "include/left.o", "tools/objtool/other", "one.o"}
    assert [path.name for path in (home / "cache/kmodlab/strict").iterdir()] == [".lock"]


def test_it_is_there_beside_the_kernel_in_use_and_never_the_default(archive: Archive) -> None:
    stock(archive)
    tree = store.build_strict()
    assert tree == store.strict()
    assert tree in store.installed()
    chosen = store.chosen()
    assert chosen is not None
    assert chosen.release == "6.1.0-1-cloud-amd64"
    assert settings.load().kernel is None
    store.remove(chosen.release)
    assert store.chosen() is None


def test_it_is_built_once(archive: Archive) -> None:
    stock(archive)
    tree = store.build_strict()
    told: list[Step] = []
    assert store.build_strict(told.append) == tree
    assert not any(step.text.startswith(("Downloading", "Building")) for step in told)


def test_a_build_that_was_cut_short_goes_on(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    stock(archive)
    unpack = strict._unpack

    def unpack_without_gate(*words: object) -> None:
        unpack(*words)  # type: ignore[arg-type]
        for gate in store.paths.cache().glob("strict/*/source/gate"):
            gate.unlink()

    monkeypatch.setattr(strict, "_unpack", unpack_without_gate)
    cancel = threading.Event()

    def cancel_while_building(step: Step) -> None:
        if step.text.startswith("Building") and step.fraction and step.fraction >= 2 / strict.LINES:
            cancel.set()

    with pytest.raises(CancelledError):
        store.build_strict(cancel_while_building, cancel)
    assert made() == ["one"]
    [source] = store.paths.cache().glob("strict/*/source")
    (source / "gate").touch()
    told: list[Step] = []
    monkeypatch.setattr(store.strict_kernel, "install", lambda built, home, base: _stop(built))
    with pytest.raises(LabError, match="enough"):
        store.build_strict(told.append)
    assert made() == ["one", "two"]
    assert not any(step.text.startswith(("Downloading", "Unpacking")) for step in told)


def test_ctrl_c_leaves_no_process_and_says_that_it_goes_on(archive: Archive, home: Path) -> None:
    stock(archive, Makefile=MAKEFILE.replace("until [ -e gate ]", "until false"))
    process = subprocess.Popen(
        [sys.executable, "-m", "kmodlab", "kernel", "build", "--strict"], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + DEADLINE
    while not list(home.glob("cache/kmodlab/strict/*/source/made")):
        assert time.monotonic() < deadline, "it never began to build"
        time.sleep(0.02)
    builders = psutil.Process(process.pid).children(recursive=True)
    assert "make" in [builder.name() for builder in builders]
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=DEADLINE)
    assert process.returncode != 0
    assert "What is built is kept; the same command goes on from there." in said
    assert "Traceback" not in said
    assert psutil.wait_procs(builders, timeout=DEADLINE)[1] == []


def _stop(built: strict.Built) -> None:
    raise LabError("That is enough.", hint="")


def test_what_the_compiler_complains_of_is_told(archive: Archive, home: Path) -> None:
    broken = MAKEFILE.replace(
        "all: one.o", "all:\n\t@echo 'init/main.c:3:1: error: no luck' >&2; exit 1\nx: one.o"
    )
    stock(archive, Makefile=broken)
    with pytest.raises(LabError, match=r"could not be built: init/main\.c:3:1: error: no luck\.") as raised:
        store.build_strict()
    assert "goes on where it stopped" in raised.value.hint
    assert list((home / "cache/kmodlab/strict").glob("*/make.log"))


def test_an_option_that_has_no_effect_is_told_before_anything_is_built(archive: Archive) -> None:
    stock(
        archive, Makefile=MAKEFILE.replace("cp $(KCONFIG_ALLCONFIG)", "sed /KASAN=/d $(KCONFIG_ALLCONFIG) >")
    )
    with pytest.raises(LabError, match="does not know CONFIG_KASAN"):
        store.build_strict()


def test_a_distribution_without_source_packages_is_told_so(archive: Archive) -> None:
    archive.add("busybox-static", {"bin/busybox": "busybox"})
    archive.add_kernel("6.1.0-1-cloud-amd64")
    archive.publish()
    with pytest.raises(LabError, match="no package linux-source-… is known"):
        store.build_strict()


def test_without_apt_another_way_is_named(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stock(archive)
    base = store.ensure()
    monkeypatch.setattr(strict.apt, "is_here", lambda: False)
    with pytest.raises(LabError, match="has no apt") as raised:
        strict.build(tmp_path, base, None)
    assert "--tree" in raised.value.hint


def test_too_little_room_is_told_before_anything_is_downloaded(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock(archive)
    store.ensure()
    monkeypatch.setattr(strict, "ROOM", 1 << 60)
    told: list[Step] = []
    with pytest.raises(LabError, match="MB are free") as raised:
        store.build_strict(told.append)
    assert raised.value.hint == room.HINT
    assert not any(step.text.startswith("Downloading") for step in told)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["check", "hello", "--strict", "--from", "FILES"], 3, "no strict kernel yet"),
        (["grade", "FILES/class", "--strict", "-o", "OUT"], 3, "no strict kernel yet"),
        (["pack", "verify", "--strict"], 3, "no strict kernel yet"),
        (["run", "FILES/hello.c", "--strict"], 3, "no strict kernel yet"),
        (["check", "hello", "--strict", "--machine", "sh", "--from", "FILES"], 2, "has its own kernel"),
        (["kernel", "build"], 2, "Say what to build"),
    ],
)
def test_whoever_asks_for_it_before_there_is_one_is_told_how_to_get_it(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, said: str
) -> None:
    files = home / "files"
    for path in (files / "hello.c", files / "class/ann/hello/hello.c"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    places = {"FILES": str(files), "OUT": str(home / "out")}
    for name, place in places.items():
        arguments = [word.replace(name, place) for word in arguments]
    assert run(arguments, start_app=lambda: 1) == status
    captured = capsys.readouterr()
    assert said in captured.err
    assert not captured.out
