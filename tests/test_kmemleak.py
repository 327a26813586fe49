# SPDX-License-Identifier: MIT
"""What kmemleak shows, read from a file that a strict kernel has really shown, and whom it is asked about."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmodlab.evidence import calls, kmemleak
from kmodlab.evidence.calls import Code
from kmodlab.evidence.decode import Spot
from kmodlab.evidence.slab import Frame

SHOWN = (Path(__file__).parent / "data/memory/kmemleak.txt").read_text()


def test_an_object_is_its_size_and_the_stack_that_allocated_it() -> None:
    [found] = kmemleak.parse(SHOWN)
    assert found.size == 136
    assert found.frames[:4] == (
        Frame(None, "kmem_cache_alloc"),
        Frame(None, "prepare_creds"),
        Frame(0xFFFFFFFFA0026056),  # of the module, which is gone
        Frame(None, "do_one_initcall"),
    )
    assert found.log[0] == "unreferenced object 0xffff88800fbf8000 (size 136):"


def test_each_of_several_objects_is_read() -> None:
    later = SHOWN.replace("size 136", "size 64").replace("backtrace:", "backtrace (crc 3f2a1b00):")
    assert [found.size for found in kmemleak.parse(SHOWN + later)] == [136, 64]
    assert kmemleak.parse(SHOWN)[0].frames == kmemleak.parse(later)[0].frames


def test_nothing_is_read_from_nothing() -> None:
    assert kmemleak.parse("") == ()


@given(st.lists(st.one_of(st.sampled_from(SHOWN.splitlines()), st.text())))
def test_no_order_of_lines_is_too_strange_to_read(lines: list[str]) -> None:
    for found in kmemleak.parse("\n".join(lines)):
        assert found.log


@pytest.mark.parametrize(
    ("function", "is_needed"),
    [
        ("prepare_creds", True),
        ("filp_open", True),
        ("alloc_workqueue", True),
        ("__kmalloc", False),  # these are in the allocators' own lists
        ("kmem_cache_alloc", False),
        ("vmalloc", False),
        ("__alloc_pages", False),
        ("__alloc_percpu", False),  # kmemleak does not look for these
        ("alloc_chrdev_region", False),
        ("_printk", False),
    ],
)
def test_it_is_asked_about_modules_that_can_lose_what_no_list_shows(
    monkeypatch: pytest.MonkeyPatch, function: str, is_needed: bool
) -> None:
    code = Code({}, {}, {Spot(".text", 5): function})
    monkeypatch.setattr(calls, "read", lambda path: code)
    assert kmemleak.is_needed({"bug": Path("bug.ko")}) is is_needed
