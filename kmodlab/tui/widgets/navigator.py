# SPDX-License-Identifier: MIT
"""The list of lessons, with how far the learner is in each."""

from collections.abc import Mapping
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from kmodlab.learner.progress import Standing
from kmodlab.packs.catalog import Lesson
from kmodlab.tui.words import lesson_state, of

NARROWEST = 16  # cells that a lesson's title needs


class Navigator(OptionList):
    """The lessons in the order they are taught; Enter opens one."""

    HELP = "Lessons"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="lessons.down", tooltip="To the next lesson"),
        Binding("k", "cursor_up", "Up", show=False, id="lessons.up", tooltip="To the lesson before"),
        Binding("g", "first", "First", show=False, id="lessons.top", tooltip="To the first lesson"),
        Binding("G", "last", "Last", show=False, id="lessons.end", tooltip="To the last lesson"),
    ]

    class Chosen(Message):
        """The learner wants another lesson."""

        def __init__(self, lesson_id: str) -> None:
            self.lesson_id = lesson_id
            super().__init__()

    def __init__(self, lessons: tuple[Lesson, ...], *, id: str | None = None) -> None:
        """List `lessons`."""
        self._lessons = lessons
        self._standings: Mapping[str, Standing] = {}
        self._current: Lesson | None = None
        super().__init__(*(Option("", lesson.id) for lesson in lessons), id=id)

    def show(self, standings: Mapping[str, Standing], current: Lesson) -> None:
        """Show where the learner stands, and put the cursor on the `current` lesson."""
        self._standings, self._current = standings, current
        self._write()
        self.highlighted = self._lessons.index(current)

    def on_resize(self, event: events.Resize) -> None:
        """Leave out the words where there is room for signs only."""
        self._write()

    def _write(self) -> None:
        is_narrow = self.size.width < NARROWEST
        for number, lesson in enumerate(self._lessons, start=1):
            standing = self._standings.get(lesson.id, Standing())
            if is_narrow:
                state = lesson_state(standing)
                prompt = Content.assemble((state.glyph, state.colour), f" {number}")
            else:
                prompt = _prompt(lesson, standing, lesson is self._current)
            self.replace_option_prompt(lesson.id, prompt)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id is not None:
            self.post_message(self.Chosen(event.option_id))


def _prompt(lesson: Lesson, standing: Standing, is_current: bool = False) -> Content:
    state = lesson_state(standing)
    best = max(standing.max_points, lesson.points)
    return Content.assemble(
        (f"{state.glyph} ", state.colour),
        (lesson.title, "bold" if is_current else ""),
        "\n  ",
        (f"{state.word} · {of(standing.best_points, best)} points", "$muted"),
    )
