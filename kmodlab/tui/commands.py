# SPDX-License-Identifier: MIT
"""The command palette: lessons and actions, found by a few letters."""

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType

from kmodlab.tui.lesson_screen import LessonScreen

ACTIONS = (
    ("check", "Check", "Save, build, and check in a fresh kernel (F5)"),
    ("stop", "Stop the check", "End the attempt under way"),
    ("hint", "Show a hint", "The next hint for a check that failed (h)"),
    ("next", "Next lesson", "Go on to the next lesson (n)"),
    ("show('lesson')", "Read the lesson", "To the text (F2)"),
    ("show('code')", "Edit the code", "To the editor (F3)"),
    ("show('results')", "See the results", "To the results of the last attempt (F4)"),
    ("reset", "Start the lesson afresh", "Put the first files back; yours are kept as a copy"),
    ("solution", "Show the solution", "How the lesson can be solved"),
    ("prepare", "Start the machine again", "Try again to get a kernel and boot it (F8)"),
    ("app.switch_theme", "Dark or light", "Change the colours (ctrl+t)"),
    ("app.help", "Keys", "All keys (F1)"),
    ("app.leave", "Quit", "Save and leave (ctrl+q)"),
)

Entry = tuple[str, str, IgnoreReturnCallbackType]


class LabCommands(Provider):
    """Everything that can be done on the lesson screen."""

    async def discover(self) -> Hits:
        """List everything."""
        for name, explanation, run in self._entries():
            yield DiscoveryHit(name, run, help=explanation)

    async def search(self, query: str) -> Hits:
        """List what goes with `query`."""
        matcher = self.matcher(query)
        for name, explanation, run in self._entries():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), run, help=explanation)

    def _entries(self) -> Iterator[Entry]:
        screen = self.screen
        if not isinstance(screen, LessonScreen):
            return
        for action, name, explanation in ACTIONS:
            if screen.check_action(action.partition("(")[0], ()) is not False:
                yield name, explanation, partial(screen.run_action, action)
        for lesson in screen.session.pack.lessons:
            yield (
                f"Lesson: {lesson.title}",
                f"{lesson.manifest.minutes} minutes",
                partial(screen.open_lesson, lesson),
            )
