# SPDX-License-Identifier: MIT
"""Header: the first line of a report of the kernel's, and what such a report means."""

import re
from dataclasses import dataclass

from kmodlab.evidence.finding import Kind


@dataclass(frozen=True, slots=True)
class Header:
    """A line that begins a report of `kind`.

    `meaning` is one plain sentence; {who} stands for the function at fault and other names for groups of `pattern`.
    Of a fault at an address it is empty: `explain.fault` then tells it from the address.
    """

    kind: Kind
    pattern: re.Pattern[str]
    meaning: str
    is_generic: bool = False  # within a report that has just begun it adds nothing: the first line said more
    is_fatal: bool = False  # the command that runs will never end by itself
    is_one_line: bool = False


def header(
    kind: Kind,
    pattern: str,
    meaning: str,
    *,
    generic: bool = False,
    fatal: bool = False,
    one_line: bool = False,
) -> Header:
    """A Header, written in few words."""
    return Header(kind, re.compile(pattern), meaning, generic, fatal, one_line)
