# SPDX-License-Identifier: MIT
"""The difference of two texts, as lines that stand side by side."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from rich.cells import cell_len

from kmodlab.grading.compare import differ_in_space_only

CONTEXT = 3  # lines that are shown around a change
TAB_WIDTH = 8  # columns
ALIKE = 0.5  # from this ratio on, what stands in place of a line is that line changed
LONGEST_COMPARED = 400  # characters of lines that are compared word by word
NO_END = " ⟨no newline at the end⟩"

Span = tuple[int, int]  # first and last character, the last excluded

_WORD = re.compile(r"\w+|\s+|.")
_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}


@dataclass(frozen=True, slots=True)
class Side:
    """A line of one text, fit to be shown; `number` counts from 1, and `changes` are where it differs."""

    number: int
    text: str
    changes: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """What stands side by side: the same line twice, a line and what replaced it, or a line of one text only."""

    before: Side | None
    after: Side | None
    is_same: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """So many lines that are the same in both texts, left out."""

    count: int


Row = Pair | Gap


def compare(before: str, after: str) -> list[Row]:
    """The rows of two texts; of what is the same only the lines around each change."""
    old, new = _lines(before), _lines(after)
    blocks = SequenceMatcher(None, old, new).get_opcodes()
    rows: list[Row] = []
    for at, (kind, start, end, new_start, new_end) in enumerate(blocks):
        if kind == "equal":
            pairs = [
                Pair(Side(number, shown(line)), Side(number + new_start - start, shown(line)), is_same=True)
                for number, line in enumerate(old[start:end], start + 1)
            ]
            rows += _around_changes(pairs, is_first=at == 0, is_last=at == len(blocks) - 1)
        else:
            changed = zip_longest(
                enumerate(old[start:end], start + 1), enumerate(new[new_start:new_end], new_start + 1)
            )
            rows += (_changed(one, other) for one, other in changed)
    return rows


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[Row]]:
    """The rows of each file; one that is on one side only is compared with an empty text."""
    names = dict.fromkeys([*before, *after])
    return {name: compare(before.get(name, ""), after.get(name, "")) for name in names}


def count_changes(rows: Sequence[Row]) -> tuple[int, int]:
    """How many lines were added, and how many removed."""
    pairs = [row for row in rows if isinstance(row, Pair) and not row.is_same]
    return sum(pair.after is not None for pair in pairs), sum(pair.before is not None for pair in pairs)


def shown(line: str, *, with_space: bool = False) -> str:
    """The line with tabs of eight columns and control characters as pictures; if asked, with white space visible."""
    blank, tab = ("·", "→") if with_space else (" ", " ")
    text = ""
    for part in re.split("(\t)", line):
        if part == "\t":
            text += tab + " " * (TAB_WIDTH - 1 - cell_len(text) % TAB_WIDTH)
        else:
            text += part.replace(" ", blank).translate(_PICTURES)
    return text


def _lines(text: str) -> list[str]:
    """The lines without their ends. Other than for str.splitlines only a newline ends a line."""
    *lines, last = text.split("\n")
    return [*lines, last + NO_END] if last else lines


def _around_changes(pairs: list[Pair], *, is_first: bool, is_last: bool) -> list[Row]:
    head = 0 if is_first else CONTEXT
    tail = 0 if is_last else CONTEXT
    left_out = len(pairs) - head - tail
    if left_out <= 1:
        return [*pairs]
    return [*pairs[:head], Gap(left_out), *pairs[len(pairs) - tail :]]


def _changed(one: tuple[int, str] | None, other: tuple[int, str] | None) -> Pair:
    """A line of the text before and one of the text after, each with its number."""
    if one is None or other is None:
        return Pair(one and Side(one[0], shown(one[1])), other and Side(other[0], shown(other[1])))
    (number, old), (new_number, new) = one, other
    is_space = differ_in_space_only(old, new)
    old, new = shown(old, with_space=is_space), shown(new, with_space=is_space)
    old_changes, new_changes = _word_changes(old, new)
    return Pair(Side(number, old, old_changes), Side(new_number, new, new_changes))


def _word_changes(old: str, new: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Where two lines differ, word by word; nowhere when they have little in common."""
    if max(len(old), len(new)) > LONGEST_COMPARED:
        return (), ()
    words, new_words = _WORD.findall(old), _WORD.findall(new)
    matcher = SequenceMatcher(None, words, new_words, autojunk=False)
    if matcher.ratio() < ALIKE:
        return (), ()
    blocks = [block for block in matcher.get_opcodes() if block[0] != "equal"]
    return (
        _spans(words, [(start, end) for _, start, end, _, _ in blocks]),
        _spans(new_words, [(start, end) for _, _, _, start, end in blocks]),
    )


def _spans(words: Sequence[str], ranges: Sequence[Span]) -> tuple[Span, ...]:
    """Ranges of words as ranges of characters."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word))
    return tuple((starts[first], starts[last]) for first, last in ranges if first < last)
