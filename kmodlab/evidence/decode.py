# SPDX-License-Identifier: MIT
"""From code addresses to the learner's source lines, by the debugging information in the module.

addr2line(1) knows relocations and inlined functions; a module is a relocatable file, so it is asked section by section.
"""

import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from kmodlab.build import sandbox
from kmodlab.evidence.finding import Address, Finding, Location
from kmodlab.evidence.lines import Function, functions, statements_at_closing_braces

DEADLINE_SECONDS = 20.0

_EXACT_ROLES = ("accessed", "spinning", "reported")
_LINE = re.compile(r"(?P<file>.+):(?P<line>[1-9][0-9]*)(?: \(discriminator \d+\))?$")
_OF_THE_KERNEL = re.compile(r"(?:.*?/)?(?=(?:include|arch)/)")

Sections = Mapping[str, int]  # name to the address that it was loaded at


@dataclass(frozen=True, slots=True)
class Spot:
    """An instruction of a module's file."""

    section: str
    offset: int


def locate(
    finding: Finding, modules: Mapping[str, Path], sections: Mapping[str, Sections] | None = None
) -> Finding:
    """Return the finding with the source lines of all its addresses that lie in one of `modules` (name to file).

    The finding's own file and line become the first of them in the learner's files. `sections` says where the
    modules were loaded (as /sys/module/NAME/sections does), for addresses that the kernel could not name.
    """
    locations: list[Location] = []
    spots: dict[str, dict[Address, Spot]] = {name: {} for name in modules}
    for name, path in modules.items():
        loaded = (sections or {}).get(name, {})
        mine = [a for a in finding.addresses if a.module == name or (loaded and a.function.startswith("0x"))]
        if mine:
            spots[name] = _spots(path, mine, loaded)
    lines = {name: source_lines(modules[name], found.values()) for name, found in spots.items() if found}
    for address in finding.addresses:
        for name, found in spots.items():
            if address in found:
                locations += (replace(place, role=address.role) for place in lines[name][found[address]])
    own = next((place for place in locations if not place.file.startswith(("include/", "arch/"))), None)
    if own is None:
        return replace(finding, locations=tuple(locations))
    return replace(
        finding,
        file=own.file,
        line=own.line,
        function=own.function,
        locations=tuple(dict.fromkeys(locations)),
    )


def source_lines(path: Path, spots: Iterable[Spot]) -> dict[Spot, tuple[Location, ...]]:
    """Return what each spot of the module at `path` was compiled from, what was inlined there first.

    Files are named without their folder, those of the kernel as in its source tree: include/linux/list.h. A module
    without debugging information, or a machine without addr2line, gives nothing.
    """
    wanted = set(spots)
    found: dict[Spot, tuple[Location, ...]] = dict.fromkeys(wanted, ())
    for section in {spot.section for spot in wanted}:
        offsets = sorted(spot.offset for spot in wanted if spot.section == section)
        for offset, places in _addr2line(path, section, offsets):
            found[Spot(section, offset)] = places
    if any(found.values()):
        hidden = _hidden_statements(path, path.stat().st_mtime_ns)
        for spot, places in found.items():
            line, brace = hidden.get((spot.section, spot.offset), (0, 0))
            if places and places[0].line == brace:
                found[spot] = (replace(places[0], line=line), *places[1:])
    return found


@lru_cache(maxsize=16)
def _hidden_statements(path: Path, modified: int) -> dict[tuple[str, int], tuple[int, int]]:
    try:
        with path.open("rb") as stream:
            return statements_at_closing_braces(ELFFile(stream))
    except Exception:  # debugging information can be forged in C; then addr2line's answer has to do
        return {}


def _addr2line(path: Path, section: str, offsets: list[int]) -> Iterator[tuple[int, tuple[Location, ...]]]:
    folder = path.parent.absolute()
    command = ["addr2line", "-e", str(sandbox.inside(folder) / path.name), "-j", section, "-a", "-f", "-i"]
    command += [f"{offset:#x}" for offset in offsets]
    try:
        answer = subprocess.run(
            sandbox.wrap(command, folder, ()),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=DEADLINE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    for answered in re.split(r"^0x", answer.stdout, flags=re.MULTILINE)[1:]:
        offset, *lines = answered.splitlines()
        pairs = zip(lines[::2], lines[1::2], strict=False)
        yield int(offset, 16), tuple(place for pair in pairs for place in _location(*pair))


def _location(function: str, place: str) -> list[Location]:
    found = _LINE.match(place)
    if not found:
        return []
    file, count = _OF_THE_KERNEL.subn("", found["file"], count=1)
    name = file if count else PurePosixPath(file).name
    return [Location("called", name, int(found["line"]), None if function == "??" else function)]


def _spots(path: Path, addresses: Iterable[Address], loaded: Sections) -> dict[Address, Spot]:
    """Where in the file each address lies; those that cannot be told are missing."""
    try:
        with path.open("rb") as stream:
            elf = ELFFile(stream)
            sizes = {section.name: section["sh_size"] for section in elf.iter_sections()}
            known = list(functions(elf))
    except (OSError, ELFError):
        return {}
    spots: dict[Address, Spot] = {}
    for address in addresses:
        back = 0 if address.role in _EXACT_ROLES else 1  # a return address is behind the call
        spot = _by_name(known, address) if address.module else _by_number(loaded, sizes, address)
        if spot and spot.offset >= back:
            spots[address] = replace(spot, offset=spot.offset - back)
    return spots


def _by_name(known: Iterable[Function], address: Address) -> Spot | None:
    """The function of that name; of several static ones, the one whose size fits what the kernel printed.

    The kernel counts a function as long as to the next one, so with the padding.
    """
    fitting = [f for f in known if f.name == address.function and address.offset <= f.size]
    if not fitting:
        return None
    size = address.size or 0
    best = min(fitting, key=lambda function: (function.size > size, size - function.size))
    return Spot(best.section, best.offset + address.offset)


def _by_number(loaded: Sections, sizes: Mapping[str, int], address: Address) -> Spot | None:
    number = int(address.function, 16)
    for section, start in loaded.items():
        if start <= number < start + sizes.get(section, 0):
            return Spot(section, number - start)
    return None
