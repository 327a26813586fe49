# SPDX-License-Identifier: MIT
"""Layout: where the kernel put a module's code, so that addresses that have lost their names find back to the source.

A module that is gone, and init code after loading, has no names any more: the kernel prints bare numbers. The layout of
a loaded module is read from /sys/module/NAME/sections. That of one whose init failed is gone at once; then the call
itself tells: which of those of the function that the kernel says was called lies at this place of a page?
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kmodlab.evidence import calls, decode
from kmodlab.evidence.decode import Spot
from kmodlab.evidence.finding import Finding
from kmodlab.kernels.architecture import ARCHITECTURE
from kmodlab.machines.machine import Machine

PAGE = 4096
MODULE_SPACE = f"{ARCHITECTURE.module_space.start:#x}"[:10]  # how the numbers of module code begin

_SECTION = re.compile(r".*/(?P<name>[^/:]+):(?P<start>0x[0-9a-f]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the sections with code of one load of a module began; none are known when loading failed."""

    module: str
    sections: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A call in a module, by what it returns to."""

    module: str
    spot: Spot


def read(machine: Machine, module: str) -> Layout:
    """The layout of a module that is loaded now; raises as Machine.run does."""
    folder = shlex.quote(f"/sys/module/{module.replace('-', '_')}/sections")
    shown = machine.run(f"grep . {folder}/.*text*").stdout.decode(errors="replace")
    return Layout(module, {found["name"]: int(found["start"], 16) for found in _SECTION.finditer(shown)})


def needles(layouts: Sequence[Layout], modules: Mapping[str, Path]) -> list[str]:
    """Texts of which every stack that leads through the code of one of `layouts` contains one: mostly one a page."""
    found: dict[str, None] = {}
    for layout in layouts:
        code = calls.read(modules[layout.module])
        if not layout.sections:
            found[MODULE_SPACE] = None
        for section, start in layout.sections.items():
            for page in range(start // PAGE, (start + code.sizes.get(section, 0)) // PAGE + 1):
                found[f"{page:#x}"] = None
    return list(found)


def call(number: int, callee: str, layouts: Sequence[Layout], modules: Mapping[str, Path]) -> Call | None:
    """The call of `callee` (a regular expression) that returned to the address `number`.

    Addresses are used again, so of several loads the one with such a call counts, and then the latest.
    """
    candidates = list(_within(number, layouts, modules)) or list(_by_place(number, callee, layouts, modules))
    for candidate in candidates:
        if re.fullmatch(callee, called(candidate, modules) or ""):
            return candidate
    return candidates[0] if candidates else None


def called(found: Call, modules: Mapping[str, Path]) -> str | None:
    """The kernel function that is called there; None when it is a function of the module, or a pointer."""
    return calls.read(modules[found.module]).calls.get(found.spot)


def locate(finding: Finding, modules: Mapping[str, Path], layouts: Sequence[Layout]) -> Finding:
    """`decode.locate`, with the load that explains most of the finding's addresses; the latest when none does."""
    if not finding.addresses:
        return finding
    located = decode.locate(finding, modules, {layout.module: layout.sections for layout in layouts})
    if len(layouts) < 2 or not any(address.function.startswith("0x") for address in finding.addresses):
        return located
    others = (decode.locate(finding, modules, {layout.module: layout.sections}) for layout in layouts)
    return max((located, *others), key=lambda found: len(found.locations))


def _within(number: int, layouts: Sequence[Layout], modules: Mapping[str, Path]) -> Iterator[Call]:
    for layout in reversed(layouts):
        sizes = calls.read(modules[layout.module]).sizes
        for section, start in layout.sections.items():
            if start < number <= start + sizes.get(section, 0):  # what a call returns to is behind it
                yield Call(layout.module, Spot(section, number - start))


def _by_place(
    number: int, callee: str, layouts: Sequence[Layout], modules: Mapping[str, Path]
) -> Iterator[Call]:
    for name in dict.fromkeys(layout.module for layout in reversed(layouts) if not layout.sections):
        code = calls.read(modules[name])
        for spot, function in code.calls.items():
            if (code.places[spot.section] + spot.offset - number) % PAGE == 0 and re.fullmatch(
                callee, function
            ):
                yield Call(name, spot)
