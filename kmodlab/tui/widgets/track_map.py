# SPDX-License-Identifier: MIT
"""The tracks of a pack as a map: each lesson a stop on the path that its requirements draw."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from kmodlab.packs.catalog import Lesson, Pack, Track
from kmodlab.tui import lanes
from kmodlab.tui.overview import Overview, lesson_to_continue
from kmodlab.tui.words import ago, coloured, count, lesson_state, of

BAR_WIDTH = 10  # cells
STATE_WIDTH, MINUTES_WIDTH, POINTS_WIDTH = 8, 8, 10  # cells


class TrackMap(OptionList):
    """The lessons by tracks, with how far the learner is; Enter opens one."""

    HELP = "Map"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", key_display="⏎", id="map.open", tooltip="Open the lesson"),
        Binding("j", "cursor_down", "Down", show=False, id="map.down", tooltip="To the next lesson"),
        Binding("k", "cursor_up", "Up", show=False, id="map.up", tooltip="To the lesson before"),
        Binding("g", "first", "First lesson", show=False, id="map.first", tooltip="To the first lesson"),
        Binding("G", "last", "Last lesson", show=False, id="map.last", tooltip="To the last lesson"),
    ]

    class Chosen(Message):
        """The learner wants to go to a lesson."""

        def __init__(self, lesson: Lesson) -> None:
            self.lesson = lesson
            super().__init__()

    class Looked(Message):
        """The cursor is on a lesson."""

        def __init__(self, lesson: Lesson) -> None:
            self.lesson = lesson
            super().__init__()

    def __init__(self, pack: Pack) -> None:
        """Draw the tracks of `pack`."""
        self._pack = pack
        self._tracks = pack.tracks
        self._overview = Overview()
        self._rows = {
            lesson.id: row
            for track in self._tracks
            for lesson, row in zip(
                track.lessons,
                lanes.draw({lesson.id: lesson.manifest.requires for lesson in track.lessons}),
                strict=True,
            )
        }
        super().__init__(*self._stops())

    def _stops(self) -> Iterator[Option]:
        for track in self._tracks:
            yield Option("", disabled=True)
            for lesson in track.lessons:
                yield Option("", lesson.id)

    @property
    def lesson(self) -> Lesson:
        """The lesson at the cursor."""
        return self._lesson(self.highlighted_option.id if self.highlighted_option else None)

    def show(self, overview: Overview, at: Lesson) -> None:
        """Show where the learner stands, and put the cursor on a lesson."""
        self._overview = overview
        self._write()
        self.highlighted = self.get_option_index(at.id)

    def on_resize(self, event: events.Resize) -> None:
        """Give each lesson as much room as there is now."""
        self._write()

    def _write(self) -> None:
        width = self.scrollable_content_region.width - 2  # a blank on each side
        lines = sum(2 * len(track.lessons) + 3 for track in self._tracks)
        is_roomy = lines <= self.scrollable_content_region.height
        following = lesson_to_continue(self._pack, self._overview)
        number = 0
        for track in self._tracks:
            self.replace_option_prompt_at_index(
                number, self._heading(track, width, is_first=number == 0, is_roomy=is_roomy)
            )
            number += 1
            for lesson in track.lessons:
                stop = self._stop(lesson, width, is_roomy, lesson is following)
                self.replace_option_prompt_at_index(number, stop)
                number += 1
        self.scroll_to_highlight()

    def _heading(self, track: Track, width: int, *, is_first: bool, is_roomy: bool) -> Content:
        total = len(track.lessons)
        passed = self._overview.passed(track.lessons)
        full = round(BAR_WIDTH * passed / total)
        rest = "╌" * (BAR_WIDTH - full)
        progress = Content.assemble(("━" * full, "$success"), f"{rest} {passed} of {total} passed")
        name = Content.assemble((track.title, "bold $primary"), f"  {track.description}")
        room = max(width - progress.cell_length - 2, 0)
        line = Content.assemble(name.truncate(room, ellipsis=True, pad=True), "  ", progress)
        return Content.assemble("" if is_first else "\n", line, "\n" if is_roomy else "")

    def _stop(self, lesson: Lesson, width: int, is_roomy: bool, is_next: bool) -> Content:
        standing, row = self._overview.standing(lesson), self._rows[lesson.id]
        state = lesson_state(standing)
        points = of(standing.best_points, self._overview.max_points(lesson))
        path = Content.assemble(
            ("▸ " if is_next else "  ", "bold $accent"),
            row.left,
            coloured(state.glyph, state).stylize("bold"),
            f"{row.right}  ",
        )
        title = Content.styled(lesson.title, f"bold {'$accent' if is_next else '$foreground'}")
        minutes = f"{lesson.manifest.minutes} min"
        if not is_roomy:
            word = coloured(f"{state.word:<{STATE_WIDTH}}", state)
            columns = Content.assemble(word, f"{minutes:>{MINUTES_WIDTH}}{points:>{POINTS_WIDTH}}")
            room = max(width - path.cell_length - columns.cell_length - 1, 0)
            return Content.assemble(path, title.truncate(room, ellipsis=True, pad=True), " ", columns)
        details = f" · {minutes} · {points} points"
        if standing.last_at:
            when = ago(standing.last_at, datetime.now(UTC))
            details += f" · {count(standing.attempts, 'attempt')}, {when}"
        below = Content.assemble(f"  {row.below}  ", coloured(state.word, state), details)
        return Content("\n").join(
            line.truncate(max(width, 0), ellipsis=True) for line in (Content.assemble(path, title), below)
        )

    def _lesson(self, option_id: str | None) -> Lesson:
        return self._pack.lesson(option_id) if option_id else self._pack.lessons[0]

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Chosen(self._lesson(event.option_id)))

    @on(OptionList.OptionHighlighted)
    def _look(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option_index == 1:  # the heading above it cannot be reached otherwise
            self.scroll_home(animate=False)
        self.post_message(self.Looked(self._lesson(event.option_id)))
