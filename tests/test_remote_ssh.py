# SPDX-License-Identifier: MIT
"""A board that ssh leads to: a guest of ours with a network card and dropbear, and the real ssh in front of it."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
from cli_call import DEADLINE, call
from remote_lab import assert_two_greetings_are_caught, attempt, greets_twice, nobody_asks, session_on

from kmodlab.errors import LabError
from kmodlab.grading.verdict import Outcome
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines import guest, shell_login
from kmodlab.machines.machine import ConnectionLostError, DeadlineError
from kmodlab.machines.qemu import QemuMachine
from kmodlab.machines.shell import LOST_HINT, RENEW, ShellMachine
from kmodlab.machines.shell_login import AskSecret
from kmodlab.machines.template import Template
from kmodlab.packs.catalog import Lesson, Pack

Result = TypeVar("Result")

TOOLS = {
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "dropbear": "dropbear-bin",
    "dropbearkey": "dropbear-bin",
}


def place(tool: str) -> str | None:
    """Where a tool is; what the PATH of an ordinary user leaves out is looked at, too."""
    return shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


MISSING = sorted({package for tool, package in TOOLS.items() if place(tool) is None})
PASSWORD = "open sesame"
COMMAND = "touch /tmp/begun; sleep 1234"
# With a file named, ssh reads neither the user's nor the system's; nothing in it is below ~/.ssh.
CONFIG = """\
Host board
HostName 127.0.0.1
HostKeyAlias board
Port {port}
IdentityFile {keys}/key
IdentitiesOnly yes
IdentityAgent none
UserKnownHostsFile {keys}/known_hosts
GlobalKnownHostsFile none
StrictHostKeyChecking yes
"""
# Its card's address is QEMU's own choice, too (net/slirp.c).
SERVE = f"""
set -e
until [ -e /sys/class/net/eth0 ]; do sleep 0.02; done
ip link set lo up
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
echo root:x:0:0::/root:/bin/sh >/etc/passwd
echo "root:$(mkpasswd -m sha512 '{PASSWORD}'):1::::::" >/etc/shadow
chmod 700 /root /root/.ssh
dropbear -E -r /etc/host_key -P /run/dropbear.pid 2>/run/dropbear.log
"""

pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"ssh to a board is not tried: apt-get install {' '.join(MISSING)}"
)


@dataclass(frozen=True)
class Board:
    """A guest that is reached as a board is, and the folder with what ssh needs to get in."""

    guest: QemuMachine
    folder: Path

    def ssh(self, *options: str) -> str:
        """The command that leads to a shell of it."""
        return shlex.join(("ssh", "-F", str(self.folder / "config"), *options, "root@board"))

    def lose_power(self) -> None:
        self.guest.kill()

    def pull_cable(self) -> None:
        self.guest._monitor.command("set_link", name="card", up=False)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the key of the user, a stranger's, and that of the board in both forms."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("key", "strange_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    make = ("dropbearkey", "-t", "ed25519", "-f", folder / "host_key")
    shown = subprocess.run(make, capture_output=True, text=True, check=True).stdout
    (public,) = re.findall("^ssh-ed25519 [^ ]+", shown, re.MULTILINE)
    (folder / "known_hosts").write_text(f"board {public}\n")
    (folder / "strange_hosts").write_text(f"board {(folder / 'strange_key.pub').read_text()}")
    return folder


@pytest.fixture(scope="module")
def board(booted: Template, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    with closing(booted.clone()) as machine:
        yield set_up(machine, booted.hardware.tree, keys, tmp_path_factory.mktemp("board"))


@pytest.fixture
def fragile_board(machine: QemuMachine, booted: Template, keys: Path, tmp_path: Path) -> Board:
    """One that a test may break."""
    return set_up(machine, booted.hardware.tree, keys, tmp_path)


def set_up(machine: QemuMachine, tree: KernelTree, keys: Path, folder: Path) -> Board:
    """Have a fresh guest serve ssh; its configuration for the client is put into `folder`."""
    port = plug_in_a_card(machine)
    for driver in guest._drivers(tree, ["virtio_net"]):
        machine.push(f"/tmp/{driver.name}", driver.read_bytes())
        name = driver.name.split(".")[0]
        assert machine.run(f"[ -e /sys/module/{name} ] || /sbin/insmod /tmp/{driver.name}").status == 0
    server = Path(str(place("dropbear")))
    for file in (server, *guest._libraries(server)):
        if machine.run(f"mkdir -p {file.parent}; [ -e {file} ]").status != 0:
            machine.push(str(file), file.read_bytes())
            machine.run(f"chmod 755 {file}")
    machine.push("/etc/host_key", (keys / "host_key").read_bytes())
    machine.run("mkdir /root/.ssh")
    machine.push("/root/.ssh/authorized_keys", (keys / "key.pub").read_bytes())
    serving = machine.run(SERVE)
    assert serving.status == 0, serving.stderr
    (folder / "config").write_text(CONFIG.format(port=port, keys=keys))
    return Board(machine, folder)


def plug_in_a_card(machine: QemuMachine) -> int:
    """Give the guest a network that leads nowhere, but for a port of ours, which the system chooses, to its ssh."""
    monitor = machine._monitor
    forward = [{"str": "tcp:127.0.0.1:0-:22"}]
    monitor.command("netdev_add", id="net", type="user", restrict=True, hostfwd=forward)
    monitor.command("device_add", id="card", driver="virtio-net-pci", netdev="net", romfile="")
    shown = monitor.command("human-monitor-command", **{"command-line": "info usernet"})
    (port,) = re.findall(r"HOST_FORWARD\] +\d+ +127\.0\.0\.1 +(\d+)", shown)
    return int(port)


@contextmanager
def shell_behind(command: str, ask: AskSecret = nobody_asks) -> Iterator[ShellMachine]:
    shell = ShellMachine(command, ask)
    try:
        yield shell
    finally:
        shell.close()


@pytest.mark.slow
def test_a_board_behind_ssh_is_as_good_as_a_clone(
    board: Board, pack: Pack, hello: Lesson, own_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("check", "hello", "--from", hello.solution_folder, "--format", "json")
    status, out, err = call(capsys, *words, "--machine", board.ssh())
    report = json.loads(out)
    assert {check["outcome"] for check in report["checks"]} == {"pass"}
    assert (status, report["points"]) == (0, report["max_points"])
    assert "Not looked for there: error paths" in err
    with session_on(board.ssh(), pack, own_data) as session:
        assert_two_greetings_are_caught(attempt(session, hello, greets_twice(hello)))
    left = board.guest.run(
        "ls -A /root; ls -d /sys/module/hello; grep -o 'kmodlab /root' /proc/*/mounts"
    ).stdout
    assert left == b".ssh\n"


def test_what_does_not_end_is_interrupted_there(board: Board) -> None:
    with shell_behind(board.ssh()) as shell:
        with pytest.raises(DeadlineError):
            shell.run("sleep 1234", deadline=1)
        assert shell.run("ps | grep '[s]leep 1234'").stdout == b""


def broken(board: Board, breaks: Callable[[], object], run: Callable[[], Result]) -> Result:
    """What `run` comes to when the connection breaks while COMMAND runs there, with a module loaded."""
    with ThreadPoolExecutor(1) as executor:
        running = executor.submit(run)
        board.guest.run("until [ -e /tmp/begun ]; do sleep 0.05; done", deadline=DEADLINE)
        breaks()
        return running.result(DEADLINE)


def test_a_board_that_loses_power_is_the_labs_trouble_with_a_next_step(
    fragile_board: Board, hello: Lesson, own_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("run", hello.solution_folder / "hello.c", "--format", "json", "--sh", COMMAND)
    run = partial(call, capsys, *words, "--machine", fragile_board.ssh())
    status, out, err = broken(fragile_board, fragile_board.lose_power, run)
    report = json.loads(out)
    assert (status, report["outcome"], report["findings"]) == (3, "error", [])
    *_, sentence, step = err.splitlines()
    assert sentence == "kmodlab: The connection to the machine was lost."
    assert step == f"  {LOST_HINT}"


def test_ssh_that_dies_is_the_labs_trouble_and_what_is_still_loaded_is_named_the_next_time(
    fragile_board: Board, pack: Pack, hello: Lesson, tmp_path: Path
) -> None:
    def kill_ssh() -> None:
        (ssh,) = [child for child in psutil.Process().children(recursive=True) if child.name() == "ssh"]
        ssh.kill()

    (source,) = hello.solution().values()
    with session_on(fragile_board.ssh(), pack, tmp_path) as session:
        run = partial(session.run, hello.solution(), commands=[COMMAND])
        assert broken(fragile_board, kill_ssh, run).outcome is Outcome.ERROR
        report = attempt(session, hello, source)
        assert {check.outcome for check in report.checks} == {Outcome.PASS, Outcome.ERROR, Outcome.SKIP}
        assert {check.outcome for check in report.checks if check.id == "loads"} == {Outcome.ERROR}
    with session_on(fragile_board.ssh(), pack, tmp_path) as session:
        (reason,) = [check.reason for check in attempt(session, hello, source).checks if check.id == "loads"]
        assert reason == "The module hello is loaded there already: unload it, or restart the machine."


def test_a_cable_that_is_pulled_is_told_with_a_next_step(fragile_board: Board) -> None:
    with shell_behind(fragile_board.ssh()) as shell:
        fragile_board.pull_cable()
        with pytest.raises(ConnectionLostError) as caught:
            shell.run(RENEW, deadline=1)  # half of a command of the lab's own would tell nobody anything
        assert caught.value.message == "The machine answers no more: it hangs, or the connection is lost."
        assert caught.value.hint == LOST_HINT


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-p", "1"), "ended before there was a shell: ssh: connect to .*: Connection refused"),
        (("-o", "UserKnownHostsFile={keys}/strange_hosts"), "ended before .*: Host key verification failed"),
        (("-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=ask"), "asks whether to go on"),
        (("-o", "BatchMode=yes", "-o", "PubkeyAuthentication=no"), "ended before .*: root@.*denied"),
    ],
    ids=["nobody there", "another host key", "first time", "no key"],
)
def test_ssh_that_does_not_get_in_is_told_in_its_own_words(
    board: Board, keys: Path, options: tuple[str, ...], message: str
) -> None:
    command = board.ssh(*(option.format(keys=keys) for option in options))
    with pytest.raises(LabError, match=message) as caught:
        shell_login.connect(command, nobody_asks)
    assert caught.value.hint


def test_a_password_is_asked_for_until_it_is_right(board: Board) -> None:
    answers = ["please", PASSWORD]
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return answers.pop(0)

    with shell_behind(board.ssh("-o", "PubkeyAuthentication=no"), ask) as shell:
        assert shell.run("id -u").stdout == b"0\n"
    assert asked == ["root@board's password:"] * 2
