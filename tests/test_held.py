# SPDX-License-Identifier: MIT
"""Whose memory it is: of the module that called the allocator, not of one on whose behalf the kernel did."""

from pathlib import Path

import pytest

from kmodlab.evidence import held
from kmodlab.evidence.slab import Frame, Trace

INIT = Frame(None, "go", "box")
STORE = Frame(None, "param_attr_store")
OTHER = Frame(None, "go", "other")


def kernels(*names: str) -> tuple[Frame, ...]:
    return tuple(Frame(None, name) for name in names)


@pytest.mark.parametrize(
    ("frames", "owner"),
    [
        ((INIT, STORE), "box"),
        ((*kernels("kmalloc_trace"), INIT, STORE), "box"),
        ((*kernels("__kmalloc_node_track_caller", "kstrdup"), INIT), "box"),
        ((*kernels("kmem_cache_alloc", "kmem_cache_zalloc"), INIT), "box"),
        ((*kernels("__kmalloc_node", "kvmalloc_node"), INIT), "box"),
        ((*kernels("__kmalloc", "krealloc.part.0"), INIT), "box"),
        ((*kernels("kmalloc_trace", "misc_register"), INIT), None),
        ((*kernels("kstrdup", "kmem_cache_create_usercopy"), INIT), None),
        ((*kernels("kmalloc_trace"), OTHER, INIT), None),
        (kernels("kmalloc_trace"), None),
        ((), None),
    ],
)
def test_memory_belongs_to_who_asked_for_it(frames: tuple[Frame, ...], owner: str | None) -> None:
    trace = Trace("kmalloc-64", 1, 0, frames, ())
    assert held.owner(trace, [], {"box": Path("box.ko")}) == owner
