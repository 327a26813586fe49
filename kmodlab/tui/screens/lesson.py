# SPDX-License-Identifier: MIT
"""The lesson screen: lessons, text, editor and results, and what happens between them."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from kmodlab.errors import CancelledError, LabError
from kmodlab.grading.events import Built, Ended, Event
from kmodlab.grading.verdict import Outcome, Report
from kmodlab.learner.progress import Standing
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.packs.trust import UntrustedError
from kmodlab.tui import overview
from kmodlab.tui.attempts import Attempts
from kmodlab.tui.files import LessonFiles
from kmodlab.tui.frames import in_one_frame
from kmodlab.tui.keys import key_for
from kmodlab.tui.machine import settle
from kmodlab.tui.messages import CheckAdvanced, CheckStopped
from kmodlab.tui.screens import errands
from kmodlab.tui.screens.screen import TOO_SMALL, LabScreen
from kmodlab.tui.widgets.build_view import BuildView
from kmodlab.tui.widgets.check_card import CheckCard
from kmodlab.tui.widgets.editor_pane import EditorPane
from kmodlab.tui.widgets.footer import StillFooter
from kmodlab.tui.widgets.kernel_log import KernelLog
from kmodlab.tui.widgets.lesson_view import LessonView
from kmodlab.tui.widgets.navigator import Navigator
from kmodlab.tui.widgets.panes import Pane, Panes
from kmodlab.tui.widgets.results import ResultsPane
from kmodlab.tui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from kmodlab.session import Session


class LessonScreen(LabScreen[None]):
    """One lesson at a time."""

    HELP = "Lesson"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f5,ctrl+r",
            "check",
            "Check",
            key_display="F5",
            id="check",
            tooltip="Save, build, and check in a fresh kernel; again: stop that and start anew",
        ),
        Binding("h,f11", "hint", "Hint", id="hint", tooltip="Show the next hint for a check that failed"),
        Binding("n,ctrl+n", "next", "Next lesson", id="next", tooltip="Go on to the next lesson"),
        Binding(
            "s",
            "solution",
            "Solution",
            show=False,
            id="solution",
            tooltip="The reference solution, beside yours; before the pass you are asked first",
        ),
        Binding(
            "e",
            "edit_outside",
            "Own editor",
            show=False,
            id="own-editor",
            tooltip="Open the file in your own editor ($VISUAL or $EDITOR), and come back with what you saved",
        ),
        # With priority: what is typed after them, however quickly, goes to the pane that they lead to.
        Binding(
            "f2", "show('lesson')", "Lesson", show=False, id="lesson", priority=True, tooltip="To the text"
        ),
        Binding("f3", "show('code')", "Code", show=False, id="code", priority=True, tooltip="To the editor"),
        Binding(
            "f4",
            "show('results')",
            "Results",
            show=False,
            id="results",
            priority=True,
            tooltip="To the results; again: to the other part of them",
        ),
        Binding(
            "ctrl+l",
            "show('lessons')",
            "Lessons",
            id="lessons",
            priority=True,
            tooltip="To the list of lessons",
        ),
        Binding(
            "f9",
            "history",
            "History",
            show=False,
            id="history",
            tooltip="Every attempt at this lesson: compare it, restore its files",
        ),
        Binding(
            "tab,escape", "go_round(1)", "Next pane", show=False, id="pane.next", tooltip="To the next pane"
        ),
        Binding(
            "shift+tab",
            "go_round(-1)",
            "Pane before",
            show=False,
            id="pane.last",
            tooltip="To the pane before",
        ),
    ]

    def __init__(self, session: "Session", lesson: Lesson) -> None:
        """Open `lesson`."""
        super().__init__(session)
        self.lesson = lesson
        self.report: Report | None = None  # of the last attempt, while this lesson is open
        self._attempts = Attempts(self, session)

    def compose(self) -> ComposeResult:
        """Lay out title, panes and keys."""
        yield TitleBar(self.lesson.title, self.session)
        yield Panes(self.session)
        yield StillFooter()
        yield Static(TOO_SMALL, id="too-small")

    def on_mount(self) -> None:
        """Open the lesson once the first frame is on screen."""
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        await self.open_lesson(self.lesson)
        self.call_after_refresh(self.machine.prepare)
        settle()
        if self.session.progress.warning:
            self.notify(self.session.progress.warning, severity="warning", markup=False, timeout=15)

    async def begin_pack(self, lesson: Lesson) -> None:
        """Begin anew, at a lesson of another pack; what is open has been left before."""
        self.lesson, self.report = lesson, None
        await self.recompose()
        self.call_after_refresh(self._begin)

    # The lesson that is open

    async def open_lesson(self, lesson: Lesson) -> None:
        """Open another lesson; the files of the one before are saved first."""
        editor, results = self.query_one(EditorPane), self.query_one(ResultsPane)
        if not await editor.save():
            return
        self._attempts.stop()
        files = LessonFiles(self.session.workspace, lesson)
        text = None
        try:
            text = await asyncio.to_thread(getattr, lesson, "text")
            await asyncio.to_thread(files.read)
            hints = await asyncio.to_thread(self.session.progress.hints_shown, lesson.id)
            standings = await asyncio.to_thread(overview.standings, self.session.progress, self.session.pack)
        except LabError as trouble:
            self.tell(trouble)
            # Without files there is something to read all the same.
            if text is not None and lesson is self.lesson:
                await self.query_one(LessonView).show(text)
            return
        self.lesson, self.report = lesson, None
        self.query_one(TitleBar).name_lesson(lesson.title)
        self.query_one(Navigator).show(standings, lesson)
        await editor.open(files)
        await results.begin_lesson(lesson, hints, standings[lesson.id])
        await self.query_one(LessonView).show(text)
        self.panes.mark_results("")
        self.refresh_bindings()
        self.action_show("lesson")

    async def leave(self) -> bool:
        """Save, and end what is under way; False when the files could not be saved."""
        if not await self.query_one(EditorPane).save():
            return False
        self._attempts.stop()
        return True

    async def turn_to(self, lesson: Lesson) -> None:
        """Show a lesson: open it, unless it is open already."""
        if lesson.id == self.lesson.id:
            self.action_show("lesson")
        else:
            await self.open_lesson(lesson)

    @on(Navigator.Chosen)
    async def _change_lesson(self, event: Navigator.Chosen) -> None:
        await self.turn_to(self.session.pack.lesson(event.lesson_id))

    @property
    def next_lesson(self) -> Lesson | None:
        """The lesson after this one."""
        lessons = self.session.pack.lessons
        at = lessons.index(self.lesson) + 1
        return lessons[at] if at < len(lessons) else None

    async def action_next(self) -> None:
        """Go on to the next lesson."""
        if self.next_lesson is not None:
            await self.open_lesson(self.next_lesson)

    @work(exclusive=True, exit_on_error=False, group="dialog")
    async def action_reset(self) -> None:
        """Start the lesson afresh, when the learner says yes."""
        await errands.start_afresh(self)

    @work(exclusive=True, exit_on_error=False, group="dialog")
    async def action_history(self) -> None:
        """Show every attempt at the lesson."""
        await errands.look_back(self)

    @work(exclusive=True, exit_on_error=False, group="dialog")
    async def action_solution(self) -> None:
        """Show the reference solution; whoever has not passed yet is asked first."""
        await errands.show_solution(self)

    # Panes

    @property
    def panes(self) -> Panes:
        """Lessons, lesson, code and results."""
        return self.query_one(Panes)

    def action_show(self, pane: Pane) -> None:
        """Bring a pane to the front."""
        self.panes.show(pane)

    def action_go_round(self, step: int) -> None:
        """Go to the next pane, or to the one before."""
        self.panes.go_round(step)

    async def action_edit(self, action: str) -> None:
        """Go to the code, and do something there that the editor pane can do."""
        self.action_show("code")
        await self.query_one(EditorPane).run_action(action)

    def action_log(self, action: str) -> None:
        """Go to the kernel log, and do something there that it can do."""
        self.query_one(ResultsPane).turn_to("log")
        self.action_show("results")
        self.call_after_refresh(self.query_one(KernelLog).run_action, action)

    async def action_edit_outside(self) -> None:
        """Open the file that is shown in the learner's own editor."""
        await self.query_one(EditorPane).edit_outside()

    def action_page(self, page: str) -> None:
        """Bring a page of the results to the front."""
        self.action_show("results")
        self.query_one(ResultsPane).turn_to(page)

    def action_renew(self) -> None:
        """Get the learner a fresh machine of their own."""
        self.query_one(ResultsPane).keeper.renew()

    @on(CheckCard.PlaceChosen)
    @on(BuildView.PlaceChosen)
    def _go_to_place(self, event: CheckCard.PlaceChosen | BuildView.PlaceChosen) -> None:
        column = event.column if isinstance(event, BuildView.PlaceChosen) else None
        self.action_show("code")
        if not self.query_one(EditorPane).go_to(event.file, event.line, column):
            self.notify(f"{event.file} is not one of your files.", severity="warning", markup=False)

    # Checking

    async def action_check(self) -> None:
        """Save, and check; an attempt under way is stopped first."""
        editor = self.query_one(EditorPane)
        self._attempts.stop()
        if not editor.contents:  # they could not be read when the lesson was opened
            await self.open_lesson(self.lesson)
        if not editor.contents or not await editor.save():
            return
        await self._show_beginning()
        self._attempts.begin(self.lesson, editor.contents, self.machine.hear)

    @in_one_frame
    async def _show_beginning(self) -> None:
        self.report = None
        self.panes.mark_results("▸")
        await self.query_one(ResultsPane).begin_attempt(
            "building" if self.session.kernel else "waiting for the machine"
        )
        self.query_one(EditorPane).mark((), ())
        self.refresh_bindings()
        if self.panes.is_narrow:
            self.action_show("results")

    async def action_stop(self) -> None:
        """Stop the attempt under way."""
        if self._attempts.is_running:
            self._attempts.stop()
            await self.query_one(ResultsPane).stop(f"Stopped. {key_for(self.app, 'check')} checks again.")
            self.panes.mark_results("")

    @on(CheckAdvanced)
    async def _show_advance(self, message: CheckAdvanced) -> None:
        if not self._attempts.is_current(message.attempt):
            return
        event = message.event
        await self._advance(event)
        if isinstance(event, Ended):
            self._attempts.end()
            self.machine.show_ready()
            await self._show_report(event.report)

    @in_one_frame
    async def _advance(self, event: Event) -> None:
        results = self.query_one(ResultsPane)
        # While something is typed nothing moves: to lay the screen out anew takes longer than a key may.
        await results.advance(event, opens=not self.query_one(EditorPane).unsaved)
        if isinstance(event, Built):
            self.query_one(EditorPane).mark(event.build.diagnostics, ())
            if not event.build.succeeded:
                results.turn_to("build")

    @on(EditorPane.Rested)
    @in_one_frame
    async def _open_results(self) -> None:
        await self.query_one(ResultsPane).checks.open_due()

    async def _show_report(self, report: Report) -> None:
        """Frame by frame, with all that has to be read between two: a key typed meanwhile waits for one at the most."""
        self.report = report
        await self._show_verdict(report)
        try:
            standings = await asyncio.to_thread(overview.standings, self.session.progress, self.session.pack)
            failures = await asyncio.to_thread(overview.failures, self.session.progress, self.lesson)
            await self._show_standings(standings, failures)
        except LabError as trouble:
            self.tell(trouble)
        if report.outcome is Outcome.PASS:
            text = await errands.aftermath(self)
            title = self.next_lesson.title if self.next_lesson is not None else None
            await self.query_one(ResultsPane).show_aftermath(report, text, title)
        self.refresh_bindings()

    @in_one_frame
    async def _show_verdict(self, report: Report) -> None:
        self.query_one(ResultsPane).show_end(report, self.session.accelerator)
        self.query_one(EditorPane).mark(report.diagnostics, report.findings)
        self.panes.mark_results("✓" if report.outcome is Outcome.PASS else "✗")

    @in_one_frame
    async def _show_standings(self, standings: Mapping[str, Standing], failures: Mapping[str, int]) -> None:
        self.query_one(Navigator).show(standings, self.lesson)
        await self.query_one(ResultsPane).checks.show_failures(failures)

    @on(CheckStopped)
    async def _show_stop(self, message: CheckStopped) -> None:
        if not self._attempts.is_current(message.attempt) or isinstance(message.trouble, CancelledError):
            return
        self._attempts.end()
        self.panes.mark_results("!")
        await self.query_one(ResultsPane).stop(message.trouble.message)
        if isinstance(message.trouble, UntrustedError):
            self._ask_about_code(message.trouble.pack)
        elif self.session.kernel is None:
            self.machine.fail(message.trouble)
        else:
            self.tell(message.trouble)

    @work(exclusive=True, exit_on_error=False, group="dialog")
    async def _ask_about_code(self, pack: Pack) -> None:
        if await errands.allow_code(self, pack):
            await self.action_check()

    @on(CheckCard.HintWanted)
    async def action_hint(self) -> None:
        """Show one hint more for a check that failed."""
        await errands.reveal_hint(self)
        self.refresh_bindings()

    # What the footer shows

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done now."""
        if self.takes_every_key:
            return False
        if action == "next":
            return (
                self.next_lesson is not None
                and self.report is not None
                and self.report.outcome is Outcome.PASS
            )
        if action == "hint":
            return self.is_mounted and self.query_one(ResultsPane).checks.card_for_hint() is not None
        if action == "stop":
            return self._attempts.is_running
        return True

    @on(EditorPane.Told)
    def _tell_of_files(self, event: EditorPane.Told) -> None:
        severity: Literal["information", "error"] = "error" if event.is_error else "information"
        self.notify(f"{event.message}\n{event.hint}", severity=severity, markup=False, timeout=12)
