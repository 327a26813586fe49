# SPDX-License-Identifier: MIT
"""Pages that modules have allocated and not freed, as modules/kmodlab lists them."""

import re
from collections.abc import Mapping
from pathlib import Path

from kmodlab.evidence import decode
from kmodlab.evidence.explain import PAGE_SIZE
from kmodlab.evidence.finding import Address, Finding
from kmodlab.machines import witness
from kmodlab.machines.machine import Machine

_LINE = re.compile(
    r"(?P<count>[0-9]{1,9}) (?P<order>[0-9]{1,2}) (?P<caller>[A-Za-z_][\w.$]*)"
    r"\+0x(?P<offset>[0-9a-f]{1,8})/0x(?P<size>[0-9a-f]{1,8}) \[(?P<module>\w+)\]$"
)


def leaks(machine: Machine, modules: Mapping[str, Path]) -> list[Finding]:
    """A finding for each place in `modules` (built files by name) whose pages are kept though they are unloaded.

    Raises as Machine.run does.
    """
    lines = machine.run(witness.PAGES).stdout.decode(errors="replace").splitlines()
    return [decode.locate(_leak(found), modules) for line in lines if (found := _LINE.match(line))]


def _leak(found: re.Match[str]) -> Finding:
    count, size = int(found["count"]), PAGE_SIZE << int(found["order"])
    what = f"{size} bytes of pages" if count == 1 else f"{count} times {size} bytes of pages"
    function = found["caller"].partition(".")[0]
    caller = Address(
        found["caller"], int(found["offset"], 16), found["module"], "allocated", int(found["size"], 16)
    )
    return Finding(
        kind="leak",
        message=f"{function}() allocated {what} that nobody freed.",
        function=function,
        count=count,
        bytes=count * size,
        addresses=(caller,),
    )
