# SPDX-License-Identifier: MIT
"""What was expected beside what happened, with the first line that differs marked."""

from collections.abc import Sequence

from textual.content import Content

from kmodlab.tui.widgets.cells import Cell, CellRow, Cells

ROOMY = 80  # cells that two columns need; where there are fewer, one is below the other
GAP = 2  # cells between them
LABEL = 16  # cells
MARK = "▸ "


class Comparison(Cells):
    """Two texts, side by side or one below the other. None: there is nothing to say on that side."""

    def __init__(self, expected: str | None, actual: str | None) -> None:
        """Show what was expected and what happened."""
        super().__init__(classes="comparison")
        sides = zip(
            ("expected", "what happened"), marked(expected, actual), ("$success", "$error"), strict=True
        )
        self._sides = [
            (Content.styled(title, "$muted"), text.stylize_before(colour))
            for title, text, colour in sides
            if text is not None
        ]

    def rows(self, width: int) -> Sequence[CellRow]:
        """Use the room there is."""
        if width < ROOMY:
            return [(Cell(title, LABEL), Cell(text)) for title, text in self._sides]
        gap = Cell(Content(""), GAP)
        columns = [(Cell(title.stylize("bold")), Cell(text)) for title, text in self._sides]
        return [[cell for part in row for cell in (part, gap)] for row in zip(*columns, strict=True)]


def marked(expected: str | None, actual: str | None) -> tuple[Content | None, Content | None]:
    """Both texts, with the first line that differs marked in each; as they are when there is only one."""
    if expected is None or actual is None:
        return (_plain(expected), _plain(actual))
    wanted, seen = expected.splitlines() or [""], actual.splitlines() or [""]
    pairs = enumerate(zip(wanted, seen, strict=False))
    at = next((at for at, (one, other) in pairs if one != other), min(len(wanted), len(seen)))
    return _side(wanted, seen, at), _side(seen, wanted, at)


def _plain(text: str | None) -> Content | None:
    return None if text is None else Content(text)


def _side(lines: Sequence[str], others: Sequence[str], at: int) -> Content:
    """The lines, with the part of line `at` that the other side has not marked."""
    shown = [Content(f"{' ' * len(MARK)}{line}") for line in lines]
    if at < len(lines):
        start, end = differing_part(lines[at], others[at] if at < len(others) else "")
        line = Content(lines[at]).stylize("bold").stylize("underline", start, end)
        shown[at] = Content.assemble((MARK, "bold"), line)
    return Content("\n").join(shown)


def differing_part(one: str, other: str) -> tuple[int, int]:
    """Where in `one` is what it has not in common with `other`: between what both begin with and what both end with."""
    shorter = min(len(one), len(other))
    start = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    common = range(1, shorter - start + 1)
    behind = next((at - 1 for at in common if one[-at] != other[-at]), shorter - start)
    return start, len(one) - behind
