# SPDX-License-Identifier: MIT
"""What a module leaves behind."""

from dataclasses import replace

from kmodlab.evidence import state
from kmodlab.evidence.state import State
from kmodlab.machines.qemu import QemuMachine

SEEN = """/dev/null
/proc/modules
12288
virtio_ring 49152 3 virtio_console, Live 0xffffffffc0201000
Character devices:
  1 mem
511 kmodlab

Block devices:
259 blkext
task 2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0
task 17 (kworker/0:1-rcu_gp) I 2 0 0 0 -1 69238880 0 0 0 0
task 120 (sh (1)) S 1 1 1 0 -1 4194304 0 0
"""


def after(*lines: str) -> State:
    return state.parse(SEEN + "".join(f"{line}\n" for line in lines))


def left(*lines: str) -> list[tuple[str, ...]]:
    return list(state.left(state.parse(SEEN), after(*lines)))


def test_everything_is_read_by_name() -> None:
    seen = state.parse(SEEN)
    assert seen.taint == 12288
    assert seen.names == {
        "/dev/null",
        "/proc/modules",
        "module virtio_ring",
        "character device number 1 (mem)",
        "character device number 511 (kmodlab)",
        "block device number 259 (blkext)",
    }


def test_of_tasks_only_threads_of_the_kernel_count_that_do_not_come_and_go() -> None:
    assert state.parse(SEEN).threads == {2: "kthreadd"}


def test_only_what_is_new_is_left_and_what_is_in_it_goes_without_saying() -> None:
    assert left("/proc/mine", "/proc/mine/entry") == [("/proc/mine",)]
    assert left() == []


def test_a_device_is_one_thing_wherever_it_shows() -> None:
    assert left("/dev/mine", "/sys/class/misc/mine") == [("/dev/mine", "/sys/class/misc/mine")]


def test_a_module_that_is_still_there_is_told_once() -> None:
    assert left("mine 16384 1 - Live 0x0", "/sys/module/mine") == [("module mine",)]


def test_a_new_thread_is_left_even_under_the_name_of_an_old_one() -> None:
    assert left("task 130 (kthreadd) S 2 0 0 0 -1 2129984 0 0 0 0 0 0") == [("kernel thread kthreadd",)]


def test_things_are_named_in_plain_words() -> None:
    assert state.in_words(["/proc/mine"]) == "/proc/mine"
    assert state.in_words(["/dev/mine", "/sys/class/misc/mine"]) == "/dev/mine (/sys/class/misc/mine)"
    assert state.in_words(["/sys/class/mine"]) == "the device class mine (/sys/class/mine)"
    assert state.in_words(["/sys/bus/pci/drivers/mine"]) == "the driver mine (/sys/bus/pci/drivers/mine)"
    assert state.in_words(["character device number 240 (mine)"]) == "the character device number 240 (mine)"


def test_a_proprietary_licence_is_found_in_the_taint() -> None:
    before = state.parse(SEEN)
    assert state.is_proprietary(before, replace(before, taint=12289))
    assert not state.is_proprietary(before, before)


def test_a_real_kernel_is_the_same_twice(machine: QemuMachine) -> None:
    def look(*known: int) -> State:
        tasks = "\n".join(map(str, known))
        return state.parse(machine.run(f"modctl audit '' '' '' '{tasks}'").stdout.decode())

    first = look()
    second = look(*first.threads)
    assert {"/dev/null", "/proc/modules", "/sys/class/mem", "module virtio_ring"} < first.names
    assert "kthreadd" in first.threads.values()
    assert second.threads == {}
    assert list(state.left(first, second)) == []
    assert first.taint == 0
