# SPDX-License-Identifier: MIT
"""The path through lessons: lines lead from each lesson to those that require it."""

from hypothesis import given
from hypothesis import strategies as st

from kmodlab.tui.lanes import draw

LINES = {  # where a character leads to: left, right, up, down
    "│": (0, 0, 1, 1),
    "─": (1, 1, 0, 0),
    "├": (0, 1, 1, 1),
    "╰": (0, 1, 1, 0),
    "┤": (1, 0, 1, 1),
    "╯": (1, 0, 1, 0),
    "┼": (1, 1, 1, 1),
    "┴": (1, 1, 1, 0),
}


def drawn(requires: dict[str, list[str]]) -> list[str]:
    return [f"{row.left}o{row.right}".rstrip() for row in draw(requires)]


def test_lessons_one_after_the_other_are_one_line() -> None:
    assert drawn({"a": [], "b": ["a"], "c": ["b", "a"]}) == ["o", "o", "o"]
    assert [row.below for row in draw({"a": [], "b": ["a"]})] == ["│", " "]


def test_a_lesson_leads_to_several() -> None:
    requires = {
        "hello": [],
        "kmalloc": ["hello"],
        "params": ["hello"],
        "symbols": ["params"],
        "chardev": ["hello"],
        "list": ["kmalloc"],
        "ftrace": ["params"],
    }
    assert drawn(requires) == [
        "o",
        "├─o",
        "├─│─o",
        "│ │ ├─o",
        "o │ │",
        "  o │",
        "    o",
    ]


def test_lessons_lead_to_one() -> None:
    assert drawn({"a": [], "b": [], "c": ["a", "b"]}) == ["o", "│ o", "o─╯"]


def test_what_comes_later_or_is_not_there_is_no_requirement() -> None:
    assert drawn({"a": ["b", "elsewhere", "a"], "b": []}) == ["o", "o"]


@st.composite
def courses(draw_from: st.DrawFn) -> dict[str, list[str]]:
    size = draw_from(st.integers(1, 9))
    return {
        str(row): [str(at) for at in range(row) if draw_from(st.integers(0, 2)) == 0] for row in range(size)
    }


def reached(lines: list[str], row: int, column: int) -> set[int]:
    """The rows of the lessons below that the lines of one lead to, not through another lesson."""
    steps = ((0, -1), (0, 1), (-1, 0), (1, 0))
    found: set[int] = set()
    ways = [(row, column, 1, 0)]
    seen = set()
    while ways:
        at_row, at_column, down, right = ways.pop()
        at_row, at_column = at_row + down, at_column + right
        if not (0 <= at_row < len(lines) and 0 <= at_column < len(lines[at_row])):
            continue
        sign = lines[at_row][at_column]
        if sign == "o":
            found.add(at_row)
        if sign not in LINES or (at_row, at_column, down, right) in seen:
            continue
        seen.add((at_row, at_column, down, right))
        if sign == "│" and right:  # it is crossed
            ways.append((at_row, at_column, down, right))
            continue
        leads = [bool(way) for way in LINES[sign]]
        came_from = steps.index((-down, -right))
        if leads[came_from]:
            ways += [(at_row, at_column, *steps[way]) for way in range(4) if leads[way] and way != came_from]
    return found - {row}


@given(courses())
def test_every_requirement_that_no_other_implies_is_a_line(requires: dict[str, list[str]]) -> None:
    rows = draw(requires)
    assert len({len(row.left) + 1 + len(row.right) for row in rows} | {len(row.below) for row in rows}) == 1
    lines = [line for row in rows for line in (f"{row.left}o{row.right}", row.below)]

    def implied(lesson: str) -> set[str]:
        return set().union(*({on} | implied(on) for on in requires[lesson]))

    for lesson, needed in requires.items():
        direct = {on for on in needed if not any(on in implied(other) for other in needed)}
        row = 2 * int(lesson)
        above = {on for on in requires if row in reached(lines, 2 * int(on), lines[2 * int(on)].index("o"))}
        assert direct <= above
