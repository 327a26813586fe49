# SPDX-License-Identifier: MIT
"""The four panes: side by side where there is room, otherwise one at a time behind tabs."""

from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Static, Tab, Tabs

from kmodlab.tui.frames import relabel
from kmodlab.tui.keys import key_for
from kmodlab.tui.widgets.code_editor import CodeEditor
from kmodlab.tui.widgets.editor_pane import EditorPane
from kmodlab.tui.widgets.key_label import KeyLabel
from kmodlab.tui.widgets.lesson_view import LessonView
from kmodlab.tui.widgets.navigator import Navigator
from kmodlab.tui.widgets.results import ResultsPane

if TYPE_CHECKING:
    from kmodlab.session import Session

Pane = Literal["lessons", "lesson", "code", "results"]
PANES: tuple[Pane, ...] = ("lessons", "lesson", "code", "results")
ROUND: tuple[Pane, ...] = ("lesson", "code", "results")  # the way that Tab and Escape go


class Panes(Vertical):
    """Lessons, lesson, code and results. `front` is the pane that the learner is in."""

    TABS: ClassVar[dict[Pane, str]] = {
        "lesson": "Lesson",
        "code": "Code",
        "results": "Results",
        "lessons": "Lessons",
    }

    def __init__(self, session: "Session") -> None:
        """Offer the lessons of `session` in the list."""
        super().__init__()
        self._session, self._lessons = session, session.pack.lessons
        self.front: Pane = "lesson"
        self._sign = ""  # how the check is going

    def compose(self) -> ComposeResult:
        """Lay out the panes; styles/app.tcss decides how large they are."""
        yield Tabs(*(Tab(label, id=f"tab-{pane}") for pane, label in self.TABS.items()), id="panes")
        with Horizontal(id="body"):
            with Vertical(id="lessons", classes="pane"):
                yield from _head("lessons")
                yield Navigator(self._lessons)
            with Vertical(id="work"):
                with Horizontal(id="desk"):
                    with Vertical(id="lesson", classes="pane"):
                        yield from _head("lesson")
                        yield LessonView()
                    yield EditorPane(id="code", classes="pane")
                yield ResultsPane(self._session, id="results", classes="pane")

    def on_mount(self) -> None:
        """Keep the tabs out of the way of the Tab key."""
        self.query_one("#panes", Tabs).can_focus = False
        self.screen.bindings_updated_signal.subscribe(self, self._label_tabs)
        self._label_tabs(self.screen)

    def show(self, pane: Pane) -> None:
        """Bring a pane to the front, and give it the focus."""
        self._bring_to_front(pane)
        if pane == "results":
            self.query_one(ResultsPane).focus_page()
        elif pane == "code":
            if (editor := self.query_one(EditorPane).current) is not None:
                self.screen.set_focus(editor)
        else:
            self.screen.set_focus(self.query_one(LessonView if pane == "lesson" else Navigator))

    def go_round(self, step: int) -> None:
        """Go to the pane after, or before, the one in front."""
        at = ROUND.index(self.front) if self.front in ROUND else -1 if step > 0 else 0
        self.show(ROUND[(at + step) % len(ROUND)])

    def mark_results(self, sign: str) -> None:
        """Show in the tab of the results how the check is going."""
        self._sign = sign
        self._label_tabs(self.screen)

    def _label_tabs(self, _screen: Screen[object]) -> None:
        for pane, name in self.TABS.items():
            sign = f" {self._sign or ' '}" if pane == "results" else ""
            relabel(self.query_one(f"#tab-{pane}", Tab), f"{key_for(self.app, pane)} {name}{sign}")

    @property
    def is_narrow(self) -> bool:
        """Whether there is room for one pane only."""
        return bool(self.screen.classes & {"-narrow", "-low"})

    @on(CodeEditor.Left)
    def _leave_editor(self) -> None:
        self.go_round(1)

    @on(Tabs.TabActivated, "#panes")
    def _show_tab(self, event: Tabs.TabActivated) -> None:
        pane = next(pane for pane in PANES if event.tab.id == f"tab-{pane}")
        if pane != self.front:
            self.show(pane)

    def on_descendant_focus(self) -> None:
        """Know which pane the learner is in, however they got there."""
        for pane in PANES:
            if pane != self.front and self.query_one(f"#{pane}").has_focus_within:
                self._bring_to_front(pane)

    def on_resize(self) -> None:
        """Show one pane or all, as there is room now."""
        self.call_later(self._arrange)

    def _bring_to_front(self, pane: Pane) -> None:
        self.front = pane
        self._arrange()

    def _arrange(self) -> None:
        # Not by a class that all panes are below: everything in them would be styled again.
        if self.is_narrow:
            self.query_one("#panes", Tabs).active = f"tab-{self.front}"
        for pane in PANES:
            self.query_one(f"#{pane}").display = not self.is_narrow or pane == self.front
            self.query_one(f"#{pane} .pane-head").set_class(pane == self.front, "-front")
        self.query_one("#lessons").set_class(self.front == "lessons", "-front")
        self.query_one("#work").display = not self.is_narrow or self.front != "lessons"
        self.query_one("#desk").display = not self.is_narrow or self.front in ("lesson", "code")


def _head(pane: Pane) -> ComposeResult:
    """The line above a pane: its title, and the key that leads to it."""
    with Horizontal(classes="pane-head"):
        yield Static(Panes.TABS[pane], classes="pane-title")
        yield KeyLabel(pane)
