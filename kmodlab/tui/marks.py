# SPDX-License-Identifier: MIT
"""Marks: what the compiler and the kernel said about lines of the learner's source.

A mark follows its line when lines above it come and go, and it vanishes when the learner changes the line,
since what was said of it need not hold any more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.evidence.finding import Finding

Weight = Literal["error", "finding", "warning", "note"]
GRAVEST_FIRST: tuple[Weight, ...] = ("error", "finding", "warning", "note")


@dataclass(frozen=True, slots=True)
class Mark:
    """What was said about one line."""

    row: int  # counts from 0
    weight: Weight
    word: str  # "error", "warning", or the kind of a finding, such as "leak"
    text: str


def marks_of(diagnostics: Iterable[Diagnostic], findings: Iterable[Finding], name: str) -> list[Mark]:
    """The marks of the file `name`, each once, in the order they were said."""
    marks = [
        Mark(said.line - 1, said.severity, said.severity, said.text)
        for said in diagnostics
        if said.file == name and said.line is not None
    ]
    marks += [
        Mark(finding.line - 1, "finding", finding.kind, finding.message)
        for finding in findings
        if finding.file == name and finding.line is not None and finding.kind != "build-error"
    ]
    return list(dict.fromkeys(marks))


def follow(marks: Iterable[Mark], before: Sequence[str], after: Sequence[str]) -> list[Mark]:
    """Where the marks are once the lines `before` read `after`."""
    if len(before) == len(after):  # several lines may have changed, and none has moved
        return [mark for mark in marks if before[mark.row] == after[mark.row]]
    shorter = min(len(before), len(after))
    same_above = 0
    while same_above < shorter and before[same_above] == after[same_above]:
        same_above += 1
    same_below = 0
    while same_below < shorter - same_above and before[-1 - same_below] == after[-1 - same_below]:
        same_below += 1
    shift = len(after) - len(before)
    return [
        mark if mark.row < same_above else replace(mark, row=mark.row + shift)
        for mark in marks
        if mark.row < same_above or mark.row >= len(before) - same_below
    ]


def by_row(marks: Iterable[Mark]) -> Mapping[int, list[Mark]]:
    """The marks of each row, the gravest first."""
    rows: dict[int, list[Mark]] = {}
    for mark in sorted(marks, key=lambda mark: GRAVEST_FIRST.index(mark.weight)):
        rows.setdefault(mark.row, []).append(mark)
    return rows
