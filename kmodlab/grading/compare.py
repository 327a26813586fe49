# SPDX-License-Identifier: MIT
"""Comparing texts for people: where they first differ, with white space visible where it matters, and cuts told."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_LINE = 160  # characters of a line that are shown
BEFORE = 40  # of them in front of the first difference, when the line is cut
LONGEST_TEXT = 4000  # characters of a text in a report
LEGEND = "· blank, → tab, ␊ line end"

_PICTURES = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    **{code: "⍽" for code in range(0x80, 0x3001) if chr(code).isspace()},
    ord("\t"): "→",
    ord("\n"): "␊",
    0x7F: "␡",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two texts first differ: a heading, empty where it would say nothing, and the line of each."""

    heading: str
    expected: str
    actual: str

    def __str__(self) -> str:
        """All of it, in lines of their own."""
        lines = (self.heading, f"expected  {self.expected}", f"actual    {self.actual}")
        return "\n".join(line for line in lines if line)

    @classmethod
    def read(cls, text: str) -> "Difference":
        """The difference that reads `text`; raise ValueError when none does."""
        found = re.fullmatch(r"(?:([^\n]+)\n)?expected  (.*?)\nactual    (.*)", text, re.DOTALL)
        if found is None:
            raise ValueError("that tells of no difference")
        return cls(found[1] or "", found[2], found[3])


def difference(expected: str, actual: str) -> Difference | None:
    """Say where two texts first differ; None when they are equal.

    Tabs, control characters and blanks at a line's end are visible in those lines; where nothing but white space
    differs, so are all blanks and a line end that only one of them has.
    """
    if expected == actual:
        return None
    wanted, seen = _lines(expected), _lines(actual)
    at = _in_common(wanted, seen)
    one, other = (lines[at] if at < len(lines) else None for lines in (wanted, seen))
    is_space = one is not None and other is not None and differ_in_space_only(one, other)
    return Difference(
        _heading(at, max(len(wanted), len(seen)), is_space=is_space),
        _shown(one, other, is_space=is_space) + _rest(wanted, at),
        _shown(other, one, is_space=is_space) + _rest(seen, at),
    )


def differ_in_space_only(one: str, other: str) -> bool:
    """Whether two texts look alike until their white space is shown."""
    return one != other and "".join(one.split()) == "".join(other.split())


def shortened(text: str, limit: int = LONGEST_TEXT) -> str:
    """The text, or its first `limit` characters and how many are cut."""
    cut = len(text) - limit
    return text if cut <= 0 else f"{text[:limit]}\n[… {cut} more characters]"


def _lines(text: str) -> list[str]:
    """The lines with their ends. Other than for str.splitlines only a newline ends a line."""
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])


def _heading(at: int, lines: int, *, is_space: bool) -> str:
    place = f"line {at + 1}" if lines > 1 else ""
    if is_space:
        return f"only white space differs{', first in ' if place else ''}{place} ({LEGEND})"
    return f"{place} is the first that differs" if place else ""


def _shown(line: str | None, other: str | None, *, is_space: bool) -> str:
    """A line as it is shown beside the other one."""
    if line is None:
        return "(nothing)"
    body = line.removesuffix("\n")
    start, end = _window(body, other or "")
    kept = body[start:end]
    blanks = len(kept) if is_space else len(kept) - len(kept.rstrip())
    kept = kept[: len(kept) - blanks] + kept[len(kept) - blanks :].replace(" ", "·")
    if is_space and line != body and end == len(body) and not (other or "").endswith("\n"):
        kept += "\n"
    before = f"[… {start} characters] " if start else ""
    after = f" [… {len(body) - end} more characters]" if end < len(body) else ""
    return before + kept.translate(_PICTURES) + after


def _window(body: str, other: str) -> tuple[int, int]:
    """The part of a line that is shown: where the first difference is."""
    if len(body) <= LONGEST_LINE:
        return 0, len(body)
    start = max(0, _in_common(body, other) - BEFORE)
    return start, min(len(body), start + LONGEST_LINE)


def _in_common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines, or characters, two texts have in common before the first that differs."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def _rest(lines: list[str], at: int) -> str:
    more = len(lines) - at - 1
    return f"\n[… {more} more line{'s' if more > 1 else ''}]" if more > 0 else ""
