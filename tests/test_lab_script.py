# SPDX-License-Identifier: MIT
"""The set-up script, in a checkout of its own on a machine that the test puts together from single commands.

Python and the package managers are stand-ins that note how they were called; the shell and what it uses are real.
"""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from lab_script import DEADLINE, MANAGER, PYTHON, SCRIPT, Machine, made_machine

machine = pytest.fixture(made_machine, name="machine")

ON_ALL_CORES = "-n auto --maxprocesses 4 --dist worksteal"


def as_root(machine: Machine) -> None:
    machine.put("id", "#!/bin/sh\necho 0\n")


def wait_for(machine: Machine, text: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not machine.noted(text):
        assert time.monotonic() < deadline, f"{text} never came"
        time.sleep(0.02)


def test_the_script_is_clean_shell() -> None:
    subprocess.run(["shellcheck", SCRIPT, SCRIPT.parent / ".ci" / "run"], check=True)


def test_the_first_start_sets_up_and_runs_the_command(machine: Machine) -> None:
    done = machine.lab("check", "hello", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "kmodlab:check hello --format json\n"
    assert "Making a Python environment" in done.stderr
    assert "Installing Python packages" in done.stderr
    assert machine.noted(f"--editable {machine.checkout}") == 1


def test_the_second_start_sets_nothing_up_and_says_nothing(machine: Machine) -> None:
    machine.lab("--help")
    machine.notes.unlink()
    done = machine.lab("--help")
    assert done.stdout == "kmodlab:--help\n"
    assert done.stderr == ""
    assert not machine.notes.exists()


def test_changed_dependencies_are_installed(machine: Machine) -> None:
    machine.lab("--help")
    (machine.checkout / "pyproject.toml").write_text("[project]\ndependencies = []\n")
    machine.lab("--help")
    assert machine.noted("-m venv") == 1
    assert machine.noted("-m pip install") == 2


def test_a_checkout_that_moved_is_set_up_again(machine: Machine) -> None:
    machine.lab("--help")
    machine.checkout = machine.checkout.rename(machine.checkout.with_name("moved"))
    machine.lab("--help")
    assert machine.noted(f"--editable {machine.checkout}") == 1


def test_a_broken_environment_is_made_again(machine: Machine) -> None:
    machine.lab("--help")
    (machine.checkout / ".venv" / "bin" / "broken").touch()
    (machine.checkout / ".venv" / "ready").unlink()
    assert machine.lab("--help").returncode == 0
    assert machine.noted("-m venv") == 2


def test_a_set_up_that_was_killed_is_done_again_from_the_start(machine: Machine) -> None:
    Path(machine.environment["HANG"]).touch()
    with machine.start("--help") as process:
        wait_for(machine, "-m pip install")
        os.killpg(process.pid, signal.SIGKILL)
    Path(machine.environment["HANG"]).unlink()
    done = machine.lab("--help")
    assert done.stdout == "kmodlab:--help\n"
    assert machine.noted("-m venv") == 2


def test_two_starts_at_once_set_up_once(machine: Machine) -> None:
    hang = Path(machine.environment["HANG"])
    hang.touch()
    with machine.start("list") as first:
        wait_for(machine, "-m pip install")
        with machine.start("list") as second:
            assert second.stderr is not None
            assert "waiting for it" in second.stderr.readline()
            hang.unlink()
            assert second.communicate(timeout=DEADLINE)[0] == "kmodlab:list\n"
        assert first.communicate(timeout=DEADLINE)[0] == "kmodlab:list\n"
    assert machine.noted("-m pip install") == 1


def test_ctrl_c_ends_the_set_up_and_its_processes(machine: Machine) -> None:
    Path(machine.environment["HANG"]).touch()
    with machine.start("list") as process:
        wait_for(machine, "-m pip install")
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(DEADLINE) == 130
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.parametrize(
    ("pip_says", "reason"),
    [
        ("NewConnectionError: Temporary failure in name resolution", "the network cannot be reached"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("something else", "could not be installed."),
    ],
)
def test_pip_that_fails_is_one_sentence_and_one_step(machine: Machine, pip_says: str, reason: str) -> None:
    done = machine.lab("list", PIP_SAYS=pip_says)
    assert done.returncode == 3
    assert done.stdout == ""
    *_, sentence, step = done.stderr.splitlines()
    assert sentence.startswith("lab: The Python packages could not be installed")
    assert reason in sentence
    (log,) = Path(machine.environment["HOME"]).rglob("setup.log")
    assert str(log) in step
    assert pip_says in log.read_text()


def test_without_arguments_and_without_a_terminal_it_says_how_to_go_without(machine: Machine) -> None:
    done = machine.lab()
    assert done.returncode == 2
    assert "./lab check hello" in done.stderr
    assert not machine.notes.exists()


def test_a_python_that_is_too_old_is_passed_over(machine: Machine) -> None:
    machine.put("python3", "#!/bin/sh\nexit 1\n")
    machine.put("python3.12", PYTHON)
    assert machine.lab("list").stdout == "kmodlab:list\n"


def test_commands_that_need_no_machine_do_without_the_system_tools(machine: Machine) -> None:
    machine.lack("qemu-system-x86_64", "bwrap")
    assert machine.lab("doctor").stdout == "kmodlab:doctor\n"


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "install -y --no-install-recommends bubblewrap qemu-system-x86"),
        ("dnf", "sudo dnf install -y bubblewrap qemu-system-x86-core"),
        ("pacman", "sudo pacman -S --needed --noconfirm bubblewrap qemu-system-x86"),
        ("zypper", "sudo zypper --non-interactive install --no-recommends bubblewrap qemu-x86"),
    ],
)
def test_an_ordinary_user_is_told_the_command(machine: Machine, manager: str, command: str) -> None:
    machine.lack("qemu-system-x86_64", "bwrap")
    machine.put(manager, MANAGER)
    done = machine.lab("check", "hello")
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.rstrip().endswith(command)
    assert not machine.noted(manager)


def test_root_gets_the_packages_installed(machine: Machine) -> None:
    as_root(machine)
    machine.lack("qemu-system-x86_64", "bwrap", "tmux")
    machine.put("apt-get", MANAGER)
    done = machine.lab("check", "hello", INSTALLS="qemu-system-x86_64 bwrap")
    assert done.stdout == "kmodlab:check hello\n"
    assert machine.noted("update") == 1
    assert machine.noted("install -y --no-install-recommends bubblewrap qemu-system-x86") == 1


def test_packages_that_bring_nothing_are_reported(machine: Machine) -> None:
    as_root(machine)
    machine.lack("bwrap")
    machine.put("apt-get", MANAGER)
    done = machine.lab("check", "hello")
    assert done.returncode == 3
    assert "Still missing: bwrap." in done.stderr


@pytest.mark.parametrize(
    ("manager", "packages"),
    [
        (
            "apt-get",
            "createrepo-c dnf dnf-plugins-core dropbear-bin gpg gpg-agent openssh-client rpm shellcheck tmux",
        ),
        (
            "dnf",
            "/usr/bin/gpg /usr/bin/gpg-agent ShellCheck createrepo_c dropbear openssh-clients rpm-build rpm-sign tmux",
        ),
        ("pacman", "dropbear openssh shellcheck tmux"),  # a dnf would be taken for the manager the next time
        ("zypper", "ShellCheck dropbear openssh-clients tmux"),
    ],
)
def test_the_tests_bring_their_own_tools(machine: Machine, manager: str, packages: str) -> None:
    machine.lack("tmux", "shellcheck", "ssh", "dropbearkey")
    machine.put(manager, MANAGER)
    done = machine.lab("test")
    assert done.returncode == 3
    assert re.search(rf" -\S+ {re.escape(packages)}$", done.stderr.rstrip())


def test_the_tests_of_dnf_want_no_more_than_is_missing(machine: Machine) -> None:
    as_root(machine)
    machine.put("apt-get", MANAGER)
    for name in ("rpmbuild", "rpmsign", "gpg", "gpg-agent"):
        machine.put(name)
    for name in ("ruff", "mypy", "pytest", "python"):
        machine.put(name)
    assert machine.lab("test", INSTALLS="dnf createrepo_c").returncode == 0
    assert machine.noted("install -y --no-install-recommends createrepo-c dnf dnf-plugins-core") == 1


def test_the_tests_run_every_tool_and_pass_on_their_arguments(machine: Machine) -> None:
    for name in ("ruff", "mypy", "pytest", "python"):
        machine.put(name, f'#!/bin/sh\necho "{name} $*" >>"$NOTES"\n')
    done = machine.lab("test", "tests/test_x.py", "-k", "a b")
    assert done.returncode == 0, done.stderr
    assert machine.noted("[dev]") == 1
    assert machine.notes.read_text().splitlines()[-4:] == [
        "ruff check",
        "ruff format --check",
        "mypy ",
        f"pytest {ON_ALL_CORES} tests/test_x.py -k a b",
    ]


def test_one_tool_that_fails_fails_the_tests_and_the_others_still_run(machine: Machine) -> None:
    for name in ("ruff", "mypy", "pytest", "python"):
        machine.put(name, f'#!/bin/sh\necho "{name} $*" >>"$NOTES"\n')
    machine.put("mypy", "#!/bin/sh\nexit 1\n")
    done = machine.lab("test")
    assert done.returncode == 1
    assert "Failed: mypy" in done.stderr
    assert machine.notes.read_text().splitlines()[-1] == f"pytest {ON_ALL_CORES}"


def test_the_environment_of_the_tests_serves_the_app(machine: Machine) -> None:
    for name in ("ruff", "mypy", "pytest", "python"):
        machine.put(name)
    machine.lab("test")
    machine.lab("list")
    assert machine.noted("-m pip install") == 1
