# SPDX-License-Identifier: MIT
"""The app: themes, palette, help and leaving; the work is done on the lesson screen."""

import asyncio
import gc
import re
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from kmodlab import settings
from kmodlab.errors import LabError
from kmodlab.learner.progress import Progress
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.settings import Settings
from kmodlab.tui import overview
from kmodlab.tui.commands import LabCommands
from kmodlab.tui.keys import Keymap, judge
from kmodlab.tui.machine import Machine, MachineState
from kmodlab.tui.messages import explained
from kmodlab.tui.overview import Overview, lesson_to_continue
from kmodlab.tui.screens.home import Home
from kmodlab.tui.screens.lesson import LessonScreen
from kmodlab.tui.theme import DARK, DARK_NAME, THEMES, terminal_colours
from kmodlab.tui.widgets.editor_pane import EditorPane

if TYPE_CHECKING:
    from kmodlab.session import Session


STYLES = Path(__file__).parent / "styles"


class KmodlabApp(App[None]):
    """The lab in a terminal."""

    HELP = "Everywhere"
    CSS_PATH = sorted(STYLES.glob("*.tcss"))
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
        Binding("ctrl+o", "home", "Home", id="home", tooltip="All lessons, and how far you are"),
        Binding(
            "f8",
            "prepare",
            "Try again",
            key_display="F8",
            id="prepare",
            tooltip="Try again to get a kernel and boot it",
        ),
        Binding(
            "f12",
            "doctor",
            "Doctor",
            show=False,
            id="doctor",
            tooltip="How far the set-up is, and what this computer lacks",
        ),
        Binding("f1,question_mark", "help", "Keys", key_display="F1", id="help", tooltip="Show all keys"),
        Binding(
            "ctrl+t",
            "switch_theme",
            "Colours",
            show=False,
            id="theme",
            tooltip="Other colours: dark, light, of high contrast",
        ),
        Binding(
            "f10",
            "settings",
            "Settings",
            show=False,
            id="settings",
            tooltip="Colours, editor, kernel and keys",
        ),
        Binding("ctrl+q", "leave", "Quit", id="quit", priority=True, tooltip="Save and leave"),
    ]

    def __init__(
        self,
        session: "Session",
        lesson: Lesson,
        *,
        home: Overview | None = None,
        theme: str | None = None,
        keymap: Keymap | None = None,
        trouble: LabError | None = None,
    ) -> None:
        """Open `lesson`, or show `home` first; `theme` and `keymap` are the user's choice, `trouble` is told then."""
        super().__init__()
        self.session = session
        self.machine = Machine(self, session)
        self.keymap: Keymap = {}
        self._wanted_keymap = keymap or {}
        self.trouble = trouble
        self._lesson = lesson
        self._home = home
        self._is_leaving = False
        for known in THEMES:
            self.register_theme(known)
        self.animation_level = "none"  # a page turned at once reads better than one that slides
        self.theme = theme if theme in {known.name for known in THEMES} else DARK_NAME
        for colours in (
            App.ansi_theme_dark,
            App.ansi_theme_light,
        ):  # set later, all would be styled once more
            self.set_reactive(colours, terminal_colours(self.current_theme))

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The variables of our own that the styles use."""
        return DARK.variables

    def get_default_screen(self) -> LessonScreen:
        """Begin with the lesson."""
        return LessonScreen(self.session, self._lesson)

    # Keys

    def on_mount(self) -> None:
        """Give the commands the keys that the user chose, and show home first to whoever has been here before."""
        self.machine.changed.subscribe(self, self._offer_retry)
        if self._wanted_keymap:
            self.call_after_refresh(self._judge_keymap)
        if self._home is not None:
            self._show_home(self._home)
        if self.trouble is not None:
            self._tell(self.trouble)

    def on_ready(self) -> None:
        """After the first frame: collect garbage from now on, but never search what was imported."""
        if not gc.isenabled():
            gc.freeze()
            gc.enable()

    async def _judge_keymap(self) -> None:
        # All screens are imported for it, which only those pay for who have keys of their own.
        usable, complaints = await asyncio.to_thread(judge, self._wanted_keymap)
        self.use_keymap(usable)
        if complaints:
            hint = f"Change the keys in the settings, or correct {settings.path()}."
            self._tell(LabError(f"Not all of your keys can be used. {' '.join(complaints)}", hint=hint))

    def use_keymap(self, keymap: Keymap) -> None:
        """Give commands other keys, by their ids; those not named have their own ones."""
        self.keymap = keymap
        self.set_keymap(dict(keymap))
        # Declared as a variable of the class; the footer looks it up at the app.
        palette = keymap.get("commands", type(self).COMMAND_PALETTE_BINDING)
        self.COMMAND_PALETTE_BINDING = palette  # type: ignore[misc]
        for screen in self.screen_stack:
            screen.refresh_bindings()

    def get_key_display(self, binding: Binding) -> str:
        """How the footer shows a key: F5, ^r."""
        return re.sub(r"\bf\d+$", lambda key: key[0].upper(), super().get_key_display(binding))

    @on(Worker.StateChanged)
    def _tell_of_worker(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self._tell(explained(event.worker.error))

    def _tell(self, trouble: LabError) -> None:
        self.notify(f"{trouble.message}\n{trouble.hint}", severity="error", markup=False, timeout=12)

    def validate_theme(self, name: str) -> str:
        """Give terminals the colours of the theme that is about to be used; later all would be styled once more."""
        if (theme := self.get_theme(name)) is not None:
            for colours in (App.ansi_theme_dark, App.ansi_theme_light):
                self.set_reactive(colours, terminal_colours(theme))
        return name

    def action_prepare(self) -> None:
        """Get a kernel and boot it."""
        self.machine.prepare()

    def _offer_retry(self, _state: MachineState) -> None:
        self.screen.refresh_bindings()

    # From screen to screen

    @property
    def lesson_screen(self) -> LessonScreen:
        """The screen below all others."""
        screen = self.screen_stack[0]
        assert isinstance(screen, LessonScreen)
        return screen

    def _go_back_to(self, kind: type[Screen[Any]]) -> bool:
        """Go back to such a screen; False when there is none."""
        if not any(isinstance(screen, kind) for screen in self.screen_stack):
            return False
        while not isinstance(self.screen, kind):
            self.screen.dismiss(None)
        return True

    def action_home(self) -> None:
        """Show how far the learner is."""
        if not self._go_back_to(Home):
            self._show_home()

    def _show_home(self, known: Overview | None = None) -> None:
        self.push_screen(Home(self.session, known), self._leave_home)

    def _leave_home(self, lesson: Lesson | None) -> None:
        if lesson is not None:
            self.open_lesson(lesson)

    def open_lesson(self, lesson: Lesson) -> None:
        """Go to a lesson, whatever screen is shown now."""
        self._go_back_to(LessonScreen)
        self.lesson_screen.call_later(self.lesson_screen.turn_to, lesson)

    def action_doctor(self) -> None:
        """Show what this computer lacks."""
        from kmodlab.tui.screens.doctor import Doctor

        if not self._go_back_to(Doctor):
            self.push_screen(Doctor(self.session))

    def action_packs(self) -> None:
        """Show other packs of lessons."""
        from kmodlab.tui.screens.packs import Packs

        if not self._go_back_to(Packs):
            self.push_screen(Packs(self.session), self._leave_packs)

    def _leave_packs(self, pack: Pack | None) -> None:
        if pack is not None:
            self._open_pack(pack)

    @work(exclusive=True, exit_on_error=False, group="pack")
    async def _open_pack(self, listed: Pack) -> None:
        """Go on with another pack, read anew, and remember it."""
        if not await self.lesson_screen.leave():
            return
        try:
            pack = await asyncio.to_thread(catalog.for_learner, listed.folder)
            seen = await asyncio.to_thread(overview.read, self.session.progress.of(pack))
            await asyncio.to_thread(catalog.choose, pack)
        except LabError as trouble:
            self._tell(trouble)
            return
        self.session.turn_to(pack)
        self._go_back_to(LessonScreen)
        lesson = lesson_to_continue(pack, seen)
        self.lesson_screen.call_later(self.lesson_screen.begin_pack, lesson)
        if seen.last:
            self._show_home(seen)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done now; while a key is asked for, or the guest gets them all, nothing."""
        if getattr(self.screen, "takes_every_key", False):
            return False
        if action == "prepare":
            return self.machine.has_failed
        return not (action == "home" and isinstance(self.screen, Home))

    def action_help(self) -> None:
        """Show all keys, those of the pane with the focus first."""
        from kmodlab.tui.screens.help import Help, groups

        if not isinstance(self.screen, Help):
            self.push_screen(Help(groups(self.screen, self.keymap)))

    def action_settings(self) -> None:
        """Show the settings."""
        from kmodlab.tui.screens.settings import SettingsScreen

        if not isinstance(self.screen, SettingsScreen):
            self.push_screen(SettingsScreen(self.session))

    async def action_history(self) -> None:
        """Show every attempt at the lesson that is open."""
        await self.screen_stack[0].run_action("history")

    async def action_switch_theme(self) -> None:
        """Change to the next theme, and remember it."""
        names = [known.name for known in THEMES]
        self.theme = names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else DARK_NAME
        try:
            await asyncio.to_thread(settings.change, theme=self.theme)
        except LabError as trouble:
            self._tell(trouble)

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


def main() -> int:
    """Run the app on the pack that the user chose; raise LabError when not even the one that ships can be read."""
    from kmodlab.session import Session

    chosen, pack, trouble = _choices()
    with ExitStack() as stack:
        progress = _progress(pack, stack)
        session = stack.enter_context(Session(pack, progress=progress))
        seen = overview.read(progress)
        app = KmodlabApp(
            session,
            lesson_to_continue(pack, seen),
            home=seen if seen.last else None,
            theme=chosen.theme,
            keymap=chosen.keys,
            trouble=trouble,
        )
        app.run()
    return app.return_code or 0


def _choices() -> tuple[Settings, Pack, LabError | None]:
    """The user's settings and pack; where they cannot be had, what the lab chooses, and why."""
    trouble = None
    try:
        chosen = settings.load()
    except LabError as problem:
        chosen, trouble = Settings(), problem
    try:
        pack = catalog.chosen()
    except LabError as problem:
        pack = catalog.for_learner(catalog.shipped_folder())
        trouble = LabError(problem.message, hint=f"{problem.hint} Until then the pack that ships is open.")
    return chosen, pack, trouble


def _progress(pack: Pack, stack: ExitStack) -> Progress:
    """The learner's progress; where it cannot be kept, one that lasts until the app ends, and says so."""
    try:
        return Progress(pack)
    except LabError as trouble:
        folder = stack.enter_context(TemporaryDirectory(prefix="kmodlab-"))
        progress = Progress(pack, Path(folder) / "progress.db")
        progress.warning = f"{trouble.message} {trouble.hint} What you do until then is not remembered."
        return progress
