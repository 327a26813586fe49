# SPDX-License-Identifier: MIT
"""Indentation of C as the kernel writes it: one tab a level (Documentation/process/coding-style.rst)."""

import re
from collections.abc import Sequence

TAB = "\t"
TAB_WIDTH = 8  # columns

_NO_CODE = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|//.*|/\*.*?(?:\*/|$)')
_LEVEL = re.compile(r"^(?: {0,7}\t| {1,8})")
_COMMENT = re.compile(r"^(\s*)// ?")
_LABEL = re.compile(r"\s*(case\b.*|default\s*):$")


def code_only(line: str) -> str:
    """The line without what stands in strings, character constants and comments of that line."""
    return _NO_CODE.sub("", line).rstrip()


def indentation(line: str) -> str:
    """The white space that the line begins with."""
    return line[: len(line) - len(line.lstrip())]


def line_break(before: str, after: str) -> tuple[str, str]:
    """What Enter inserts between the two parts of a line, left and right of the cursor that ends between them.

    The new line keeps the indentation; after `{` and after a case label it is one tab deeper. A `}` that
    followed the `{` goes to a line of its own.
    """
    indent = indentation(before)
    code = code_only(before)
    if code.endswith("{"):
        closing = f"\n{indent}" if after.lstrip().startswith("}") else ""
        return f"\n{indent}{TAB}", closing
    if _LABEL.fullmatch(code):
        return f"\n{indent}{TAB}", ""
    return f"\n{indent}", ""


def closing_indent(lines_above: Sequence[str]) -> str | None:
    """The indentation of the line whose `{` a `}` below `lines_above` closes; None when none is open."""
    closed = 0
    for line in reversed(lines_above):
        for character in reversed(code_only(line)):
            if character == "}":
                closed += 1
            elif character == "{":
                if closed == 0:
                    return indentation(line)
                closed -= 1
    return None


def deeper(lines: Sequence[str]) -> list[str]:
    """The lines one level deeper; empty ones stay so."""
    return [TAB + line if line.strip() else line for line in lines]


def shallower(lines: Sequence[str]) -> list[str]:
    """The lines one level less deep, as far as they can be."""
    return [_LEVEL.sub("", line) for line in lines]


def commented(lines: Sequence[str]) -> list[str]:
    """The lines as comments; as code again when all of them were comments.

    The marks stand in one column, so that what is nested stays legible.
    """
    code = [line for line in lines if line.strip()]
    if code and all(_COMMENT.match(line) for line in code):
        return [_COMMENT.sub(r"\1", line) for line in lines]
    column = min((len(indentation(line)) for line in code), default=0)
    return [f"{line[:column]}// {line[column:]}" if line.strip() else line for line in lines]
