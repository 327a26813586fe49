# SPDX-License-Identifier: MIT
"""Finding a text in lines, and putting another one in its place."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Location = tuple[int, int]  # row and column; both count from 0


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """A place where the text was found: the columns `start` to `end`, the latter not included, of `row`."""

    row: int
    start: int
    end: int

    @property
    def span(self) -> tuple[Location, Location]:
        """Where it begins and where it ends."""
        return (self.row, self.start), (self.row, self.end)


def matches(lines: Iterable[str], wanted: str, *, is_case_sensitive: bool) -> list[Match]:
    """Every place of `wanted` in `lines`, in order; none when there is nothing wanted."""
    if not wanted:
        return []
    pattern = re.compile(re.escape(wanted), 0 if is_case_sensitive else re.IGNORECASE)
    return [Match(row, *found.span()) for row, line in enumerate(lines) for found in pattern.finditer(line)]


def index_after(found: Sequence[Match], place: Location) -> int:
    """The index of the first match that begins at `place` or after it, else of the first; `found` is not empty."""
    return next((at for at, match in enumerate(found) if match.span[0] >= place), 0)


def index_before(found: Sequence[Match], place: Location) -> int:
    """The index of the last match that begins before `place`, else of the last; `found` is not empty."""
    return next((at for at in reversed(range(len(found))) if found[at].span[0] < place), len(found) - 1)


def replaced(lines: Sequence[str], found: Iterable[Match], text: str) -> list[str]:
    """The lines with `text` in every place that was `found` in them."""
    changed = list(lines)
    for match in sorted(found, reverse=True):
        line = changed[match.row]
        changed[match.row] = line[: match.start] + text + line[match.end :]
    return changed
