# SPDX-License-Identifier: MIT
"""The difference of two texts for people: side by side where there is room, otherwise with signs in one column."""

from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from typing import Literal

from textual.content import Content

from kmodlab.tui import words
from kmodlab.tui.difference import Gap, Pair, Row, Side, count_changes

Sign = Literal["−", "+", " "]

SIDE_BY_SIDE = 96  # cells from which there is room for both texts
BETWEEN = 3  # cells between them
MARGIN = 7  # cells of a line's number and sign
MOST_ROWS = 2000
COLOURS: dict[Sign, str] = {"−": "$error", "+": "$success", " ": "$foreground"}


def diff_text(rows: Sequence[Row], before: str, after: str, width: int) -> Content:
    """The rows at a width of so many cells; `before` and `after` say in a few words what the two texts are."""
    if count_changes(rows) == (0, 0):
        return Content(f"No difference: {before} and {after} are the same.")
    shown = rows[:MOST_ROWS]
    names = _name("−", before), _name("+", after)
    if width >= SIDE_BY_SIDE:
        half = (width - BETWEEN) // 2
        lines = [_beside(*names, half), _beside(Content(), Content(), half), *_side_by_side(shown, half)]
    else:
        lines = [Content("   ").join(names), Content(), *_unified(shown, width)]
    if (more := len(rows) - len(shown)) > 0:
        lines.append(Content.styled(f"… {words.count(more, 'line')} more", "$muted"))
    return Content("\n").join(lines)


def count_label(name: str, rows: Sequence[Row]) -> Content:
    """The name of a file with how many lines were added and removed in it; `=` when none was."""
    added, removed = count_changes(rows)
    if not added and not removed:
        return Content.assemble(name, " =")
    return Content.assemble(name, (f" +{added}", "$success"), (f" −{removed}", "$error"))


def _unified(rows: Sequence[Row], width: int) -> Iterator[Content]:
    """Of each change what was removed, then what was added."""
    for is_change, run in groupby(rows, key=lambda row: isinstance(row, Pair) and not row.is_same):
        if not is_change:
            for row in run:
                yield from [_gap(row)] if isinstance(row, Gap) else _lines(row.after, " ", width)
            continue
        pairs = [row for row in run if isinstance(row, Pair)]
        for pair in pairs:
            yield from _lines(pair.before, "−", width)
        for pair in pairs:
            yield from _lines(pair.after, "+", width)


def _side_by_side(rows: Sequence[Row], half: int) -> Iterator[Content]:
    """The text before on the left, the one after on the right, each `half` cells wide."""
    for row in rows:
        if isinstance(row, Gap):
            yield _beside(_gap(row), Content(), half)
            continue
        left = _lines(row.before, " " if row.is_same else "−", half)
        right = _lines(row.after, " " if row.is_same else "+", half)
        for one, other in zip_longest(left, right, fillvalue=Content()):
            yield _beside(one, other, half)


def _lines(side: Side | None, sign: Sign, width: int) -> Iterator[Content]:
    """One line of a text, folded where it does not fit, with its number and sign in front."""
    if side is None:
        return
    colour = COLOURS[sign]
    text = Content.styled(side.text, colour)
    for start, end in side.changes:
        text = text.stylize(f"bold underline {colour}", start, end)
    for at, part in enumerate(text.fold(width - MARGIN)):
        number = " " * 5 if at else f"{side.number:4} "
        yield Content.assemble((number, "$muted"), (f"{sign} ", f"bold {colour}"), part)


def _beside(left: Content, right: Content, half: int) -> Content:
    return Content.assemble(left, " " * (half - left.cell_length), (" │ ", "$rule"), right)


def _gap(gap: Gap) -> Content:
    return Content.styled(f"   ⋯   {words.count(gap.count, 'line')} the same", "$muted italic")


def _name(sign: Sign, name: str) -> Content:
    return Content.styled(f"{sign} {name}", f"bold {COLOURS[sign]}")
