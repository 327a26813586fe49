# SPDX-License-Identifier: MIT
"""The set-up script, in a checkout of its own on a machine that the test puts together from single commands.

Python and the package managers are stand-ins that note how they were called; the shell and what it uses are real.
"""

import os
import pty
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "lab"
DEADLINE = 20.0
SHELL_TOOLS = """
    basename cat chmod cksum cp dirname env flock grep mkdir readlink rm sh sleep sort touch tr
"""
LAB_TOOLS = "qemu-system-x86_64 gcc make ld modinfo bwrap setpriv tmux shellcheck"

PYTHON = """#!/bin/sh
# Stands in for Python: knows `-c CODE`, `-m venv --clear FOLDER` and `-m pip`.
echo "python $*" >>"$NOTES"
case "$*" in
'-c '*) exit 0 ;;
'-m venv --clear '*)
    shift 3
    rm -rf "$1"
    mkdir -p "$1/bin"
    cp "$0" "$1/bin/python"
    printf '#!/bin/sh\\necho "kmodlab:$*"\\n' >"$1/bin/kmodlab"
    chmod +x "$1/bin/kmodlab"
    ;;
'-m pip --version') [ ! -e "$(dirname "$0")/broken" ] ;;
'-m pip install '*)
    echo "noise on stdout"
    while [ -e "$HANG" ]; do sleep 0.05; done
    [ -z "$PIP_SAYS" ] || { echo "$PIP_SAYS" >&2; exit 1; }
    ;;
esac
"""
MANAGER = """#!/bin/sh
echo "$(basename "$0") $*" >>"$NOTES"
case "$*" in
*install*) for tool in $INSTALLS; do cp "$0" "$MACHINE/$tool"; done ;;
esac
"""

ON_ALL_CORES = "-n auto --maxprocesses 4 --dist worksteal"


@dataclass
class Machine:
    """A checkout, and a PATH that holds the commands in `commands` and nothing else."""

    checkout: Path
    commands: Path
    notes: Path
    environment: dict[str, str]

    def put(self, name: str, text: str = "#!/bin/sh\n") -> None:
        command = self.commands / name
        command.unlink(missing_ok=True)  # it may be a link to the real one
        command.write_text(text)
        command.chmod(0o755)

    def lack(self, *names: str) -> None:
        for name in names:
            (self.commands / name).unlink()

    def lab(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.checkout / "lab", *words],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.checkout / "lab", *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def noted(self, text: str) -> int:
        notes = self.notes.read_text() if self.notes.exists() else ""
        return sum(text in line for line in notes.splitlines())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    checkout, commands = tmp_path / "check out", tmp_path / "bin"
    checkout.mkdir()
    commands.mkdir()
    shutil.copy(SCRIPT, checkout)
    (checkout / "pyproject.toml").write_text("[project]\n")
    machine = Machine(
        checkout,
        commands,
        tmp_path / "notes",
        {
            "PATH": str(commands),
            "HOME": str(tmp_path / "home"),
            "NOTES": str(tmp_path / "notes"),
            "HANG": str(tmp_path / "hang"),
            "MACHINE": str(commands),
            "PIP_SAYS": "",
            "INSTALLS": "",
        },
    )
    for name in SHELL_TOOLS.split():
        (commands / name).symlink_to(shutil.which(name) or name)
    for name in LAB_TOOLS.split():
        machine.put(name)
    machine.put("python3", PYTHON)
    machine.put("id", "#!/bin/sh\necho 1000\n")
    return machine


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


def test_the_tests_bring_their_own_tools(machine: Machine) -> None:
    machine.lack("tmux", "shellcheck")
    machine.put("apt-get", MANAGER)
    done = machine.lab("test")
    assert done.returncode == 3
    assert done.stderr.rstrip().endswith("install -y --no-install-recommends shellcheck tmux")


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


def on_a_terminal(machine: Machine, answer: str, *words: str) -> tuple[int, str]:
    """Run the script on a terminal, type `answer`, and give its exit status and what the screen showed."""
    ours, theirs = pty.openpty()
    shown: list[bytes] = []

    def read() -> None:
        while True:
            try:
                chunk = os.read(ours, 4096)
            except OSError:
                return
            shown.append(chunk)
            if b"[y/N]" in chunk:
                os.write(ours, answer.encode())

    with subprocess.Popen(
        [machine.checkout / "lab", *words],
        env=machine.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        reader = threading.Thread(target=read)
        reader.start()
        try:
            status = process.wait(DEADLINE)
        finally:
            process.kill()
    reader.join(DEADLINE)
    os.close(ours)
    return status, b"".join(shown).decode()


def test_on_a_terminal_sudo_is_offered_and_used_when_wanted(machine: Machine) -> None:
    machine.lack("bwrap")
    machine.put("apt-get", MANAGER)
    machine.put("sudo", '#!/bin/sh\necho "sudo $*" >>"$NOTES"\n[ "$1" = -v ] || exec "$@"\n')
    machine.environment["INSTALLS"] = "bwrap"
    status, screen = on_a_terminal(machine, "y\n", "check")
    assert status == 0
    assert screen.endswith("kmodlab:check\r\n")
    assert machine.noted("sudo -v") == 1
    assert machine.noted("install -y --no-install-recommends bubblewrap")


def test_on_a_terminal_no_is_the_answer_of_the_enter_key(machine: Machine) -> None:
    machine.lack("bwrap")
    machine.put("apt-get", MANAGER)
    machine.put("sudo", '#!/bin/sh\necho "sudo $*" >>"$NOTES"\n')
    status, screen = on_a_terminal(machine, "\n", "check")
    assert status == 3
    assert "System packages are missing." in screen
    assert not machine.noted("sudo")


@pytest.mark.parametrize(
    ("version", "packages"),
    [("3.13.5-1", "python3 python3-venv"), ("3.10.6-1", "python3.12 python3.12-venv")],
)
def test_a_python_that_will_do_is_offered(machine: Machine, version: str, packages: str) -> None:
    machine.put("python3", "#!/bin/sh\nexit 1\n")
    machine.put("apt-get", MANAGER)
    machine.put(
        "apt-cache",
        f'#!/bin/sh\ncase "$*" in *" python3") echo "Version: {version}" ;; *3.1[12]-venv) ;; *) exit 100 ;; esac\n',
    )
    done = machine.lab("list")
    assert done.returncode == 3
    assert done.stderr.rstrip().endswith(f"install -y --no-install-recommends {packages}")
