# SPDX-License-Identifier: MIT
"""The app: themes, palette, help and leaving; the work is done on the lesson screen."""

import asyncio
import re
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from kmodlab import settings
from kmodlab.errors import LabError
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.tui.commands import LabCommands
from kmodlab.tui.help import Help
from kmodlab.tui.lesson_screen import LessonScreen
from kmodlab.tui.theme import DARK, DARK_NAME, LIGHT_NAME, THEMES
from kmodlab.tui.widgets.check_list import CheckList
from kmodlab.tui.widgets.editor_pane import EditorPane
from kmodlab.tui.widgets.lesson_view import Reader
from kmodlab.tui.widgets.results import ResultsPane

if TYPE_CHECKING:
    from kmodlab.session import Session


class KmodlabApp(App[None]):
    """The lab in a terminal."""

    CSS_PATH = "kmodlab.tcss"
    TITLE = "kmodlab"
    COMMANDS: ClassVar = {LabCommands}
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-wide"), (140, "-roomy")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (16, "-low"), (22, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+p",
            "command_palette",
            "Commands",
            show=False,
            id="commands",
            priority=True,
            tooltip="Find a lesson or an action",
        ),
        Binding("f1,question_mark", "help", "Keys", key_display="F1", id="help", tooltip="Show all keys"),
        Binding(
            "ctrl+t", "switch_theme", "Dark or light", show=False, id="theme", tooltip="Dark or light colours"
        ),
        Binding("ctrl+q", "leave", "Quit", id="quit", priority=True, tooltip="Save and leave"),
    ]

    def __init__(self, session: "Session", lesson: Lesson, *, theme: str | None = None) -> None:
        """Open `lesson`; `theme` is the user's choice."""
        super().__init__()
        self.session = session
        self._lesson = lesson
        self._is_leaving = False
        for known in THEMES:
            self.register_theme(known)
        self.animation_level = "none"  # a page turned at once reads better than one that slides
        self.theme = theme if theme in {known.name for known in THEMES} else DARK_NAME

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The variables of our own that kmodlab.tcss uses."""
        return DARK.variables

    def get_default_screen(self) -> LessonScreen:
        """Begin with the lesson."""
        return LessonScreen(self.session, self._lesson)

    def action_help(self) -> None:
        """Show all keys."""
        if not isinstance(self.screen, Help):
            self.push_screen(
                Help(
                    [
                        ("Everywhere", (*LessonScreen.BINDINGS, *self.BINDINGS)),
                        ("In the results", (*CheckList.BINDINGS, *ResultsPane.BINDINGS)),
                        ("In the text", Reader.BINDINGS),
                    ]
                )
            )

    async def action_switch_theme(self) -> None:
        """Change between dark and light, and remember it."""
        self.theme = LIGHT_NAME if self.theme == DARK_NAME else DARK_NAME
        try:
            await asyncio.to_thread(settings.change, theme=self.theme)
        except LabError as trouble:
            self.notify(f"{trouble.message}\n{trouble.hint}", severity="warning", markup=False)

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        """What is on screen, as an SVG that fetches nothing: Textual's loads its fonts from the web."""
        picture = super().export_screenshot(title=title, simplify=simplify)
        return re.sub(r"\s*@font-face \{.*?\}", "", picture, flags=re.DOTALL)

    async def action_leave(self) -> None:
        """Save and leave; when saving fails, a second time leaves all the same."""
        editor = self.screen_stack[0].query_one(EditorPane)
        if await editor.save() or self._is_leaving:
            # Before the loop ends: it waits for its threads, and those for what they are fetching or booting.
            await asyncio.to_thread(self.session.close)
            self.exit()
        self._is_leaving = True


def lesson_to_continue(pack: Pack, session: "Session") -> Lesson:
    """The first lesson that was not passed; the first of all when every one was."""
    for lesson in pack.lessons:
        if not session.progress.standing(lesson.id).passed:
            return lesson
    return pack.lessons[0]


def main() -> int:
    """Run the app on the curriculum that ships; raise LabError when that cannot be read."""
    from kmodlab.session import Session

    pack = catalog.load(catalog.shipped_folder())
    theme = settings.load().theme
    with Session(pack) as session:
        app = KmodlabApp(session, lesson_to_continue(pack, session), theme=theme)
        app.run()
    return app.return_code or 0
