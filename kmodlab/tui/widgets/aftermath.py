# SPDX-License-Identifier: MIT
"""What comes after the pass: the ways on, what just happened, and what this very run logged."""

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from kmodlab.evidence.klog import Record
from kmodlab.grading.verdict import Report
from kmodlab.tui import words
from kmodlab.tui.keys import key_for
from kmodlab.tui.widgets.lesson_view import LessonText, Reader
from kmodlab.tui.widgets.log_view import record_line

LOG_LINES = 8  # of this run; all of them are in the tab Kernel log


class WayOn(Static):
    """A key and what it leads to; a click leads there, too."""

    def __init__(self, action: str, *, id: str) -> None:
        """Lead to what the screen's `action` does."""
        super().__init__(id=id)
        self._action = action

    def show(self, key: str, name: str) -> None:
        """Show that `key` leads to what is called `name`."""
        self.update(Content.assemble((f" {key} ", "bold $background on $accent"), (f" {name}", "bold")))

    async def on_click(self) -> None:
        """Go there."""
        await self.screen.run_action(self._action)


class Aftermath(Reader):
    """What just happened, shown after the pass."""

    HELP = "What just happened"

    def compose(self) -> ComposeResult:
        """Lay out the result, the ways on, the text, and the log."""
        yield Static(id="passed")
        yield WayOn("next", id="way-on")
        yield WayOn("solution", id="way-to-solution")
        yield LessonText()
        yield Static("This run logged", id="run-log-title")
        yield Static(id="run-log")

    async def show(self, report: Report, text: str | None, next_title: str | None) -> None:
        """Show what there is to say after `report`: the lesson's `text`, and the next lesson if there is one."""
        points = words.of(report.points, report.max_points)
        self.query_one("#passed", Static).update(
            Content.styled(f"✓ Passed with {points} points.", "bold $success")
        )
        way_on = self.query_one("#way-on", WayOn)
        if next_title is None:
            way_on.update(Content.styled("That was the last lesson.", "bold"))
        else:
            way_on.show(key_for(self.app, "next"), f"Next lesson: {next_title}")
        self.query_one("#way-to-solution", WayOn).show(
            key_for(self.app, "solution"), "Yours beside the reference solution"
        )
        log = Content("\n").join(_log_lines(report))
        self.query_one("#run-log", Static).update(log)
        self.set_class(bool(log), "-logged")
        await self.query_one(LessonText).update(text or "")
        self.scroll_home(animate=False)


def _log_lines(report: Report) -> Iterator[Content]:
    """What the kernel logged while the checks ran, each text once, without what it says of any module."""
    records: dict[str, Record] = {}
    for verdict in report.checks:
        for record in verdict.log:
            if not record.is_benign:
                records.setdefault(record.text, record)
    for record in list(records.values())[:LOG_LINES]:
        line = record_line(record)
        yield Content.assemble((line.prefix, "$muted"), line.text)
    if (more := len(records) - LOG_LINES) > 0:
        yield Content.styled(f"… {words.count(more, 'line')} more in the tab Kernel log", "$muted")
