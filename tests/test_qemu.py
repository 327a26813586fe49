# SPDX-License-Identifier: MIT
"""Real machines: commands, files, logs, and their end."""

import os
import re
import subprocess
import threading
import time
from collections.abc import Callable

import psutil
import pytest

from kmodlab.machines import qemu, witness
from kmodlab.machines.channel import OUTPUT_LIMIT
from kmodlab.machines.machine import DeadlineError, MachineLostError
from kmodlab.machines.qemu import QemuMachine
from kmodlab.machines.template import Template


def wait_until(is_so: Callable[[], bool], seconds: float = 5.0) -> None:
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends, "it did not become so in time"
        time.sleep(0.01)


def test_a_command_gives_status_and_both_outputs_apart(machine: QemuMachine) -> None:
    result = machine.run("echo out; echo err >&2; exit 3")
    assert (result.status, result.stdout, result.stderr) == (3, b"out\n", b"err\n")


@pytest.mark.parametrize(
    "text",
    ["two\nlines", r"back\\slash \n \t %s %d", 'quote\'s "double"', "\u00fc\u00f1\u00ee", "$HOME `x` !"],
)
def test_a_command_arrives_as_it_was_sent(machine: QemuMachine, text: str) -> None:
    result = machine.run(f"cat <<'END OF TEXT'\n{text}\nEND OF TEXT")
    assert result.stdout.decode() == text + "\n"


def test_a_command_killed_by_a_signal_says_so(machine: QemuMachine) -> None:
    assert machine.run("sh -c 'kill -9 $$'").status == 128 + 9


def test_output_that_looks_like_a_frame_is_output(machine: QemuMachine) -> None:
    fake = b"\x1e0123456789abcdef 0\x1e\x1e0123456789abcdef.\x1e"
    machine.push("/tmp/fake", fake)
    result = machine.run("cat /tmp/fake; cat /tmp/fake >&2; exit 4")
    assert (result.status, result.stdout, result.stderr) == (4, fake, fake)
    assert machine.run("echo still in step").stdout == b"still in step\n"


def test_too_much_output_is_dropped_and_counted(machine: QemuMachine) -> None:
    result = machine.run("yes | head -c 3000000")
    assert len(result.stdout) == OUTPUT_LIMIT
    assert result.dropped == 3_000_000 - OUTPUT_LIMIT


def test_a_file_for_a_machine_that_has_ended_is_one_plain_error(
    machine: QemuMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    uncaught: list[object] = []
    monkeypatch.setattr(threading, "excepthook", uncaught.append)
    machine.close()
    with pytest.raises(MachineLostError):
        machine.push("/tmp/late", b"content")
    for thread in threading.enumerate():
        if thread.name == "push":
            thread.join()
    assert uncaught == []


def test_a_file_goes_in_and_comes_out_unchanged(machine: QemuMachine) -> None:
    content = bytes(range(256)) * 800
    machine.push("/tmp/it's a file", content)
    assert machine.pull("/tmp/it's a file") == content


def test_pulling_a_missing_file_says_which(machine: QemuMachine) -> None:
    with pytest.raises(FileNotFoundError, match="/no/such"):
        machine.pull("/no/such")


def test_a_command_that_never_ends_meets_its_deadline(machine: QemuMachine) -> None:
    with pytest.raises(DeadlineError, match=r"`sleep 100` did not end within 0.5 seconds"):
        machine.run("sleep 100", deadline=0.5)


def test_waiting_ends_when_it_is_pointless(machine: QemuMachine) -> None:
    with pytest.raises(DeadlineError):
        machine.run("sleep 100", deadline=60, give_up=lambda: True)


def test_a_killed_agent_is_noticed_at_once(machine: QemuMachine) -> None:
    with pytest.raises(MachineLostError, match="agent was killed"):
        machine.run("kill -9 $$", deadline=60)


def test_a_panic_ends_the_machine_and_leaves_its_words(machine: QemuMachine) -> None:
    with pytest.raises(MachineLostError):
        machine.run("echo c >/proc/sysrq-trigger", deadline=20)
    assert b"Kernel panic - not syncing: sysrq triggered crash" in machine.log()


def test_a_machine_killed_from_outside_is_lost(machine: QemuMachine) -> None:
    machine.kill()
    with pytest.raises(MachineLostError):
        machine.run("true")


def test_the_log_tells_the_level_of_each_line(machine: QemuMachine) -> None:
    machine.run("echo '<3>something bad' >/dev/kmsg")
    wait_until(lambda: b"something bad" in machine.log())
    assert b"<11>[" in machine.log()  # facility 1 (user), level 3: 1 << 3 | 3


def test_clones_do_not_see_each_other(booted: Template) -> None:
    one, other = booted.clone(), booted.clone()
    try:
        one.run("echo mine >/tmp/note")
        assert other.run("cat /tmp/note").status == 1
        assert one.run("cat /tmp/note").stdout == b"mine\n"
    finally:
        one.close()
        other.close()


def test_a_clone_has_two_processors_and_no_network(machine: QemuMachine) -> None:
    assert machine.run("nproc").stdout == b"2\n"
    assert machine.run("ls /sys/class/net").stdout == b"lo\n"


def test_closing_leaves_no_process(booted: Template) -> None:
    clone = booted.clone()
    mine = {process.pid for process in psutil.Process().children(recursive=True)}
    clone.close()
    clone.close()
    wait_until(
        lambda: len({process.pid for process in psutil.Process().children(recursive=True)}) < len(mine)
    )


def test_a_second_agent_answers_while_the_first_is_busy(machine: QemuMachine) -> None:
    with pytest.raises(DeadlineError):
        machine.run("sleep 100", deadline=0.1)
    assert b"sleep" in machine.run_aside("cat /proc/[1-9]*/comm").stdout


def test_an_impostor_of_the_killed_agent_is_not_believed(machine: QemuMachine) -> None:
    impostor = (
        'while read -r nonce line; do printf "\\036$nonce 0\\036\\036 $nonce 0\\036\\036$nonce.\\036"; done'
    )
    machine.push("/tmp/impostor", impostor.encode())
    take_over = "until sh /tmp/impostor 0<>/dev/vport0p1 1>&0; do :; done"
    machine.run(f"setsid sh -c 'kill -9 '$$'; {take_over}' >/dev/null 2>&1 &")
    with pytest.raises(MachineLostError):
        machine.run("sleep 5", deadline=10)


def test_an_interrupted_machine_says_what_it_was_at(machine: QemuMachine) -> None:
    machine.interrupt()
    with pytest.raises(MachineLostError):
        machine.run("sleep 100")
    assert b"Kernel panic - not syncing: NMI: Not continuing" in machine.log()


def test_of_a_process_that_others_keep_from_running_it_is_known_how_long() -> None:
    processor = min(os.sched_getaffinity(0))
    rivals = [
        subprocess.Popen(["taskset", "--cpu-list", str(processor), "sh", "-c", "while :; do :; done"])
        for _ in range(2)
    ]
    try:
        wait_until(lambda: all(qemu.kept_waiting(rival.pid) > 0.05 for rival in rivals), seconds=20)
    finally:
        for rival in rivals:
            rival.kill()
            rival.wait()
    assert qemu.kept_waiting(rivals[0].pid) == 0


def test_the_clock_of_a_machine_goes_on_and_never_back(machine: QemuMachine) -> None:
    began = machine.clock()
    times = [machine.clock() for _ in range(100)]
    assert times == sorted(times)
    wait_until(lambda: machine.clock() > began + 0.01)


def test_the_list_of_slab_objects_has_stacks_of_modules_only(machine: QemuMachine) -> None:
    assert machine.run(f"cat {witness.PARAMETERS}/blocks").stdout == b"-1\n"
    shown = machine.run("cat /sys/kernel/debug/slab/kmalloc-*/alloc_traces", deadline=20).stdout.decode()
    stacks = re.findall(r"(?:^ {8}\S.*\n)+", shown, re.M)
    assert shown.count(" age=") > 100
    assert stacks
    assert [stack for stack in stacks if not re.search(r"\[\w+\]|0xffffffffc0", stack)] == []
