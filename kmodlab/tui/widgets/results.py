# SPDX-License-Identifier: MIT
"""The results pane: checks, build and kernel log of the last attempt, and the learner's own machine."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

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
from kmodlab.tui.bench import BenchKeeper
from kmodlab.tui.frames import in_one_frame, relabel
from kmodlab.tui.keys import key_for
from kmodlab.tui.log_filter import Chapter
from kmodlab.tui.widgets.aftermath import Aftermath
from kmodlab.tui.widgets.bench_console import ConsolePage
from kmodlab.tui.widgets.bench_page import BenchPage
from kmodlab.tui.widgets.bench_sysfs import SysfsPage, SysfsTree
from kmodlab.tui.widgets.bench_trace import TracePage
from kmodlab.tui.widgets.build_view import BuildView, MessageList
from kmodlab.tui.widgets.check_list import CheckList
from kmodlab.tui.widgets.kernel_log import KernelLog
from kmodlab.tui.widgets.key_label import KeyLabel

if TYPE_CHECKING:
    from kmodlab.session import Session

PAGES = ("checks", "build", "log", "console", "sysfs", "trace")
BENCH_PAGES: Mapping[str, type[BenchPage]] = {"console": ConsolePage, "sysfs": SysfsPage, "trace": TracePage}
BENCH_WIDGETS = (ConsolePage, SysfsPage, SysfsTree, TracePage)  # that have keys


class ResultsPane(Vertical):
    """What the last attempt came to."""

    HELP = "Results"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right,l", "turn(1)", "Next tab", show=False, id="results.next-tab", tooltip="To the next tab"
        ),
        Binding(
            "left", "turn(-1)", "Tab before", show=False, id="results.last-tab", tooltip="To the tab before"
        ),
    ]

    def __init__(self, session: "Session", *, id: str, classes: str) -> None:
        """Show attempts, and a machine of the learner's own from `session`."""
        super().__init__(id=id, classes=classes)
        self.keeper = BenchKeeper(self, session)

    def compose(self) -> ComposeResult:
        """Lay out tabs and summary above the pages."""
        with Container(id="results-head", classes="pane-head"):
            yield Tabs(
                Tab("Checks", id="tab-checks"),
                Tab("Build  ", id="tab-build"),
                Tab("Kernel log", id="tab-log"),
                Tab("Console", id="tab-console"),
                Tab("sysfs", id="tab-sysfs"),
                Tab("Trace", id="tab-trace"),
                id="results-tabs",
            )
            yield Static(id="summary")
            yield KeyLabel("results")
        with ContentSwitcher(initial="checks", id="results-pages"):
            with Container(id="checks"):
                yield CheckList(id="check-list")
                yield Aftermath(id="aftermath")
            yield BuildView(id="build")
            yield KernelLog(id="log")

    def on_mount(self) -> None:
        """Keep the tabs out of the way of the Tab key; left and right turn them."""
        self.query_one(Tabs).can_focus = False

    @property
    def checks(self) -> CheckList:
        """The list of checks."""
        return self.query_one(CheckList)

    async def on_tabs_tab_activated(self, event: Tabs.TabActivated) -> None:
        """Show the page of the tab; those of the machine are made when they are wanted first."""
        event.stop()
        had_focus = self.has_focus_within
        page = (event.tab.id or "").removeprefix("tab-")
        pages = self.query_one("#results-pages", ContentSwitcher)
        if page in BENCH_PAGES and not pages.query_children(f"#{page}"):
            await pages.add_content(BENCH_PAGES[page](self.keeper, id=page))
        pages.current = page
        if had_focus:
            self.focus_page()

    def action_turn(self, step: int) -> None:
        """Turn to the page `step` tabs on."""
        at = PAGES.index(self.page)
        self.turn_to(PAGES[(at + step) % len(PAGES)])

    @property
    def page(self) -> str:
        """The page that is shown, one of PAGES."""
        return self.query_one("#results-pages", ContentSwitcher).current or PAGES[0]

    def turn_to(self, page: str) -> None:
        """Show a page."""
        self.query_one(Tabs).active = f"tab-{page}"

    def focus_page(self) -> None:
        """Give the page that is shown the focus; when it has it already, another part of the page."""
        parts = self._parts()
        focused = [at for at, part in enumerate(parts) if part.has_focus]
        self.screen.set_focus(parts[(focused[0] + 1) % len(parts) if focused else 0])

    def _parts(self) -> list[Widget]:
        """The parts of the page that is shown, the one to look at first before the others."""
        if self.page == "log":
            return [self.query_one(KernelLog).lines]
        if self.page == "build":
            messages, output = self.query_one(MessageList), self.query_one("#build-output")
            return [messages, output] if messages.display else [output]
        if self.page in ("console", "sysfs", "trace"):
            return self.query_one(f"#{self.page}", BenchPage).parts
        aftermath = self.query_one(Aftermath)
        return [aftermath, self.checks] if aftermath.display else [self.checks]

    async def begin_lesson(self, lesson: Lesson, hints_shown: Mapping[str, int], standing: Standing) -> None:
        """Show the checks of a lesson, which were not run yet."""
        key = key_for(self.app, "check")
        if standing.attempts:
            state = words.lesson_state(standing)
            best = words.of(standing.best_points, standing.max_points)
            self._sum_up(Content(f"{state.glyph} {state.word} · best {best} points · {key} checks again"))
        else:
            self._sum_up(Content(f"{key} builds and checks your code"))
        self._clear()
        self.query_one(BuildView).forget()
        self.keeper.begin_lesson(lesson)
        self.turn_to("checks")
        await self.checks.list_checks(lesson.checks, hints_shown)

    async def begin_attempt(self, doing: str) -> None:
        """Show that an attempt has begun, and what is being done."""
        self._clear(f"0/{len(self.checks.cards)}")
        self._sum_up(Content.styled(f"▸ {doing}", "bold $primary"))
        for card in self.checks.cards:
            await card.wait()
        self.turn_to("checks")

    async def advance(self, event: Event, *, opens: bool) -> None:
        """Show how far the attempt has come; what failed `opens` at once, or when `checks.open_due` is called."""
        if isinstance(event, Built):
            self._show_build(event.build)
            self.keeper.take(event.build, event.modules)
        elif isinstance(event, CheckBegan):
            await self.checks.card(event.id).wait(is_running=True)
            self._show_count()
        elif isinstance(event, CheckEnded):
            await self.checks.card(event.verdict.id).show(event.verdict, opens=opens)
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
        relabel(self.query_one("#tab-build", Tab), label)

    def _show_count(self) -> None:
        cards = self.checks.cards
        ended = [card.verdict for card in cards if card.verdict is not None]
        passed = sum(verdict.outcome is Outcome.PASS for verdict in ended)
        relabel(self.query_one("#tab-checks", Tab), f"Checks {passed}/{len(cards)}")
        self._sum_up(Content.styled(f"▸ checking · {len(ended)} of {len(cards)} done", "bold $primary"))

    def _show_log(self) -> None:
        verdicts = [card.verdict for card in self.checks.cards if card.check.do and card.verdict is not None]
        self.query_one(KernelLog).show(_chapters(verdicts))

    def show_end(self, report: Report, accelerator: str | None) -> None:
        """Show what the attempt came to, and lead to the first check that failed."""
        self._sum_up(_summary(report, accelerator))
        passed = sum(verdict.outcome is Outcome.PASS for verdict in report.checks)
        relabel(self.query_one("#tab-checks", Tab), f"Checks {passed}/{len(report.checks)}")
        failed = next((card for card in self.checks.cards if card.has_failed), None)
        if failed is not None:
            self.checks.go_to(failed)

    @in_one_frame
    async def show_aftermath(self, report: Report, text: str | None, next_title: str | None) -> None:
        """Show what just happened, and how to go on."""
        aftermath = self.query_one(Aftermath)
        await aftermath.show(report, text, next_title)
        self.query_one("#checks").add_class("-passed")
        if self.checks.has_focus:
            self.screen.set_focus(aftermath)

    def _clear(self, checks: str = "") -> None:
        self.query_one("#checks").remove_class("-passed")
        self.query_one(KernelLog).forget()
        relabel(self.query_one("#tab-checks", Tab), f"Checks {checks}".rstrip())
        relabel(self.query_one("#tab-build", Tab), "Build  ")  # room for a sign

    def _sum_up(self, summary: Content) -> None:
        self.query_one("#summary", Static).update(summary, layout=False)


def _summary(report: Report, accelerator: str | None) -> Content:
    state = words.OUTCOMES[report.outcome]
    machine = f"{report.kernel} {(accelerator or '').upper()}".rstrip()
    hidden = f"{words.count(report.hidden_checks, 'more check')} hidden" if report.hidden_checks else ""
    rest = [words.seconds(report.seconds), hidden, machine]
    return Content.assemble(
        (f"{state.glyph} {state.word}", f"bold {state.colour}"),
        f" {words.of(report.points, report.max_points)} points",
        " · " + " · ".join(part for part in rest if part),
    )


def _chapters(verdicts: Sequence[CheckVerdict]) -> Iterator[Chapter]:
    for verdict in verdicts:
        if verdict.outcome is not Outcome.SKIP:
            state = words.OUTCOMES[verdict.outcome]
            title = verdict.title.replace("`", "")
            yield Chapter(f"{state.glyph} {state.word}: {title}", verdict.log)
