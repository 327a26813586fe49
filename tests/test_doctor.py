# SPDX-License-Identifier: MIT
"""What the doctor finds, and what it advises."""

import os
import subprocess
from pathlib import Path

import pytest

from kmodlab import doctor, settings
from kmodlab.doctor import Need, Tool
from kmodlab.errors import LabError
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines.accelerator import Accelerator

GIGABYTE = 1_000_000_000


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing in it but what a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(doctor, "SYSTEM_FOLDERS", "")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return folder


def put(folder: Path, name: str, text: str = "#!/bin/sh\n") -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def test_this_computer_is_fit_to_run_these_tests(kernel_tree: KernelTree) -> None:
    needs = list(doctor.examine())
    assert doctor.is_fit(needs), [need for need in needs if need.state == "missing"]
    assert len({need.name for need in needs}) == len(needs)
    assert needs[-1].name == "machine"
    assert needs[-1].text.startswith("A machine starts")


def test_a_program_tells_its_version(commands: Path) -> None:
    put(commands, "make", "#!/bin/sh\necho GNU Make 4.3\necho more\n")
    assert doctor.program(Tool("make", "builds")) == Need("make", "ok", "GNU Make 4.3")


def test_a_program_without_a_version_tells_its_place(commands: Path) -> None:
    put(commands, "make", "#!/bin/sh\nexit 1\n")
    assert doctor.program(Tool("make", "builds")).text == str(commands / "make")


@pytest.mark.parametrize(
    ("manager", "fix"),
    [
        ("apt-get", "sudo apt-get install qemu-system-x86"),
        ("dnf", "sudo dnf install qemu-system-x86-core"),
        ("pacman", "sudo pacman -S qemu-system-x86"),
        ("zypper", "sudo zypper install qemu-x86"),
    ],
)
def test_a_missing_program_comes_with_the_command_that_installs_it(
    commands: Path, manager: str, fix: str
) -> None:
    put(commands, manager)
    need = doctor.program(doctor.QEMU)
    assert need.state == "missing"
    assert need.fix == fix


def test_root_needs_no_sudo(commands: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(commands, "apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert doctor.install_command({}, "make") == "apt-get install make"


def test_an_unknown_system_is_told_the_name(commands: Path) -> None:
    assert doctor.install_command({}, "make") == "Install make with your system's package manager."


def test_a_missing_library_is_missed(commands: Path) -> None:
    assert doctor.library(Tool("libnone.so.9", "does nothing")).state == "missing"


def test_the_compiler_has_to_be_the_one_that_built_the_kernel(commands: Path) -> None:
    put(commands, "apt-get")
    put(commands, "gcc")
    need = doctor.compiler("gcc-12")
    assert need.state == "missing"
    assert "gcc-12" in need.text
    assert need.fix == "sudo apt-get install gcc-12"
    put(commands, "gcc-12", "#!/bin/sh\necho gcc-12 12.2.0\n")
    assert doctor.compiler("gcc-12") == Need("compiler", "ok", "gcc-12 12.2.0")


def test_without_a_kernel_any_gcc_will_do(commands: Path) -> None:
    put(commands, "dnf")
    assert doctor.compiler(None).fix == "sudo dnf install gcc"
    put(commands, "gcc", "#!/bin/sh\necho gcc 13\n")
    assert doctor.compiler(None).state == "ok"


def test_a_compiler_without_a_static_c_library_is_found_out(commands: Path) -> None:
    put(commands, "apt-get")
    put(commands, "gcc", "#!/bin/sh\necho libc.a\n")
    assert doctor.static_library("gcc").fix == "sudo apt-get install libc6-dev"
    put(commands, "gcc", "#!/bin/sh\necho /usr/lib/libc.a\n")
    assert doctor.static_library("gcc").state == "ok"
    (commands / "gcc").unlink()
    assert doctor.static_library("gcc").state == "missing"


@pytest.mark.parametrize(
    ("is_installed", "works", "state"),
    [(False, False, "warning"), (True, False, "warning"), (True, True, "ok")],
)
def test_a_sandbox_counts_only_when_it_works(is_installed: bool, works: bool, state: str) -> None:
    need = doctor.walls(is_installed, lambda: works)
    assert need.state == state
    assert (need.fix is None) == works


def test_without_a_kernel_the_fix_is_to_fetch_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    tree, need = doctor.kernel()
    assert tree is None
    assert need.state == "warning"  # the first check fetches one
    assert need.fix == "kmodlab kernel add"


def test_damaged_settings_are_a_finding_and_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    settings.path().parent.mkdir(parents=True)
    settings.path().write_text("kernel = ")
    _, need = doctor.kernel()
    assert need.state == "missing"
    assert str(settings.path()) in need.text


def test_a_machine_that_does_not_start_says_why(kernel_tree: KernelTree) -> None:
    def fail(tree: KernelTree) -> None:
        raise LabError("It does not boot.", hint="Do this.")

    assert doctor.machine(kernel_tree, fail) == Need("machine", "missing", "It does not boot.", "Do this.")


def test_the_reason_for_running_in_software_is_told() -> None:
    need = doctor.acceleration(Accelerator("tcg", "This computer offers no /dev/kvm."))
    assert need.state == "ok"
    assert "in software" in need.text
    assert "no /dev/kvm" in need.text


def test_a_cache_without_room_or_rights_is_a_finding(tmp_path: Path) -> None:
    assert doctor.disk(tmp_path, 2 * GIGABYTE, True).state == "ok"
    assert doctor.disk(tmp_path, GIGABYTE // 2, True).state == "warning"
    need = doctor.disk(tmp_path, 2 * GIGABYTE, False)
    assert need.state == "missing"
    assert "XDG_CACHE_HOME" in (need.fix or "")


def test_room_is_measured_where_the_cache_will_be(tmp_path: Path) -> None:
    folder, free, is_writable = doctor.room(tmp_path / "not" / "yet" / "there")
    assert folder == tmp_path / "not" / "yet" / "there"
    assert free > 0
    assert is_writable


@pytest.mark.parametrize(("kibibytes", "state"), [(4_000_000, "ok"), (500_000, "warning")])
def test_memory_is_what_the_kernel_calls_available(kibibytes: int, state: str) -> None:
    meminfo = (
        f"MemTotal:       16000000 kB\nMemFree: 1 kB\nMemAvailable:   {kibibytes} kB\nHugePages_Total:  0\n"
    )
    assert doctor.memory(meminfo).state == state


@pytest.mark.parametrize(
    ("size", "kind", "encoding", "state"),
    [
        ((80, 24), "xterm-256color", "utf-8", "ok"),
        ((79, 24), "xterm-256color", "utf-8", "warning"),
        ((80, 23), "xterm-256color", "utf-8", "warning"),
        ((80, 24), "dumb", "utf-8", "warning"),
        ((80, 24), "", "utf-8", "warning"),
        ((80, 24), "linux", "iso8859-1", "warning"),
    ],
)
def test_a_terminal_is_judged_by_size_colours_and_characters(
    size: tuple[int, int], kind: str, encoding: str, state: str
) -> None:
    need = doctor.terminal(True, size, {"TERM": kind} if kind else {}, encoding)
    assert need.state == state
    assert (need.fix is None) == (state == "ok")


def test_no_terminal_is_no_fault() -> None:
    assert doctor.terminal(False, (80, 24), {}, "ascii").state == "ok"


def test_wsl_and_containers_without_kvm_get_a_note(tmp_path: Path) -> None:
    assert list(doctor.surroundings("6.1.0-56-cloud-amd64", tmp_path)) == []
    (tmp_path / ".dockerenv").touch()
    notes = list(doctor.surroundings("5.15.90.1-microsoft-standard-WSL2", tmp_path))
    assert [note.name for note in notes] == ["WSL", "container"]
    assert doctor.is_fit(notes)
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "kvm").touch()
    assert list(doctor.surroundings("5.15.90.1-microsoft-standard-WSL2", tmp_path)) == []


def test_the_first_wsl_has_no_kernel_to_run_machines_with(tmp_path: Path) -> None:
    (note,) = doctor.surroundings("4.4.0-19041-Microsoft", tmp_path)
    assert note.state == "missing"
    assert note.fix is not None
    assert "--set-version" in note.fix


def test_a_locked_down_kernel_is_no_obstacle(tmp_path: Path) -> None:
    lockdown = tmp_path / "sys/kernel/security/lockdown"
    lockdown.parent.mkdir(parents=True)
    lockdown.write_text("[none] integrity confidentiality\n")
    assert list(doctor.surroundings("6.1.0", tmp_path)) == []
    lockdown.write_text("none [integrity] confidentiality\n")
    (note,) = doctor.surroundings("6.1.0", tmp_path)
    assert note.state == "ok"


def test_another_architecture_is_told_what_works_there() -> None:
    assert list(doctor.architecture("x86_64")) == []
    (note,) = doctor.architecture("aarch64")
    assert note.state == "missing"
    assert "lessons can be read" in note.text


def test_a_newer_compiler_serves_too(commands: Path) -> None:
    put(commands, "gcc", "#!/bin/sh\necho 14\n")
    assert doctor.compiler("gcc-10") == Need("compiler", "ok", "14")
    assert doctor.compiler("gcc-15").state == "missing"


def test_the_set_up_script_installs_the_same_packages() -> None:
    script = (Path(__file__).parent.parent / "lab").read_text()
    functions = script.split("package_of()")[1].split("\n}\n")[0]
    for tool in (*doctor.TOOLS, doctor.BUBBLEWRAP):
        for manager in doctor.PACKAGE_MANAGERS:
            asked = subprocess.run(
                ["sh", "-c", f"package_of() {functions}\n}}\npackage_of {manager} {tool.program}"],
                capture_output=True,
                text=True,
                check=True,
            )
            assert asked.stdout.strip() == tool.packages.get(manager, tool.program)
