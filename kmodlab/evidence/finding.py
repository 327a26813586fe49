# SPDX-License-Identifier: MIT
"""Findings: what went wrong in a kernel, in plain words and with the learner's own source line."""

from dataclasses import dataclass

from kmodlab.packs.kinds import Kind as Kind

CRASHES: frozenset[Kind] = frozenset(
    {"null-deref", "page-fault", "gpf", "bug", "panic", "list-corruption", "lost-machine"}
)
HANGS: frozenset[Kind] = frozenset({"hang", "soft-lockup", "rcu-stall", "hung-task"})


@dataclass(frozen=True, slots=True)
class Location:
    """A line of the learner's source and the part it played: allocated, freed, accessed, called, spinning…"""

    role: str
    file: str
    line: int
    function: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A place in code as the kernel names it, `function+0x5/0x20 [module]`, before it is decoded.

    Code that has lost its name, as that of an init function has after loading, is `0xffffffffc0487005` with offset
    0 and no module.
    """

    function: str
    offset: int
    module: str | None  # None: the kernel itself
    # The instruction itself is meant by "accessed" (it faulted), "spinning" (it never ended) and "reported" (a BUG
    # or WARN); what returns there by "called", and by "allocated" and "freed" of an object.
    role: str = "called"
    size: int | None = None  # of the function


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, read from the evidence."""

    kind: Kind
    message: str  # one sentence in plain words
    file: str | None = None
    line: int | None = None
    function: str | None = None
    count: int | None = None
    bytes: int | None = None
    log: tuple[str, ...] = ()  # the raw log lines it was read from
    locations: tuple[Location, ...] = ()
    addresses: tuple[Address, ...] = ()  # innermost first
