# SPDX-License-Identifier: MIT
"""One check in the list of results: its outcome, and when opened all there is to say about it."""

import time
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from kmodlab.evidence.finding import Finding
from kmodlab.evidence.klog import Record
from kmodlab.grading.verdict import CheckVerdict, Outcome
from kmodlab.packs.manifest import Check
from kmodlab.tui import words
from kmodlab.tui.frames import in_one_frame
from kmodlab.tui.keys import key_for
from kmodlab.tui.widgets.cells import Cell, CellRow, Cells
from kmodlab.tui.widgets.comparison import LABEL, Comparison
from kmodlab.tui.widgets.log_view import EXPECTED, Role, record_line

Place = tuple[str, int]  # a file of the learner's, and a line

OFFERED_AFTER = (
    3  # failures in a row of a check is its first hint offered, and each further one after one more
)
LITTLE = 52  # cells for the head of a card
TICK = 0.25  # seconds between two looks at the clock while a check runs
LOG_LINES = 8  # of the check's log, in its card; all of it is in the tab Kernel log
_LOG_STYLES: dict[Role, str] = {"error": "$error", "debug": "$muted", EXPECTED: "$muted italic"}


class Row(Cells):
    """A line of the list that the cursor can stand on; Enter or a click chooses it."""

    class Chosen(Message):
        """The learner chose this row."""

        def __init__(self, row: "Row") -> None:
            self.row = row
            super().__init__()

    def on_click(self) -> None:
        """A click chooses."""
        self.post_message(self.Chosen(self))

    @property
    def quiet(self) -> str:
        """The style of what matters less; where the cursor is that would be hard to read."""
        return "" if self.has_class("-cursor") else "$muted"


class FindingRow(Row):
    """What is wrong, or one line that had a part in it; choosing it leads to that line."""

    def __init__(self, label: str, text: Content, place: Place | None) -> None:
        """Show `text` and, if it is known, the place it speaks of."""
        self.place = place
        where = f"{place[0]}:{place[1]} ↵" if place else ""
        super().__init__(
            (
                Cell(Content.styled(label, "bold $error"), LABEL),
                Cell(text),
                Cell(Content.styled(where, "underline $primary"), cell_len(where) + 2, "right"),
            ),
            classes="finding",
        )


class HintRow(Row):
    """The offer of one hint more."""

    def __init__(self, key: str, number: int, available: int) -> None:
        """Offer hint `number` of the `available` ones, which `key` shows."""
        offer = f"Show hint {number} of {available}"
        super().__init__(
            (Cell(Content.styled(key, "$accent"), LABEL), Cell(Content.styled(offer, "$accent"))),
            classes="offer",
        )


class HeadRow(Row):
    """The check itself; choosing it opens or closes its card."""

    def __init__(self, title: str) -> None:
        """Show the check called `title`, of which nothing is known yet."""
        super().__init__(classes="head")
        self._title = words.prose(title)
        self._state, self._seconds, self._points = words.NOT_RUN, "", ""

    def tell(self, state: words.State, seconds: str, points: str) -> None:
        """Show how the check stands. That never needs another line, so nothing is laid out anew."""
        self._state, self._seconds, self._points = state, seconds, points
        self.refresh()

    def tick(self, seconds: str) -> None:
        """Show for how long the check has run."""
        self._seconds = seconds
        self.refresh()

    def rows(self, width: int) -> Sequence[CellRow]:
        """Leave the time out and cut the title where there is little room."""
        is_cut = width < LITTLE
        state = Content.styled(f"{self._state.glyph} {self._state.word}", self._state.colour)
        return [
            (
                Cell(state, 12),
                Cell(self._title, is_cut=is_cut),
                *([] if is_cut else [Cell(Content.styled(self._seconds, self.quiet), 9, "right")]),
                Cell(Content(self._points), 8, "right"),
            )
        ]


class CheckCard(Vertical):
    """One check. `hints_shown` is how many of its hints the learner has asked for."""

    class HintWanted(Message):
        """The learner asks for the next hint."""

        def __init__(self, card: "CheckCard") -> None:
            self.card = card
            super().__init__()

    class PlaceChosen(Message):
        """The learner wants to see a line of the source."""

        def __init__(self, file: str, line: int) -> None:
            self.file = file
            self.line = line
            super().__init__()

    def __init__(self, check: Check, hints_shown: int = 0) -> None:
        """Show `check`, which was not run yet."""
        super().__init__(classes="check")
        self.check = check
        self.hints_shown = hints_shown
        self.verdict: CheckVerdict | None = None
        self._failures: int | None = None  # in a row; None while that is not known
        self._is_due = False  # that it is opened, which was put off
        self._clock: Timer | None = None
        self._began = 0.0

    def compose(self) -> ComposeResult:
        """Lay out the head; the body comes with a verdict."""
        yield HeadRow(self.check.title)
        yield Vertical(classes="body")

    def on_mount(self) -> None:
        """Begin without a verdict."""
        self._show_state(words.NOT_RUN, points=words.number(self.check.points))

    @property
    def is_open(self) -> bool:
        """Whether the body is shown."""
        return self.has_class("-open")

    @property
    def has_failed(self) -> bool:
        """Whether the check ran and did not pass."""
        return self.verdict is not None and self.verdict.outcome not in (Outcome.PASS, Outcome.SKIP)

    @property
    def wants_hint(self) -> bool:
        """Whether there is a hint that the learner has not seen and may want."""
        return self.has_failed and self.hints_shown < len(self.check.hints)

    @property
    def attempts_to_offer(self) -> int:
        """How many failures more it takes until the next hint is offered; whoever asks gets it before."""
        return max(OFFERED_AFTER + self.hints_shown - (self._failures or 0), 0)

    async def wait(self, *, is_running: bool = False) -> None:
        """Show that the check is still to come, or running."""
        self.verdict = self._failures = None
        self._is_due = False
        state = words.RUNNING if is_running else words.WAITING
        self._show_state(state, points=words.number(self.check.points))
        if is_running:
            self._began = time.monotonic()
            self._clock = self.set_interval(TICK, self._show_clock)
        await self._empty_body()

    async def forget(self) -> None:
        """Show the check as not run."""
        await self.wait()
        self._show_state(words.NOT_RUN, points=words.number(self.check.points))

    async def show(self, verdict: CheckVerdict, *, opens: bool = True) -> None:
        """Show how the check ended; one that did not pass is opened, now or by `open_due`."""
        self.verdict = verdict
        self._show_state(
            words.OUTCOMES[verdict.outcome],
            seconds="" if verdict.outcome is Outcome.SKIP else words.seconds(verdict.seconds),
            points=words.of(verdict.points, verdict.max_points),
        )
        await self._empty_body()
        self._is_due = self.has_failed or verdict.outcome is Outcome.SKIP
        if opens:
            await self.open_due()

    async def open_due(self) -> None:
        """Open the card if that was put off."""
        if self._is_due and not self.is_open:
            await self.toggle()

    async def show_failures(self, count: int) -> None:
        """Take note of how often the check has failed in a row, which decides whether a hint is offered."""
        self._failures = count
        body = self.query_one(".body", Vertical)
        if self.wants_hint and body.children:
            log = body.query(".log")
            await body.mount_all(self._offer(), before=log.first() if log else None)

    async def show_hints(self, count: int) -> None:
        """Show the first `count` hints."""
        self.hints_shown = count
        await self._empty_body()
        await self.toggle()

    @in_one_frame
    async def toggle(self) -> None:
        """Open the card, or close it."""
        self.toggle_class("-open")
        self._is_due = False
        body = self.query_one(".body", Vertical)
        if self.is_open and self.verdict is not None and not body.children:
            await body.mount_all(self._details(self.verdict))

    async def on_row_chosen(self, event: Row.Chosen) -> None:
        """Do what the chosen row is for."""
        row = event.row
        if isinstance(row, FindingRow):
            if row.place:
                self.post_message(self.PlaceChosen(*row.place))
        elif isinstance(row, HintRow):
            self.post_message(self.HintWanted(self))
        else:
            await self.toggle()

    def _show_clock(self) -> None:
        head, around = self.query_one(HeadRow), self.parent
        if isinstance(around, Widget) and head.region.overlaps(around.region):  # else it would only cost
            head.tick(f"{time.monotonic() - self._began:.1f} s")

    def _show_state(self, state: words.State, *, seconds: str = "", points: str) -> None:
        if self._clock is not None:
            self._clock.stop()
            self._clock = None
        self.query_one(HeadRow).tell(state, seconds, points)

    async def _empty_body(self) -> None:
        self.remove_class("-open")
        body = self.query_one(".body", Vertical)
        if body.children:
            await body.remove_children()

    def _details(self, verdict: CheckVerdict) -> Iterator[Widget]:
        if verdict.reason and verdict.reason not in [finding.message for finding in verdict.findings]:
            yield Static(words.prose(verdict.reason), classes="reason")
        yield from _difference(verdict)
        for finding in verdict.findings:
            yield from _finding_rows(finding)
        if self.has_failed:
            yield from self._hints()
        yield from _log(verdict)

    def _hints(self) -> Iterator[Widget]:
        available = len(self.check.hints)
        for number, hint in enumerate(self.check.hints[: self.hints_shown], start=1):
            yield fact(f"hint {number} of {available}", words.prose(hint), "hint")
        yield from self._offer()

    def _offer(self) -> Iterator[Widget]:
        if not self.wants_hint or self._failures is None:
            return
        if attempts := self.attempts_to_offer:
            hint = "the next hint" if self.hints_shown else "a hint"
            text = f"{hint} is offered after {words.count(attempts, 'more attempt')}"
            yield fact("", Content.styled(text, "italic $muted"), "no-offer")
        else:
            yield HintRow(key_for(self.app, "hint"), self.hints_shown + 1, len(self.check.hints))


def _finding_rows(finding: Finding) -> Iterator[Row]:
    """The finding, and every other line that had a part in it."""
    place = (finding.file, finding.line) if finding.file is not None and finding.line is not None else None
    yield FindingRow(finding.kind, words.prose(finding.message), place)
    for location in finding.locations:
        other = (location.file, location.line)
        if other != place:
            function = f" in {location.function}" if location.function else ""
            yield FindingRow("", Content.styled(f"{location.role}{function}", "$muted"), other)


def fact(label: str, text: Content, classes: str) -> Cells:
    """A label and what it labels."""
    colour = "$accent" if classes == "hint" else "$muted"
    return Cells((Cell(Content.styled(label, colour), LABEL), Cell(text)), classes=classes)


def _difference(verdict: CheckVerdict) -> Iterator[Widget]:
    expected, actual = verdict.expected, verdict.actual
    if verdict.difference is not None:  # of texts: the first lines that differ, white space made visible
        expected, actual = verdict.difference.expected, verdict.difference.actual
        if verdict.difference.heading:
            yield Static(Content(verdict.difference.heading), classes="reason")
    if expected is not None or actual is not None:
        yield Comparison(expected, actual)


def _log(verdict: CheckVerdict) -> Iterator[Widget]:
    """What the findings were read from; without any the check's own log. Only its first lines."""
    said = dict.fromkeys(line for finding in verdict.findings for line in finding.log)
    lines = [Content(line) for line in said] or [_log_line(record) for record in verdict.log]
    if not lines:
        return
    shown = lines[:LOG_LINES]
    if len(lines) > len(shown):
        shown.append(Content(f"… {words.count(len(lines) - len(shown), 'line')} more in the tab Kernel log"))
    yield fact("kernel log", Content("\n").join(shown), "log")


def _log_line(record: Record) -> Content:
    line = record_line(record)
    return Content.assemble(line.prefix, (line.text, _LOG_STYLES.get(line.role, "$foreground")))
