# SPDX-License-Identifier: MIT
"""The terminal's screen: pyte's, with what it lacks for a serial line.

That is a scrollback, the alternate screen, answers to the guest's questions, resizing that keeps what is in use, and
no trouble with what it does not know. Sequences: `man console_codes`, and xterm's ctlseqs for the private modes.
"""

import copy
import unicodedata
from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Any

import pyte
from pyte import modes
from pyte.screens import Char, Cursor, StaticDefaultDict
from rich.cells import get_character_cell_size

SCROLLBACK = 5000  # lines
ALTERNATE = {47, 1047, 1049}  # private modes
APPLICATION_CURSOR, BRACKETED_PASTE = 1 << 5, 2004 << 5  # private modes, as pyte keeps them

Line = StaticDefaultDict[int, Char]
Run = tuple[str, Char]  # text, and the look that all of it has
Row = tuple[Run, ...]


class Screen(pyte.Screen):
    """What a terminal of `columns` by `lines` shows, and the rows that have left it at the top."""

    def __init__(self, columns: int, lines: int, answer: Callable[[str], None]) -> None:
        """Begin empty; what the guest asks (where is the cursor?) goes to `answer`."""
        self.scrollback: deque[Row] = deque(maxlen=SCROLLBACK)
        self._answer = answer
        self._primary: tuple[dict[int, Line], Cursor] | None = None  # while the alternate screen is shown
        super().__init__(columns, lines)

    @property
    def is_alternate(self) -> bool:
        """Whether a program has the screen to itself, such as vi."""
        return self._primary is not None

    @property
    def past(self) -> int:
        """How many rows that have scrolled off can be seen above the screen."""
        return 0 if self.is_alternate else len(self.scrollback)

    def row(self, number: int) -> Row:
        """A row, counted from the oldest one that can be seen."""
        if number < self.past:
            return self.scrollback[number]
        return runs(self.buffer[number - self.past], self.columns)

    def write_process_input(self, data: str) -> None:
        """Answer the guest."""
        self._answer(data)

    def draw(self, data: str) -> None:
        """Write text at the cursor."""
        if data.isascii() and data.isprintable() and modes.IRM not in self.mode:
            self._draw_plain(data)
        else:
            for letter in data:
                self._draw_letter(letter)

    def _draw_plain(self, text: str) -> None:
        """Write letters that are one cell wide each, as nearly all are."""
        looks = _letters(self.cursor.attrs)
        while text:
            self._wrap(1)
            room = self.columns - self.cursor.x
            part, text = text[:room], text[room:]
            cells = zip(range(self.cursor.x, self.columns), map(looks.__getitem__, part), strict=False)
            self.buffer[self.cursor.y].update(cells)
            self.dirty.add(self.cursor.y)
            self.cursor.x += len(part)

    def _draw_letter(self, letter: str) -> None:
        width = get_character_cell_size(letter)
        if width < 1:
            if width == 0 and unicodedata.combining(letter):
                self._combine(letter)
            return
        self._wrap(width)
        if modes.IRM in self.mode:
            self.insert_characters(width)
        line, at = self.buffer[self.cursor.y], self.cursor.x
        line[at] = _letters(self.cursor.attrs)[letter]
        if width == 2:
            line[at + 1] = self.cursor.attrs._replace(data="")
        self.dirty.add(self.cursor.y)
        self.cursor.x = min(at + width, self.columns)

    def _combine(self, mark: str) -> None:
        """Put an accent on the letter before the cursor."""
        line = self.buffer[self.cursor.y]
        at = next((x for x in (self.cursor.x - 1, self.cursor.x - 2) if x >= 0 and line[x].data), None)
        if at is not None:
            line[at] = line[at]._replace(data=unicodedata.normalize("NFC", line[at].data + mark))
            self.dirty.add(self.cursor.y)

    def _wrap(self, width: int) -> None:
        """Make sure that a letter of this width fits where the cursor is."""
        if self.cursor.x + width <= self.columns:
            return
        if modes.DECAWM in self.mode:
            self.carriage_return()
            self.linefeed()
        else:
            self.cursor.x = max(0, self.columns - width)

    def index(self) -> None:
        """Go down a line; at the last one, the first line leaves the screen for the scrollback."""
        top, bottom = self.margins or (0, self.lines - 1)
        if self.cursor.y == bottom and top == 0 and not self.is_alternate:
            self.scrollback.append(runs(self.buffer[0], self.columns))
        super().index()

    def erase_in_display(self, how: int = 0, *args: Any, **kwargs: Any) -> None:
        """Erase; 3 is the scrollback, too."""
        super().erase_in_display(how, *args, **kwargs)
        if how == 3:
            self.scrollback.clear()

    def reset(self) -> None:
        """Begin anew; the scrollback is kept."""
        self._primary = None
        super().reset()

    def set_mode(self, *numbers: int, **kwargs: Any) -> None:
        """Set modes; some of them show the alternate screen."""
        if kwargs.get("private") and ALTERNATE & set(numbers) and not self.is_alternate:
            self._primary = dict(self.buffer), copy.copy(self.cursor)
            self.buffer.clear()
            self.dirty.update(range(self.lines))
        super().set_mode(*numbers, **kwargs)

    def reset_mode(self, *numbers: int, **kwargs: Any) -> None:
        """Reset modes; some of them show again what was there before the alternate screen."""
        super().reset_mode(*numbers, **kwargs)
        if kwargs.get("private") and ALTERNATE & set(numbers) and self._primary is not None:
            lines, self.cursor = self._primary
            self._primary = None
            self.buffer.clear()
            self.buffer.update(lines)
            self.margins = None
            self._fit()

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Take another size: what is below the cursor goes first, then what is at the top."""
        self.lines, self.columns = lines or self.lines, columns or self.columns
        self.margins = None
        self.tabstops = set(range(8, self.columns, 8))
        self._fit()

    def _fit(self) -> None:
        """Keep of the lines what the size allows."""
        for _ in range(self.cursor.y + 1 - self.lines):
            if not self.is_alternate:
                self.scrollback.append(runs(self.buffer[0], self.columns))
            moved = {y - 1: line for y, line in self.buffer.items() if y > 0}
            self.buffer.clear()
            self.buffer.update(moved)
            self.cursor.y -= 1
        for y in [y for y in self.buffer if y >= self.lines]:
            del self.buffer[y]
        for line in self.buffer.values():
            for x in [x for x in line if x >= self.columns]:
                del line[x]
        self.cursor.x = min(self.cursor.x, self.columns)
        self.dirty.update(range(self.lines))


class Stream(pyte.ByteStream):
    """Feeds a screen with what the guest prints; a sequence that the screen cannot take is left out."""

    def _send_to_parser(self, data: str) -> bool | None:
        try:
            return super()._send_to_parser(data)
        except Exception:  # pyte calls its handlers with whatever numbers came, and is ready again afterwards
            return True


class _Letters(dict[str, Char]):
    """Each letter in one look; cells that look alike share it."""

    def __init__(self, look: Char) -> None:
        self._look = look
        super().__init__()

    def __missing__(self, letter: str) -> Char:
        cell = self[letter] = self._look._replace(data=letter)
        return cell


@cache
def _letters(look: Char) -> _Letters:
    return _Letters(look)


def runs(line: Line, columns: int) -> Row:
    """A line as runs of the same look, without the empty end; a wide letter's second half is left out."""
    row: list[Run] = []
    text, look = "", line.default
    for x in range(min(max(line, default=-1) + 1, columns)):
        cell = line[x]
        if cell[1:] != look[1:]:
            if text:
                row.append((text, look))
            text, look = "", cell
        text += cell.data
    if look[1:] == line.default[1:]:
        text = text.rstrip(" ")
    if text:
        row.append((text, look))
    return tuple(row)
