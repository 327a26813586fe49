# SPDX-License-Identifier: MIT
"""The history: every attempt at a lesson, what it came to, and its files to compare and to restore."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import ContentSwitcher, OptionList, Static, Tab, Tabs
from textual.widgets.option_list import Option

from kmodlab.errors import LabError
from kmodlab.learner.progress import Attempt, AttemptRecord
from kmodlab.packs.catalog import Lesson
from kmodlab.tui import words
from kmodlab.tui.account import account
from kmodlab.tui.diff_text import count_label, diff_text
from kmodlab.tui.difference import Row, differences
from kmodlab.tui.files import texts_of
from kmodlab.tui.screens.dialogs import Question
from kmodlab.tui.screens.screen import LabScreen
from kmodlab.tui.widgets.code_editor import CodeEditor
from kmodlab.tui.widgets.file_view import FileView
from kmodlab.tui.widgets.fitted_text import FittedText
from kmodlab.tui.widgets.footer import StillFooter

if TYPE_CHECKING:
    from kmodlab.session import Session

AT_ONCE = 50  # attempts that are put into the list within a frame
NOW = "your files now"
Side = tuple[str, Mapping[str, bytes]]  # what it is called, and its files
NONE_YET = """\
There is no attempt at this lesson yet.

Go back with Escape and check your files: every attempt is kept here, with what it came to and with the very files \
that were checked, to compare and to restore."""
UNREADABLE = "The report of this attempt cannot be read. Its files can, and they can be restored."


class AttemptList(OptionList):
    """The attempts, the last one first."""

    HELP = "Attempts"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="attempts.down", tooltip="To the attempt before"),
        Binding("k", "cursor_up", "Up", show=False, id="attempts.up", tooltip="To the attempt after"),
        Binding("g", "first", "Last attempt", show=False, id="attempts.top", tooltip="To the last attempt"),
        Binding("G", "last", "First attempt", show=False, id="attempts.end", tooltip="To the first attempt"),
    ]


class HistoryScreen(LabScreen[AttemptRecord | None]):
    """Every attempt at one lesson; dismissed with the attempt whose files the learner wants back."""

    HELP = "History"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q,f9", "dismiss(None)", "Back", key_display="esc", id="history.close", tooltip="Go back"
        ),
        Binding(
            "r",
            "restore",
            "Restore",
            id="history.restore",
            tooltip="Put the files of this attempt back; a copy of the present ones is kept",
        ),
        Binding(
            "d",
            "compare",
            "Compare from here",
            id="history.compare",
            tooltip="Compare other attempts with this one; again: with your files as they are now",
        ),
        Binding(
            "w",
            "show_whole",
            "Whole file",
            id="history.whole",
            tooltip="Show the whole file; again: what changed in it",
        ),
        Binding(
            "right,l", "turn(1)", "Next tab", show=False, id="history.next-tab", tooltip="To the next tab"
        ),
        Binding(
            "left,h", "turn(-1)", "Tab before", show=False, id="history.last-tab", tooltip="To the tab before"
        ),
    ]

    def __init__(self, session: "Session", lesson: Lesson) -> None:
        """Show the attempts at `lesson`."""
        super().__init__(session)
        self._lesson = lesson
        self._attempts: Sequence[Attempt] = ()
        self._now: Mapping[str, bytes] = {}
        self._shown: tuple[Attempt, AttemptRecord] | None = None
        self._base: tuple[Attempt, AttemptRecord] | None = None  # what others are compared with
        self._changes: Mapping[str, Sequence[Row]] = {}
        self._names = ("", "")  # of the two sides
        self._files: list[str] = []  # those that have a tab
        self._is_whole = False

    def compose(self) -> ComposeResult:
        """Lay out the list above what is to be said of the chosen attempt."""
        with Horizontal(classes="screen-title"):
            yield Static("kmodlab", classes="brand")
            yield Static(f"History: {self._lesson.title}", classes="title", markup=False)
            yield Static(id="attempt-count", classes="note")
        yield Static(NONE_YET, id="no-attempts", markup=False)
        yield AttemptList(id="attempts", compact=True)
        with Vertical(id="attempt"):
            yield Tabs(Tab("Checks", id="tab-checks"), id="attempt-tabs")
            with ContentSwitcher(initial="account", id="attempt-pages"):
                yield FittedText(id="account")
                yield FileView(id="attempt-file")
        yield StillFooter(show_command_palette=False)

    def on_mount(self) -> None:
        """List the attempts; nothing but the list is read of them."""
        self.query_one(Tabs).can_focus = False
        self.query_one(AttemptList).focus()
        self._list()

    @work(exit_on_error=False, group="list")
    async def _list(self) -> None:
        try:
            self._attempts = await asyncio.to_thread(self.session.progress.attempts, self._lesson.id)
            self._now = await asyncio.to_thread(self.session.workspace.read, self._lesson)
        except LabError as trouble:
            self.tell(trouble)
        self.set_class(not self._attempts, "-empty")
        self.query_one("#attempt-count", Static).update(
            words.count(len(self._attempts), "attempt") if self._attempts else ""
        )
        self.refresh_bindings()
        self._list_more(0)

    def _list_more(self, start: int) -> None:
        chunk = self._attempts[start : start + AT_ONCE]
        options = self.query_one(AttemptList)
        options.add_options([Option(self._prompt(attempt), str(attempt.id)) for attempt in chunk])
        if chunk and start == 0:
            options.highlighted = 0
        if chunk:
            self.call_after_refresh(self._list_more, start + AT_ONCE)

    def _prompt(self, attempt: Attempt) -> Content:
        state = words.OUTCOMES[attempt.outcome]
        now = datetime.now(UTC)
        is_base = self._base is not None and self._base[0] == attempt
        return Content.assemble(
            f"{attempt.number:>4}  ",  # what has no colour is muted, but for the cursor's row
            (f"{state.glyph} {state.word:<10}", state.colour),
            (f"{words.of(attempt.points, attempt.max_points):>8}", "$foreground"),
            f"{words.seconds(attempt.seconds):>9}   ",
            (f"{words.ago(attempt.at, now):<14} ", "$foreground"),
            words.date(attempt.at, now),
            ("  ◆ base" if is_base else "", "bold $accent"),
        )

    # The attempt that is chosen

    @on(OptionList.OptionHighlighted, "#attempts")
    def _choose(self, event: OptionList.OptionHighlighted) -> None:
        self._load(self._attempts[event.option_index])

    @on(OptionList.OptionSelected, "#attempts")
    def _look_closer(self) -> None:
        if self._file is None:
            self.query_one("#account").focus()
        else:
            self.query_one(FileView).focus_text()

    @work(exclusive=True, exit_on_error=False, group="attempt")
    async def _load(self, attempt: Attempt) -> None:
        try:
            record = await asyncio.to_thread(self.session.progress.attempt, attempt.id)
        except LabError as trouble:
            self.tell(trouble)
            return
        self._shown = attempt, record
        report = record.report
        layout = partial(account, report) if report is not None else lambda _width: Content(UNREADABLE)
        self.query_one("#account", FittedText).show(layout)
        await self._show_files()

    async def _show_files(self) -> None:
        """Show the files of the attempt beside those that it is compared with."""
        (before, old), (after, new) = self._sides()
        changes = await asyncio.to_thread(differences, texts_of(old), texts_of(new))
        tabs = self.query_one(Tabs)
        if list(changes) != self._files:
            with self.app.batch_update():
                await tabs.clear()
                await tabs.add_tab(Tab("Checks", id="tab-checks"))
                for number in range(len(changes)):
                    await tabs.add_tab(Tab("", id=f"tab-{number}"))
        self._files, self._changes, self._names = list(changes), changes, (before, after)
        for number, name in enumerate(self._files):
            tabs.query_one(f"#tab-{number}", Tab).label = count_label(name, changes[name])
        await self._show_page()

    def _sides(self) -> tuple[Side, Side]:
        """What is compared with what, the earlier first."""
        assert self._shown is not None
        attempt, record = self._shown
        chosen = f"attempt {attempt.number}", record.sources
        if self._base is None or self._base[0] == attempt:
            return chosen, (NOW, self._now)
        base, base_record = self._base
        other = f"attempt {base.number}", base_record.sources
        return (chosen, other) if attempt.id < base.id else (other, chosen)

    # Tabs

    @on(Tabs.TabActivated, "#attempt-tabs")
    async def _turn_page(self, event: Tabs.TabActivated) -> None:
        event.stop()
        await self._show_page()

    @property
    def _file(self) -> str | None:
        """The file whose tab is shown; None while the checks are."""
        number = self.query_one(Tabs).active.removeprefix("tab-")
        return self._files[int(number)] if number.isdigit() else None

    async def _show_page(self) -> None:
        name, shown = self._file, self._shown
        pages, file = self.query_one("#attempt-pages", ContentSwitcher), self.query_one(FileView)
        had_focus = pages.has_focus_within
        pages.current = "account" if name is None else "attempt-file"
        if name is not None and shown is not None:
            if self._is_whole:
                await file.show_whole(name, shown[1].sources.get(name, b""))
            else:
                file.show_changes(partial(diff_text, self._changes[name], *self._names))
        if had_focus:
            self._look_closer()

    def action_turn(self, step: int) -> None:
        """Turn to the tab `step` tabs on."""
        tabs = self.query_one(Tabs)
        ids = [tab.id for tab in tabs.query(Tab)]
        at = ids.index(tabs.active) if tabs.active in ids else 0
        tabs.active = ids[(at + step) % len(ids)] or ""

    async def action_show_whole(self) -> None:
        """Show the whole file, or what changed in it."""
        self._is_whole = not self._is_whole
        if self._file is None:
            self.action_turn(1)
        await self._show_page()

    def on_descendant_focus(self) -> None:
        """Show whether the list has the focus or what is below it."""
        self.query_one(Tabs).set_class(self.query_one("#attempt").has_focus_within, "-front")

    # Comparing and restoring

    def action_compare(self) -> None:
        """Compare others with the chosen attempt, or all with the present files again."""
        if self._shown is None:
            return
        is_base = self._base is not None and self._base[0] == self._shown[0]
        before, self._base = self._base, None if is_base else self._shown
        for attempt, _ in filter(None, (before, self._base)):
            self.query_one(AttemptList).replace_option_prompt(str(attempt.id), self._prompt(attempt))
        self._load(self._shown[0])

    @work(exclusive=True, exit_on_error=False, group="dialog")
    async def action_restore(self) -> None:
        """Put the files of the chosen attempt back, when the learner says yes."""
        if self._shown is None:
            return
        attempt, record = self._shown
        back = {
            name: content for name, content in record.sources.items() if name in self._lesson.manifest.files
        }
        if all(self._now.get(name) == content for name, content in back.items()):
            self.notify(f"Your files are the same as in attempt {attempt.number}.", markup=False)
        elif await self.app.push_screen_wait(
            Question(
                f"Put the files of attempt {attempt.number} back?",
                "A copy of your present files is kept.",
                "Restore",
            )
        ):
            self.dismiss(record)

    @on(CodeEditor.Left)
    def _leave_code(self) -> None:
        self.query_one(AttemptList).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without attempts there is nothing to do but to go back."""
        return action not in ("restore", "compare", "show_whole") or bool(self._attempts)
