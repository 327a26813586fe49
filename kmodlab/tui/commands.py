# SPDX-License-Identifier: MIT
"""The command palette: lessons and actions, found by a few letters."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType

from kmodlab.tui.keys import key_for_action
from kmodlab.tui.screens.lesson import LessonScreen

if TYPE_CHECKING:
    from kmodlab.tui.app import KmodlabApp

ACTIONS = (
    ("check", "Check", "Save, build, and check in a fresh kernel"),
    ("stop", "Stop the check", "End the attempt under way"),
    ("hint", "Show a hint", "The next hint for a check that failed"),
    ("next", "Next lesson", "Go on to the next lesson"),
    ("show('lesson')", "Read the lesson", "To the text"),
    ("show('code')", "Edit the code", "To the editor"),
    ("show('results')", "See the results", "To the results of the last attempt"),
    ("edit_outside", "Open in your own editor", "What the settings, $VISUAL or $EDITOR say"),
    ("edit('find')", "Find in the code", "Find a text, and go from match to match"),
    ("edit('replace')", "Replace in the code", "Find a text, and put another one in its place"),
    ("edit('next_mark(1)')", "Next marked line", "To what the compiler or the kernel said next"),
    ("log('ask')", "Find in the kernel log", "Show only lines with a text in them"),
    ("log('copy')", "Copy the kernel log", "What is selected there, or all that is shown"),
    ("page('console')", "Open the console", "A shell on a machine of your own, with your module"),
    ("page('sysfs')", "See sysfs", "What /sys/module shows of your module, and what changes"),
    ("page('trace')", "See the trace", "The functions of your module as they run (ftrace)"),
    ("renew", "Fresh machine", "Start the machine of your own afresh"),
    ("history", "History", "Every attempt at this lesson: compare it, restore its files"),
    ("reset", "Start the lesson afresh", "Put the first files back; yours are kept as a copy"),
    ("solution", "Show the solution", "How the lesson can be solved, beside your own files"),
    ("app.home", "Home", "All lessons, and how far you are"),
    ("app.packs", "Packs", "Other packs of lessons"),
    ("app.settings", "Settings", "Colours, your editor, the kernel, and keys"),
    ("app.doctor", "Doctor", "How far the set-up is, and what this computer lacks"),
    ("app.prepare", "Start the machine again", "Try again to get a kernel and boot it"),
    ("app.switch_theme", "Other colours", "Dark, light, of high contrast"),
    ("app.help", "Keys", "All keys"),
    ("app.leave", "Quit", "Save and leave"),
)

Entry = tuple[str, str, IgnoreReturnCallbackType]


class LabCommands(Provider):
    """Everything that can be done."""

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
        app, screen = cast("KmodlabApp", self.app), self.screen
        for action, name, explanation in ACTIONS:
            own = action.partition("(")[0]
            is_offered = (
                isinstance(screen, LessonScreen) and screen.check_action(own, ()) is not False
                if "." not in own
                else app.check_action(own.removeprefix("app."), ())
            )
            if is_offered:
                key = key_for_action(app, action.removeprefix("app."))
                yield (
                    name,
                    f"{explanation} ({key})" if key else explanation,
                    partial(screen.run_action, action),
                )
        for lesson in app.session.pack.lessons:
            yield (
                f"Lesson: {lesson.title}",
                f"{lesson.manifest.minutes} minutes",
                partial(app.open_lesson, lesson),
            )
