# SPDX-License-Identifier: MIT
"""One check in the list of results: its outcome, and when opened all there is to say about it."""

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from kmodlab.evidence.finding import Finding
from kmodlab.grading.verdict import CheckVerdict, Outcome
from kmodlab.packs.manifest import Check
from kmodlab.tui import words
from kmodlab.tui.widgets.log_view import record_line

Place = tuple[str, int]  # a file of the learner's, and a line

LOG_LINES = 8  # of the check's log, in its card; all of it is in the tab Kernel log


class Row(Horizontal):
    """A line of the list that the cursor can stand on; Enter or a click chooses it."""

    class Chosen(Message):
        """The learner chose this row."""

        def __init__(self, row: "Row") -> None:
            self.row = row
            super().__init__()

    def on_click(self) -> None:
        """A click chooses."""
        self.post_message(self.Chosen(self))


class FindingRow(Row):
    """What is wrong, or one line that had a part in it; choosing it leads to that line."""

    def __init__(self, label: str, text: Content, place: Place | None) -> None:
        """Show `text` and, if it is known, the place it speaks of."""
        self.place = place
        self._label, self._text = label, text
        super().__init__(classes="finding")

    def compose(self) -> ComposeResult:
        """Lay out label, text and place."""
        yield Static(self._label, classes="label", markup=False)
        yield Static(self._text, classes="text")
        if self.place:
            file, line = self.place
            yield Static(f"{file}:{line} ↵", classes="place", markup=False)


class HintRow(Row):
    """The offer of one hint more."""

    def __init__(self, number: int, available: int) -> None:
        """Offer hint `number` of the `available` ones."""
        self._offer = f"Show hint {number} of {available}"
        super().__init__(classes="offer")

    def compose(self) -> ComposeResult:
        """Lay out key and offer."""
        yield Static("h", classes="label key", markup=False)
        yield Static(self._offer, classes="text", markup=False)


class HeadRow(Row):
    """The check itself; choosing it opens or closes its card."""


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

    def compose(self) -> ComposeResult:
        """Lay out the head; the body comes with a verdict."""
        with HeadRow(classes="head"):
            yield Static(classes="state")
            yield Static(words.prose(self.check.title), classes="title")
            yield Static(classes="time")
            yield Static(classes="points")
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

    async def wait(self, *, is_running: bool = False) -> None:
        """Show that the check is still to come, or running."""
        self.verdict = None
        self.remove_class("-open")
        state = words.RUNNING if is_running else words.WAITING
        self._show_state(state, points=words.number(self.check.points))
        await self.query_one(".body").remove_children()

    async def forget(self) -> None:
        """Show the check as not run."""
        await self.wait()
        self._show_state(words.NOT_RUN, points=words.number(self.check.points))

    async def show(self, verdict: CheckVerdict) -> None:
        """Show how the check ended; one that did not pass is opened."""
        self.verdict = verdict
        self._show_state(
            words.OUTCOMES[verdict.outcome],
            time="" if verdict.outcome is Outcome.SKIP else words.seconds(verdict.seconds),
            points=words.of(verdict.points, verdict.max_points),
        )
        self.set_class(self.has_failed or verdict.outcome is Outcome.SKIP, "-open")
        await self._fill_body()

    async def show_hints(self, count: int) -> None:
        """Show the first `count` hints."""
        self.hints_shown = count
        self.add_class("-open")
        await self._fill_body()

    def toggle(self) -> None:
        """Open the card, or close it."""
        self.toggle_class("-open")

    async def on_row_chosen(self, event: Row.Chosen) -> None:
        """Do what the chosen row is for."""
        row = event.row
        if isinstance(row, FindingRow):
            if row.place:
                self.post_message(self.PlaceChosen(*row.place))
        elif isinstance(row, HintRow):
            self.post_message(self.HintWanted(self))
        else:
            self.toggle()

    def _show_state(self, state: words.State, *, time: str = "", points: str) -> None:
        self.query_one(".head .state", Static).update(
            Content.styled(f"{state.glyph} {state.word}", state.colour)
        )
        self.query_one(".head .time", Static).update(time)
        self.query_one(".head .points", Static).update(points)

    async def _fill_body(self) -> None:
        body = self.query_one(".body", Vertical)
        with self.app.batch_update():
            await body.remove_children()
            if self.verdict is not None:
                await body.mount_all(self._details(self.verdict))

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
        if self.wants_hint:
            yield HintRow(self.hints_shown + 1, available)


def _finding_rows(finding: Finding) -> Iterator[Row]:
    """The finding, and every other line that had a part in it."""
    place = (finding.file, finding.line) if finding.file is not None and finding.line is not None else None
    yield FindingRow(finding.kind, words.prose(finding.message), place)
    for location in finding.locations:
        other = (location.file, location.line)
        if other != place:
            function = f" in {location.function}" if location.function else ""
            yield FindingRow("", Content.styled(f"{location.role}{function}", "$muted"), other)


def fact(label: str, text: Content | str, classes: str = "") -> Horizontal:
    """A label and what it labels."""
    return Horizontal(
        Static(label, classes="label", markup=False),
        Static(text if isinstance(text, Content) else Content(text), classes="text"),
        classes=f"fact {classes}",
    )


def _difference(verdict: CheckVerdict) -> Iterator[Widget]:
    expected, actual = verdict.expected, verdict.actual
    if verdict.difference is not None:  # of texts: the first lines that differ, white space made visible
        expected, actual = verdict.difference.expected, verdict.difference.actual
        if verdict.difference.heading:
            yield Static(Content(verdict.difference.heading), classes="reason")
    if expected is not None:
        yield fact("expected", expected, "expected")
    if actual is not None:
        yield fact("actual", actual, "actual")


def _log(verdict: CheckVerdict) -> Iterator[Widget]:
    lines = [line for finding in verdict.findings for line in finding.log]
    lines = list(dict.fromkeys(lines))
    if not lines:
        lines = [f"{line.prefix}{line.text}" for line in map(record_line, verdict.log)]
    if not lines:
        return
    shown = lines[:LOG_LINES]
    more = len(lines) - len(shown)
    if more:
        shown.append(f"… {words.count(more, 'line')} more in the tab Kernel log")
    yield fact("kernel log", "\n".join(shown), "log")
