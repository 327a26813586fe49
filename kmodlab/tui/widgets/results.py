# SPDX-License-Identifier: MIT
"""The results pane: checks, build and kernel log of the last attempt, under a line that sums it up."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static, Tab, Tabs

from kmodlab.build.result import BuildEvidence
from kmodlab.grading.events import Built, CheckBegan, CheckEnded, Event
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.learner.progress import Standing
from kmodlab.packs.catalog import Lesson
from kmodlab.tui import words
from kmodlab.tui.widgets.build_view import BuildView, MessageList
from kmodlab.tui.widgets.check_list import CheckList
from kmodlab.tui.widgets.lesson_view import LessonText, Reader
from kmodlab.tui.widgets.log_view import EXPECTED, Line, LogView, clipped, record_line

PAGES = ("checks", "build", "log")


class Aftermath(Reader):
    """What just happened, shown after the pass."""

    def compose(self) -> ComposeResult:
        """Lay out the way on, and the text."""
        yield Static(id="way-on")
        yield LessonText()


class ResultsPane(Vertical):
    """What the last attempt came to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right,l", "turn(1)", "Next tab", show=False, id="results.next-tab", tooltip="To the next tab"
        ),
        Binding(
            "left", "turn(-1)", "Tab before", show=False, id="results.last-tab", tooltip="To the tab before"
        ),
    ]

    def compose(self) -> ComposeResult:
        """Lay out tabs and summary above the three pages."""
        with Container(id="results-head", classes="pane-head"):
            yield Tabs(
                Tab("Checks", id="tab-checks"),
                Tab("Build", id="tab-build"),
                Tab("Kernel log", id="tab-log"),
                id="results-tabs",
            )
            yield Static(id="summary")
            yield Static("F4", classes="pane-key")
        with ContentSwitcher(initial="checks", id="results-pages"):
            with Container(id="checks"):
                yield CheckList(id="check-list")
                yield Aftermath(id="aftermath")
            yield BuildView(id="build")
            yield LogView(id="log")

    def on_mount(self) -> None:
        """Keep the tabs out of the way of the Tab key; left and right turn them."""
        self.query_one(Tabs).can_focus = False

    @property
    def checks(self) -> CheckList:
        """The list of checks."""
        return self.query_one(CheckList)

    def on_tabs_tab_activated(self, event: Tabs.TabActivated) -> None:
        """Show the page of the tab."""
        event.stop()
        had_focus = self.has_focus_within
        page = (event.tab.id or "").removeprefix("tab-")
        self.query_one("#results-pages", ContentSwitcher).current = page
        if had_focus:
            self.focus_page()

    def action_turn(self, step: int) -> None:
        """Turn to the page `step` tabs on."""
        at = PAGES.index(self.page)
        self.turn_to(PAGES[(at + step) % len(PAGES)])

    @property
    def page(self) -> str:
        """The page that is shown: checks, build or log."""
        return self.query_one("#results-pages", ContentSwitcher).current or PAGES[0]

    def turn_to(self, page: str) -> None:
        """Show a page."""
        self.query_one(Tabs).active = f"tab-{page}"

    def focus_page(self) -> None:
        """Give the page that is shown the focus; when it has it already, another part of the page."""
        parts = self._parts()
        focused = [at for at, part in enumerate(parts) if part.has_focus]
        parts[(focused[0] + 1) % len(parts) if focused else 0].focus()

    def _parts(self) -> list[Widget]:
        """The parts of the page that is shown, the one to look at first before the others."""
        if self.page == "log":
            return [self.query_one("#log")]
        if self.page == "build":
            messages, output = self.query_one(MessageList), self.query_one("#build-output")
            return [messages, output] if messages.display else [output]
        aftermath = self.query_one(Aftermath)
        return [aftermath, self.checks] if aftermath.display else [self.checks]

    async def begin_lesson(self, lesson: Lesson, hints_shown: Mapping[str, int], standing: Standing) -> None:
        """Show the checks of a lesson, which were not run yet."""
        if standing.attempts:
            state = words.lesson_state(standing)
            best = words.of(standing.best_points, standing.max_points)
            self._sum_up(Content(f"{state.glyph} {state.word} · best {best} points · F5 checks again"))
        else:
            self._sum_up(Content("F5 builds and checks your code"))
        self._clear()
        self.query_one(BuildView).forget()
        self.turn_to("checks")
        await self.checks.list_checks(lesson.checks, hints_shown)

    async def begin_attempt(self, doing: str) -> None:
        """Show that an attempt has begun, and what is being done."""
        self._clear()
        self._sum_up(Content.styled(f"▸ {doing}", "bold $primary"))
        with self.app.batch_update():
            for card in self.checks.cards:
                await card.wait()
        self.turn_to("checks")

    async def advance(self, event: Event) -> None:
        """Show how far the attempt has come."""
        if isinstance(event, Built):
            self._show_build(event.build)
        elif isinstance(event, CheckBegan):
            await self.checks.card(event.id).wait(is_running=True)
            self._show_count()
        elif isinstance(event, CheckEnded):
            await self.checks.card(event.verdict.id).show(event.verdict)
            self._show_count()
            self._show_log()

    async def stop(self, why: str) -> None:
        """Show that the attempt ended without a result."""
        self._sum_up(Content.styled(f"! {why}", "$warning"))
        with self.app.batch_update():
            for card in self.checks.cards:
                if card.verdict is None:
                    await card.forget()

    def _show_build(self, build: BuildEvidence) -> None:
        self.query_one(BuildView).show(build)
        errors = sum(message.severity == "error" for message in build.diagnostics)
        warnings = sum(message.severity == "warning" for message in build.diagnostics)
        if not build.succeeded:
            label = f"Build ✗ {words.count(errors, 'error')}" if errors else "Build ✗ failed"
        else:
            label = f"Build ! {words.count(warnings, 'warning')}" if warnings else "Build ✓"
        self.query_one("#tab-build", Tab).label = label

    def _show_count(self) -> None:
        cards = self.checks.cards
        ended = [card.verdict for card in cards if card.verdict is not None]
        passed = sum(verdict.outcome is Outcome.PASS for verdict in ended)
        self.query_one("#tab-checks", Tab).label = f"Checks {passed}/{len(cards)}"
        self._sum_up(Content.styled(f"▸ checking · {len(ended)} of {len(cards)} done", "bold $primary"))

    def _show_log(self) -> None:
        verdicts = [card.verdict for card in self.checks.cards if card.check.do and card.verdict is not None]
        self.query_one("#log", LogView).show(_log_lines(verdicts), from_top=False)

    def show_end(self, report: Report, accelerator: str | None) -> None:
        """Show what the attempt came to, and lead to the first check that failed."""
        self._sum_up(_summary(report, accelerator))
        failed = next((card for card in self.checks.cards if card.has_failed), None)
        if failed is not None:
            self.checks.go_to(failed)

    async def show_aftermath(self, text: str | None, way_on: Content) -> None:
        """Show what just happened, and how to go on."""
        aftermath = self.query_one(Aftermath)
        self.query_one("#way-on", Static).update(way_on)
        await aftermath.query_one(LessonText).update(text or "")
        aftermath.scroll_home(animate=False)
        self.query_one("#checks").add_class("-passed")
        if self.checks.has_focus:
            aftermath.focus()

    def _clear(self) -> None:
        self.query_one("#checks").remove_class("-passed")
        self.query_one("#log", LogView).show([Line("Nothing was run yet. F5 builds and checks.", "expected")])
        self.query_one("#tab-checks", Tab).label = "Checks"
        self.query_one("#tab-build", Tab).label = "Build"

    def _sum_up(self, summary: Content) -> None:
        self.query_one("#summary", Static).update(summary)


def _summary(report: Report, accelerator: str | None) -> Content:
    state = words.OUTCOMES[report.outcome]
    machine = f"{report.kernel} {(accelerator or '').upper()}".rstrip()
    rest = [words.seconds(report.seconds), machine]
    return Content.assemble(
        (f"{state.glyph} {state.word}", f"bold {state.colour}"),
        f" {words.of(report.points, report.max_points)} points",
        " · " + " · ".join(part for part in rest if part),
    )


def _log_lines(verdicts: Sequence[CheckVerdict]) -> Iterator[Line]:
    if any(record.is_benign for verdict in verdicts for record in verdict.log):
        yield Line(
            f"Lines marked “{EXPECTED}” come with any module built outside the kernel: no mistake.", EXPECTED
        )
    for verdict in verdicts:
        if verdict.outcome is Outcome.SKIP:
            continue
        state = words.OUTCOMES[verdict.outcome]
        yield Line(f"{state.glyph} {state.word}: {verdict.title.replace('`', '')}", "heading")
        if not verdict.log:
            yield Line("The kernel logged nothing.", EXPECTED)
        yield from clipped([record_line(record) for record in verdict.log])
