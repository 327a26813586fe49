# SPDX-License-Identifier: MIT
"""Evidence: everything that one check was seen to do, as a value that grading can read again later."""

from dataclasses import dataclass, field
from typing import Literal

from kmodlab.build.result import BuildEvidence
from kmodlab.evidence.finding import Finding
from kmodlab.evidence.klog import Record


@dataclass(frozen=True, slots=True)
class ActionEvidence:
    """What one action of a check came to."""

    title: str  # as the lesson writes it, such as `load params my_param=7`
    status: int  # exit status of the command
    errno: str | None  # name of the error, such as EINVAL; None when it succeeded or named none
    stdout: str
    stderr: str
    seconds: float
    log: tuple[Record, ...] = ()  # what the kernel printed meanwhile
    count: int | None = None  # what read(2) or write(2) returned
    parts: tuple["ActionEvidence", ...] = ()  # of actions in parallel, one each
    sections: dict[str, int] = field(default_factory=dict)  # where the code of a loaded module begins


@dataclass(frozen=True, slots=True)
class FileEvidence:
    """A file of the guest at the end of the actions."""

    exists: bool
    mode: str | None = None  # permission bits in octal, such as 0444
    content: str | None = None  # None: unreadable, or no regular file
    kind: str = "f"  # as in ls(1): f(ile), d(irectory), c(haracter) or b(lock) device, p(ipe), s(ocket)
    major: int = 0  # of a device
    minor: int = 0


@dataclass(frozen=True, slots=True)
class ModuleEvidence:
    """A module at the end of the actions, as /proc/modules and /sys/module show it."""

    is_loaded: bool
    refcount: int | None = None
    holders: tuple[str, ...] = ()
    taint: str | None = None


@dataclass(frozen=True, slots=True)
class TraceEvidence:
    """The kernel's trace buffer at the end of the actions, and how tracing was left."""

    lines: tuple[str, ...]
    tracer: str
    is_on: bool
    is_cut: bool = False  # there was more than is kept here


@dataclass(frozen=True, slots=True)
class AllocationEvidence:
    """What a loaded module holds of the kernel's memory at the end of the actions."""

    count: int  # of blocks and objects
    bytes: int  # that were asked for


@dataclass(frozen=True, slots=True)
class Fault:
    """A call that was made to fail: the kernel's function, and the line in the learner's source that calls it."""

    function: str
    file: str | None = None
    line: int | None = None


Ending = Literal["alive", "hung", "lost"]


@dataclass(frozen=True, slots=True)
class CheckEvidence:
    """All that was seen of one check.

    `ending` says how the machine was left: alive and answering, hung (a deadline passed), or lost (it stopped by
    itself, as after a panic). `trouble` is the lab's own failure, in one sentence; then nothing here may be
    held against the learner. `skipped` says why the check was not run at all. `calls` counts those that can be made to
    fail (None: they were not counted), and `faulted` holds the runs in which one of them was: what failed is the
    `fault` of each.
    """

    check: str
    actions: tuple[ActionEvidence, ...] = ()
    files: dict[str, FileEvidence] = field(default_factory=dict)
    modules: dict[str, ModuleEvidence] = field(default_factory=dict)
    trace: TraceEvidence | None = None  # None: nothing asks for it
    allocations: dict[str, AllocationEvidence] = field(default_factory=dict)  # by module
    log: tuple[Record, ...] = ()
    findings: tuple[Finding, ...] = ()
    ending: Ending = "alive"
    trouble: str | None = None
    skipped: str | None = None
    seconds: float = 0.0
    calls: int | None = None
    fault: Fault | None = None
    faulted: tuple["CheckEvidence", ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The build and every check of one attempt."""

    lesson: str
    kernel: str  # release
    build: BuildEvidence
    checks: tuple[CheckEvidence, ...] = ()  # those that were run
    seconds: float = 0.0
