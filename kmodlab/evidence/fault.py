# SPDX-License-Identifier: MIT
"""Faults: calls that were made to fail on purpose, as modules/kmodlab tells of them in the kernel's log."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from kmodlab.evidence import decode
from kmodlab.evidence.evidence import Fault
from kmodlab.evidence.finding import Address, Finding
from kmodlab.evidence.klog import Record

_LINE = re.compile(
    r"kmodlab: failing call [0-9]+: (?P<callee>\w+) called by (?P<caller>[A-Za-z_][\w.$]*)"
    r"\+0x(?P<offset>[0-9a-f]{1,8})/0x(?P<size>[0-9a-f]{1,8}) \[(?P<module>\w+)\]"
)


def is_told(record: Record) -> bool:
    """Whether a record says that a call was made to fail."""
    return record.facility == 0 and _LINE.match(record.text) is not None


def read(records: Iterable[Record], modules: Mapping[str, Path]) -> Fault | None:
    """The call that was made to fail, with its line in one of `modules` (built files by name); None when none was."""
    told = next(filter(None, (_LINE.match(record.text) for record in records if is_told(record))), None)
    if told is None:
        return None
    caller = Address(told["caller"], int(told["offset"], 16), told["module"], size=int(told["size"], 16))
    call = decode.locate(Finding("bug", "", addresses=(caller,)), modules)
    return Fault(told["callee"], call.file, call.line)
