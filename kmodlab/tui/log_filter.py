# SPDX-License-Identifier: MIT
"""What of the kernel log is shown: all of it, or what the learner looks for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kmodlab.evidence.klog import Level, Record
from kmodlab.tui import words
from kmodlab.tui.widgets.log_view import EXPECTED, Line, clipped, record_line

NOTHING_LOGGED = Line("The kernel logged nothing.", EXPECTED)
ALL_HIDDEN = Line("No line is left to show.", EXPECTED)
BENIGN_EXPLAINED = Line(
    f"Lines marked “{EXPECTED}” come with any module built outside the kernel: no mistake.", EXPECTED
)
LEVELS = {  # the least that is shown, in the order that the key goes through, and how that is said
    Level.DEBUG: "all levels",
    Level.INFO: "info and graver",
    Level.WARNING: "warnings and errors",
    Level.ERR: "errors",
}


@dataclass(frozen=True, slots=True)
class Chapter:
    """What the kernel logged while one check ran, below a heading."""

    heading: str
    records: Sequence[Record]


@dataclass(frozen=True, slots=True)
class Filter:
    """What is shown of the kernel log: lines with `text` in them, of the level `least` or graver.

    Benign lines look like warnings and are none: they count as of the level info.
    """

    text: str = ""
    least: Level = Level.DEBUG
    hides_benign: bool = False

    @property
    def next_level(self) -> Level:
        """The level that comes after `least` when it is changed by a key."""
        levels = list(LEVELS)
        return levels[(levels.index(self.least) + 1) % len(levels)]

    def admits(self, record: Record) -> bool:
        """Whether a record is shown."""
        if record.is_benign and self.hides_benign:
            return False
        level = Level.INFO if record.is_benign else record.level
        line = record_line(record)
        return level <= self.least and self.text.casefold() in f"{line.prefix}{line.text}".casefold()


def listing(chapters: Iterable[Chapter], shown: Filter) -> tuple[list[Line], int]:
    """The lines to show, and how many records are hidden. A chapter of which nothing is left has no heading."""
    lines: list[Line] = []
    hidden = 0
    is_explained = False
    for chapter in chapters:
        records = [record for record in chapter.records if shown.admits(record)]
        hidden += len(chapter.records) - len(records)
        is_explained = is_explained or any(record.is_benign for record in records)
        if records or not chapter.records:
            lines.append(Line(chapter.heading, "heading"))
            lines += clipped([record_line(record) for record in records]) or [NOTHING_LOGGED]
    if hidden and not lines:
        lines = [ALL_HIDDEN]
    return ([BENIGN_EXPLAINED, *lines] if is_explained else lines), hidden


def in_words(shown: Filter, hidden: int) -> str:
    """What is shown and what is not, in one line; the text that is looked for stands beside it."""
    parts = [
        f"{words.count(hidden, 'line')} hidden by the filter" if hidden else "",
        LEVELS[shown.least] if not hidden or shown.least is not Level.DEBUG else "",
        "without expected lines" if shown.hides_benign else "",
    ]
    return " · ".join(part for part in parts if part)
