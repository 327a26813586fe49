# SPDX-License-Identifier: MIT
"""Home: the tracks as a map, what was done last, and what to go on with."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from kmodlab.packs.catalog import Lesson
from kmodlab.tui import overview
from kmodlab.tui.overview import Overview, lesson_to_continue
from kmodlab.tui.screens.screen import TOO_SMALL, LabScreen
from kmodlab.tui.widgets.footer import StillFooter
from kmodlab.tui.widgets.title_bar import TitleBar
from kmodlab.tui.widgets.track_map import TrackMap
from kmodlab.tui.words import OUTCOMES, ago, coloured, count, lesson_state, number, of

if TYPE_CHECKING:
    from kmodlab.session import Session

CARDS = {"next": "Continue", "last": "Last attempt", "total": "So far"}


class Home(LabScreen[Lesson]):
    """Where the learner stands; left with the lesson to open, or with None."""

    HELP = "Home"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h", "go('history')", "History", id="home.history", tooltip="To all your attempts"),
        Binding("p", "go('packs')", "Packs", id="home.packs", tooltip="To other packs of lessons"),
        Binding("d", "go('doctor')", "Doctor", id="home.doctor", tooltip="To what this computer lacks"),
        Binding("s", "go('settings')", "Settings", id="home.settings", tooltip="To what can be set"),
        Binding(
            "escape,q",
            "dismiss(None)",
            "Back",
            key_display="esc",
            id="home.close",
            tooltip="Back to where you were",
        ),
    ]

    def __init__(self, session: "Session", known: Overview | None = None) -> None:
        """Show where the learner stands, at once when that is `known`."""
        super().__init__(session)
        self._overview = known or Overview()

    def compose(self) -> ComposeResult:
        """Lay out the map, and what is beside it or below."""
        yield TitleBar(self.session.pack.title, self.session)
        with Container(id="home"):
            yield TrackMap(self.session.pack)
            with Container(id="cards"):
                for name, label in CARDS.items():
                    with Container(id=f"card-{name}", classes="card"):
                        yield Static(label, classes="label")
                        yield Static(classes="text")
        yield StillFooter()
        yield Static(TOO_SMALL, id="too-small")

    def on_mount(self) -> None:
        """Put the cursor on what to go on with."""
        self._show(self._overview, self._following(self._overview))
        self.query_one(TrackMap).focus()
        self.call_after_refresh(self.machine.prepare)

    @on(events.ScreenResume)
    @work(exclusive=True, exit_on_error=False, group="overview")
    async def _look(self) -> None:
        seen = await asyncio.to_thread(overview.read, self.session.progress)
        if seen != self._overview:
            is_first_look = self._overview.last is None
            self._show(seen, self._following(seen) if is_first_look else self.query_one(TrackMap).lesson)

    def _following(self, seen: Overview) -> Lesson:
        return lesson_to_continue(self.session.pack, seen)

    def _show(self, seen: Overview, at: Lesson) -> None:
        self._overview = seen
        self.query_one(TrackMap).show(seen, at)
        self._show_lesson(at)
        self._write("last", self._last_attempt())
        self._write("total", self._total())

    @on(TrackMap.Looked)
    def _look_at(self, event: TrackMap.Looked) -> None:
        self._show_lesson(event.lesson)

    def _show_lesson(self, lesson: Lesson) -> None:
        is_next = lesson is self._following(self._overview)
        self.query_one("#card-next .label", Static).update(f"{CARDS['next'] if is_next else 'Open'} ⏎")
        self._write("next", self._lesson(lesson))

    def _write(self, card: str, text: Content) -> None:
        self.query_one(f"#card-{card} .text", Static).update(text)

    def _lesson(self, lesson: Lesson) -> Content:
        standing = self._overview.standing(lesson)
        state = lesson_state(standing)
        points = of(standing.best_points, self._overview.max_points(lesson))
        lines = [
            Content.styled(lesson.title, "bold"),
            Content.assemble(
                coloured(f"{state.glyph} {state.word}", state),
                f" · {lesson.manifest.minutes} minutes · {points} points",
            ),
        ]
        required = [known for known in self.session.pack.lessons if known.id in lesson.manifest.requires]
        if required:
            lines.append(Content.assemble("requires ", Content(", ").join(map(self._marked, required))))
        return Content("\n").join(lines)

    def _marked(self, lesson: Lesson) -> Content:
        state = lesson_state(self._overview.standing(lesson))
        return Content.assemble(coloured(state.glyph, state), f" {lesson.title}")

    def _last_attempt(self) -> Content:
        last = self._overview.last
        if last is None:
            return Content.styled("none yet", "$muted")
        title = next(
            (lesson.title for lesson in self.session.pack.lessons if lesson.id == last.lesson), last.lesson
        )
        state = OUTCOMES[last.outcome]
        when = ago(last.at, datetime.now(UTC))
        return Content.assemble(
            (f"{state.glyph} {state.word}", state.colour),
            f" · {title}",
            (f" · {of(last.points, last.max_points)} points · {when}", "$muted"),
        )

    def _total(self) -> Content:
        lessons = self.session.pack.lessons
        standings = [self._overview.standing(lesson) for lesson in lessons]
        passed = self._overview.passed(lessons)
        points = sum(standing.best_points for standing in standings)
        best = sum(self._overview.max_points(lesson) for lesson in lessons)
        attempts = count(sum(standing.attempts for standing in standings), "attempt")
        return Content.assemble(
            f"{passed} of {count(len(lessons), 'lesson')} passed",
            (f" · {number(points)} of {number(best)} points · {attempts}", "$muted"),
        )

    @on(TrackMap.Chosen)
    def _open(self, event: TrackMap.Chosen) -> None:
        self.dismiss(event.lesson)

    @on(events.Click, "#card-next, #card-next *")
    def _open_the_shown(self) -> None:
        self.dismiss(self.query_one(TrackMap).lesson)

    async def action_go(self, name: str) -> None:
        """Go to another screen of the app."""
        await self.app.run_action(f"app.{name}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what there is."""
        if action == "go":
            return hasattr(self.app, f"action_{parameters[0]}")
        return True
