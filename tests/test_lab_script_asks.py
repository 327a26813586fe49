# SPDX-License-Identifier: MIT
"""The start script on a terminal: what it offers, and what it does with the answer."""

import os
import pty
import subprocess
import threading

import pytest
from lab_script import DEADLINE, MANAGER, Machine, made_machine

machine = pytest.fixture(made_machine, name="machine")


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
