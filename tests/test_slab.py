# SPDX-License-Identifier: MIT
"""Slab traces as a real kernel shows them through modctl."""

from dataclasses import replace
from pathlib import Path

import pytest

from kmodlab.evidence import slab
from kmodlab.evidence.slab import Frame, Trace
from kmodlab.machines.qemu import QemuMachine

SHOWN = (Path(__file__).parent / "data/memory/traces.txt").read_text()


def the_trace(cache: str, count: int) -> Trace:
    return next(trace for trace in slab.parse(SHOWN) if trace.cache == cache and trace.count == count)


def test_a_trace_tells_cache_count_size_and_stack() -> None:
    trace = the_trace("kmalloc-64", 5)
    assert trace.size == 40
    assert trace.frames[:3] == (
        Frame(None, "kmalloc_trace"),
        Frame(0xFFFF_FFFF_C024_F03C),
        Frame(0xFFFF_FFFF_C024_3031),
    )
    assert trace.log[0] == "kmalloc-64:"
    assert "age=256/256/256" in trace.log[1]


def test_the_size_of_objects_of_other_caches_is_not_told() -> None:
    assert the_trace("mycache", 1).size is None


def test_traces_are_told_apart() -> None:
    assert [(trace.cache, len(trace.frames)) for trace in slab.parse(SHOWN)] == [
        ("kmalloc-8", 15),
        ("kmalloc-64", 8),
        ("mycache", 6),
    ]


def test_of_a_real_kernel_those_are_shown_whose_stack_holds_a_text(machine: QemuMachine) -> None:
    caches = ["kmalloc-64", "kmalloc-8"]
    shown = "".join(
        f"{cache}:\n{trace}\n\n"
        for cache in caches
        for trace in machine.pull(f"/sys/kernel/debug/slab/{cache}/alloc_traces").decode().split("\n\n")
    )
    everything = {(trace.cache, trace.frames): trace.log[2:] for trace in slab.parse(shown)}
    texts = ("vp_find_vqs", "[virtio_console]")
    wanted = {key for key, stack in everything.items() if any(text in "".join(stack) for text in texts)}
    assert 0 < len(wanted) < len(everything)

    def found(*texts: str, within: list[str]) -> set[tuple[str, tuple[Frame, ...]]]:
        told = slab.parse(machine.run(slab.command(texts, within)).stdout.decode())
        return {(trace.cache, trace.frames) for trace in told}

    assert found(*texts, within=caches) == wanted
    assert {cache for cache, _ in found("[virtio_pci]", within=["kmalloc-*"])} > {"kmalloc-64"}
    assert found("[no_such_module]", within=caches) == found("[virtio_pci]", within=["none"]) == set()


@pytest.mark.parametrize(
    ("cache", "size"),
    [("kmalloc-8", 8), ("kmalloc-2k", 2048), ("kmalloc-cg-192", 192), ("skbuff_head_cache", None)],
)
def test_caches_of_kmalloc_tell_their_size_by_name(cache: str, size: int | None) -> None:
    assert Trace(cache, 1, 0, (), ()).size == size


def test_what_was_there_before_is_taken_away() -> None:
    before = slab.parse(SHOWN)
    assert list(slab.less(before, before)) == []
    more = [replace(trace, count=trace.count + 2) for trace in before[:1]]
    assert [trace.count for trace in slab.less(more, before)] == [2]
    assert list(slab.less(before, ())) == list(before)


@pytest.mark.parametrize(
    "text",
    ["", "\n", "kmalloc-8:\n", "x" * 1000, "a:\n1 2 3\n\n", "      1 f+0x1/0x2 age=1\n        f+0x1/0x2\n\n"],
)
def test_nonsense_gives_nothing(text: str) -> None:
    assert slab.parse(text) == ()
