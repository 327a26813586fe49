# SPDX-License-Identifier: MIT
"""Texts beside each other in one widget: with a widget for each, every layout of the screen would take longer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Cell:
    """A text in a row: `width` cells wide, or sharing what the others leave when that is None."""

    text: Content
    width: int | None = None
    align: Literal["left", "right"] = "left"
    is_cut: bool = False  # at the end of the first line, instead of going on in the next


CellRow = Sequence[Cell]


def lines(rows: Sequence[CellRow], width: int) -> list[Content]:
    """The rows, laid out in lines of `width` cells."""
    return [line for row in rows for line in _lines(row, width)]


def _lines(row: CellRow, width: int) -> list[Content]:
    sharing = sum(cell.width is None for cell in row)
    left = width - sum(cell.width or 0 for cell in row)
    widths = [max(left // sharing if cell.width is None else cell.width, 1) for cell in row]
    columns = [_column(cell, cells) for cell, cells in zip(row, widths, strict=True)]
    height = max(len(column) for column in columns)
    return [
        Content("").join(
            _padded(column[at] if at < len(column) else Content(""), cells, cell.align)
            for cell, cells, column in zip(row, widths, columns, strict=True)
        )
        for at in range(height)
    ]


def _column(cell: Cell, width: int) -> list[Content]:
    if cell.is_cut:
        return [cell.text.truncate(width, ellipsis=True)]
    return cell.text.wrap(width) or [Content("")]


def _padded(text: Content, width: int, align: Literal["left", "right"]) -> Content:
    text = text.truncate(width)
    room = width - text.cell_length
    return text.pad_left(room) if align == "right" else text.pad_right(room)


class Cells(Widget):
    """Rows of cells; what they are may depend on the width there is."""

    def __init__(self, *rows: CellRow, classes: str | None = None) -> None:
        """Show `rows`."""
        super().__init__(classes=classes)
        self._rows = rows

    def rows(self, width: int) -> Sequence[CellRow]:
        """What is shown where there are `width` cells."""
        return self._rows

    @property
    def texts(self) -> list[str]:
        """What is shown, cell by cell."""
        return [cell.text.plain for row in self.rows(self.content_size.width) for cell in row]

    def render(self) -> Content:
        """Lay the rows out in the width there is."""
        width = self.content_size.width
        return Content("\n").join(lines(self.rows(width), max(width, 1)))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the rows need."""
        return len(lines(self.rows(width), max(width, 1)))
