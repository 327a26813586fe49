# SPDX-License-Identifier: MIT
"""The path through lessons, drawn with lines: one row a lesson, and a line from each to those that require it.

    ✓         hello
    ├─✓       kmalloc, requires hello
    ├─│─◐     params, requires hello
    │ │ ├─○   extern-symbols, requires params
    ○ │ │     chardev, requires hello
      ○ │     list, requires kmalloc
        ○     ftrace, requires params

A line goes down a lane, as many rows as there is something below that it leads to. The last lesson that it leads to
stands in the lane itself; another lesson has a lane further to the right.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

BLANK, DOWN = " ", "│"
JOINTS = {  # where a line leaves a lane: whether it goes on from the left, to the right, and whether the lane goes on
    (False, True, True): "├",
    (False, True, False): "╰",
    (True, False, True): "┤",
    (True, False, False): "╯",
    (True, True, True): "┼",
    (True, True, False): "┴",
}


@dataclass(frozen=True, slots=True)
class Row:
    """The drawing of one lesson: what is left and right of its sign, and what leads on in a line below."""

    left: str
    right: str
    below: str


@dataclass(frozen=True, slots=True)
class _Node:
    lane: int
    parents: Collection[int]  # rows
    last: int  # the last row that a line leads to from here


def draw(requires: Mapping[str, Collection[str]]) -> list[Row]:
    """Draw the lessons in the order of `requires`, which names what each requires; only what is before it counts."""
    nodes: list[_Node] = []
    parents = _parents(requires)
    for row, own in enumerate(parents):
        last = max((child for child, others in enumerate(parents) if row in others), default=row)
        nodes.append(_Node(_free_lane(nodes, row, own), own, last))
    width = max((node.lane for node in nodes), default=0) + 1
    return [_row(nodes, row, width) for row in range(len(nodes))]


def _parents(requires: Mapping[str, Collection[str]]) -> list[set[int]]:
    """The rows of what each lesson requires, without what it requires by way of another."""
    rows = {id: row for row, id in enumerate(requires)}
    parents: list[set[int]] = []
    ancestors: list[set[int]] = []
    for row, ids in enumerate(requires.values()):
        own = {rows[id] for id in ids if rows.get(id, row) < row}
        implied = set().union(*(ancestors[parent] for parent in own))
        parents.append(own - implied)
        ancestors.append(own | implied)
    return parents


def _free_lane(nodes: list[_Node], row: int, parents: Collection[int]) -> int:
    ending = [nodes[parent].lane for parent in parents if nodes[parent].last == row]
    if ending:
        return min(ending)
    lane = max((nodes[parent].lane + 1 for parent in parents), default=0)
    taken = {node.lane for node in nodes if node.last >= row}
    while lane in taken:
        lane += 1
    return lane


def _row(nodes: list[_Node], row: int, width: int) -> Row:
    node = nodes[row]
    ends = {nodes[parent].lane for parent in node.parents} | {node.lane}
    first, last = min(ends), max(ends)
    going_on = {above.lane for above in nodes[:row] if above.last > row}
    cells = []
    for lane in range(width):
        if lane == node.lane:
            cells.append("*")
        elif lane in ends:
            cells.append(JOINTS[lane > first, lane < last, lane in going_on])
        else:
            cells.append(DOWN if lane in going_on else "─" if first < lane < last else BLANK)
        cells.append("─" if first <= lane < last else BLANK)
    left, _, right = "".join(cells[:-1]).partition("*")
    leading_on = going_on | ({node.lane} if node.last > row else set())
    below = BLANK.join(DOWN if lane in leading_on else BLANK for lane in range(width))
    return Row(left, right, below)
