# SPDX-License-Identifier: MIT
"""The lesson screen: lessons, text, editor and results, and what happens between them."""

import asyncio
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from kmodlab.errors import CancelledError, LabError
from kmodlab.grading.events import Built, Ended
from kmodlab.grading.verdict import Outcome, Report
from kmodlab.learner.progress import Standing
from kmodlab.packs.catalog import Lesson
from kmodlab.tui.dialogs import Question, Solution
from kmodlab.tui.files import LessonFiles
from kmodlab.tui.messages import CheckAdvanced, CheckStopped, explained
from kmodlab.tui.widgets.build_view import BuildView
from kmodlab.tui.widgets.check_card import CheckCard
from kmodlab.tui.widgets.editor_pane import EditorPane
from kmodlab.tui.widgets.footer import StillFooter
from kmodlab.tui.widgets.lesson_view import LessonView
from kmodlab.tui.widgets.navigator import Navigator
from kmodlab.tui.widgets.panes import Pane, Panes
from kmodlab.tui.widgets.results import ResultsPane
from kmodlab.tui.widgets.title_bar import MachineStatus, TitleBar

if TYPE_CHECKING:
    from kmodlab.session import Session

TOO_SMALL = "This terminal is too small.\n\nkmodlab needs 60 columns\nand 16 rows."


class LessonScreen(Screen[None]):
    """One lesson at a time."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f5,ctrl+r",
            "check",
            "Check",
            key_display="F5",
            id="check",
            tooltip="Save, build, and check in a fresh kernel; again: stop that and start anew",
        ),
        Binding("h", "hint", "Hint", id="hint", tooltip="Show the next hint for a check that failed"),
        Binding("n,ctrl+n", "next", "Next lesson", id="next", tooltip="Go on to the next lesson"),
        Binding(
            "f8",
            "prepare",
            "Try again",
            key_display="F8",
            id="prepare",
            tooltip="Try again to get a kernel and boot it",
        ),
        Binding("f2", "show('lesson')", "Lesson", show=False, id="lesson", tooltip="To the text"),
        Binding("f3", "show('code')", "Code", show=False, id="code", tooltip="To the editor"),
        Binding(
            "f4",
            "show('results')",
            "Results",
            show=False,
            id="results",
            tooltip="To the results; again: to the other part of them",
        ),
        Binding("ctrl+l", "show('lessons')", "Lessons", id="lessons", tooltip="To the list of lessons"),
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
        super().__init__()
        self.session = session
        self.lesson = lesson
        self.report: Report | None = None  # of the last attempt, while this lesson is open
        self._attempt = 0
        self._is_checking = False
        self._one_at_a_time = Lock()

    def compose(self) -> ComposeResult:
        """Lay out title, panes and keys."""
        yield TitleBar(self.lesson.title, self.session)
        yield Panes(self.session.pack.lessons)
        yield StillFooter()
        yield Static(TOO_SMALL, id="too-small")

    def on_mount(self) -> None:
        """Open the lesson once the first frame is on screen."""
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        await self.open_lesson(self.lesson)
        self.call_after_refresh(self.action_prepare)
        if self.session.progress.warning:
            self.notify(self.session.progress.warning, severity="warning", markup=False, timeout=15)

    # The lesson that is open

    async def open_lesson(self, lesson: Lesson) -> None:
        """Open another lesson; the files of the one before are saved first."""
        editor, results = self.query_one(EditorPane), self.query_one(ResultsPane)
        if not await editor.save():
            return
        self._stop_check()
        files = LessonFiles(self.session.workspace, lesson)
        try:
            await asyncio.to_thread(files.read)
            hints = await asyncio.to_thread(self.session.progress.hints_shown, lesson.id)
            standings = await asyncio.to_thread(self._standings)
        except LabError as trouble:
            self.tell(trouble)
            return
        self.lesson, self.report = lesson, None
        self.query_one(TitleBar).name_lesson(lesson.title)
        self.query_one(Navigator).show(standings, lesson)
        await editor.open(files)
        await results.begin_lesson(lesson, hints, standings[lesson.id])
        await self.query_one(LessonView).show(lesson.text)
        self.panes.mark_results("")
        self.refresh_bindings()
        self.action_show("lesson")

    def _standings(self) -> Mapping[str, Standing]:
        return {lesson.id: self.session.progress.standing(lesson.id) for lesson in self.session.pack.lessons}

    @on(Navigator.Chosen)
    async def _change_lesson(self, event: Navigator.Chosen) -> None:
        if event.lesson_id == self.lesson.id:
            self.action_show("lesson")
        else:
            await self.open_lesson(self.session.pack.lesson(event.lesson_id))

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
        question = f"Start “{self.lesson.title}” afresh?"
        if not await self.app.push_screen_wait(
            Question(question, "A copy of your files is kept.", "Start afresh")
        ):
            return
        if not await self.query_one(EditorPane).save():
            return
        try:
            copies = await asyncio.to_thread(self.session.workspace.reset, self.lesson)
        except LabError as trouble:
            self.tell(trouble)
            return
        await self.open_lesson(self.lesson)
        self.notify(f"Your files are kept in {copies}.", title="Started afresh", markup=False)
        self.action_show("code")

    @work(exclusive=True, exit_on_error=False, group="dialog")
    async def action_solution(self) -> None:
        """Show the reference solution; whoever has not passed yet is asked first."""
        try:
            standing = await asyncio.to_thread(self.session.progress.standing, self.lesson.id)
            solution = self.lesson.solution()
        except LabError as trouble:
            self.tell(trouble)
            return
        if standing.passed or await self.app.push_screen_wait(
            Question(
                "Look at the solution?", "You have not passed this lesson yet; hints may be enough.", "Look"
            )
        ):
            await self.app.push_screen_wait(Solution(self.lesson.title, solution))

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
        self._stop_check()
        if not editor.contents:  # they could not be read when the lesson was opened
            await self.open_lesson(self.lesson)
        if not editor.contents or not await editor.save():
            return
        self._is_checking = True
        self.report = None
        self.panes.mark_results("▸")
        await self.query_one(ResultsPane).begin_attempt(
            "building" if self.session.kernel else "waiting for the machine"
        )
        editor.mark((), ())
        self.refresh_bindings()
        if self.panes.is_narrow:
            self.action_show("results")
        self._check(self._attempt, self.lesson, editor.contents)

    async def action_stop(self) -> None:
        """Stop the attempt under way."""
        if self._is_checking:
            self._stop_check()
            await self.query_one(ResultsPane).stop("Stopped. F5 checks again.")
            self.panes.mark_results("")

    def _stop_check(self) -> None:
        self._attempt += 1
        if self._is_checking:
            self._is_checking = False
            self.session.cancel()

    @work(thread=True, exclusive=True, exit_on_error=False, group="check")
    def _check(self, attempt: int, lesson: Lesson, sources: Mapping[str, bytes]) -> None:
        with self._one_at_a_time:
            try:
                for event in self.session.check(lesson, sources, self.machine.hear):
                    if attempt != self._attempt:
                        return
                    self.post_message(CheckAdvanced(attempt, event))
            except Exception as problem:
                self.post_message(CheckStopped(attempt, explained(problem)))

    @on(CheckAdvanced)
    async def _show_advance(self, message: CheckAdvanced) -> None:
        if message.attempt != self._attempt:
            return
        event = message.event
        results = self.query_one(ResultsPane)
        await results.advance(event)
        if isinstance(event, Built):
            self.query_one(EditorPane).mark(event.build.diagnostics, ())
            if not event.build.succeeded:
                results.turn_to("build")
        elif isinstance(event, Ended):
            self._is_checking = False
            self.machine.show_ready()
            await self._show_report(event.report)

    async def _show_report(self, report: Report) -> None:
        self.report = report
        results = self.query_one(ResultsPane)
        results.show_end(report, self.session.accelerator)
        self.query_one(EditorPane).mark(report.diagnostics, report.findings)
        self.panes.mark_results("✓" if report.outcome is Outcome.PASS else "✗")
        try:
            self.query_one(Navigator).show(await asyncio.to_thread(self._standings), self.lesson)
        except LabError as trouble:
            self.tell(trouble)
        if report.outcome is Outcome.PASS:
            await results.show_aftermath(self.lesson.aftermath, self._way_on())
        self.refresh_bindings()

    def _way_on(self) -> Content:
        if self.next_lesson is None:
            return Content.styled("✓ That was the last lesson.", "bold $success")
        return Content.assemble(
            (" n ", "bold $background on $accent"),
            (f" Next lesson: {self.next_lesson.title}", "bold"),
        )

    @on(CheckStopped)
    async def _show_stop(self, message: CheckStopped) -> None:
        if message.attempt != self._attempt or isinstance(message.trouble, CancelledError):
            return
        self._is_checking = False
        self.panes.mark_results("!")
        await self.query_one(ResultsPane).stop(message.trouble.message)
        self.tell(message.trouble)
        if self.session.kernel is None:
            self.machine.show_failure()
            self.refresh_bindings()

    @on(CheckCard.HintWanted)
    async def action_hint(self) -> None:
        """Show one hint more for a check that failed."""
        results = self.query_one(ResultsPane)
        card = results.checks.card_for_hint()
        if card is None:
            return
        available = len(card.check.hints)
        try:
            shown = await asyncio.to_thread(
                self.session.progress.reveal_hint, self.lesson.id, card.check.id, available
            )
        except LabError as trouble:
            self.tell(trouble)
            return
        results.turn_to("checks")
        await results.checks.show_hints(card, shown)
        self.refresh_bindings()

    # The machine

    @property
    def machine(self) -> MachineStatus:
        """What gets the machine ready."""
        return self.query_one(MachineStatus)

    def action_prepare(self) -> None:
        """Get a kernel and boot it."""
        self.machine.prepare()

    @on(MachineStatus.Ready)
    def _offer_no_retry(self) -> None:
        self.refresh_bindings()

    @on(MachineStatus.Failed)
    def _offer_retry(self, message: MachineStatus.Failed) -> None:
        self.tell(message.trouble)
        self.refresh_bindings()

    # What the footer shows

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done now."""
        if action == "next":
            return (
                self.next_lesson is not None
                and self.report is not None
                and self.report.outcome is Outcome.PASS
            )
        if action == "hint":
            return self.is_mounted and self.query_one(ResultsPane).checks.card_for_hint() is not None
        if action == "stop":
            return self._is_checking
        if action == "prepare":
            return self.is_mounted and self.machine.has_failed
        return True

    @on(Worker.StateChanged)
    def _tell_of_worker(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self.tell(explained(event.worker.error))

    def tell(self, trouble: LabError) -> None:
        """Tell what went wrong and what to do about it."""
        self.notify(f"{trouble.message}\n{trouble.hint}", severity="error", markup=False, timeout=12)

    @on(EditorPane.Told)
    def _tell_of_files(self, event: EditorPane.Told) -> None:
        severity: Literal["information", "error"] = "error" if event.is_error else "information"
        self.notify(f"{event.message}\n{event.hint}", severity=severity, markup=False, timeout=12)
