# SPDX-License-Identifier: MIT
"""The settings: colours, the learner's own editor, the kernel, and the keys."""

import asyncio
import os
import shlex
import shutil
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import ContentSwitcher, Input, OptionList, Static, Tab, Tabs

from kmodlab import settings
from kmodlab.errors import LabError
from kmodlab.kernels import store
from kmodlab.kernels.tree import KernelTree
from kmodlab.settings import Settings
from kmodlab.tui import words
from kmodlab.tui.keys import commands, complaint
from kmodlab.tui.screens.dialogs import KeyQuestion, Question
from kmodlab.tui.screens.screen import LabScreen
from kmodlab.tui.theme import THEMES
from kmodlab.tui.widgets.choice_list import ChoiceList
from kmodlab.tui.widgets.footer import StillFooter
from kmodlab.tui.widgets.key_list import KeyList

if TYPE_CHECKING:
    from kmodlab.session import Session
    from kmodlab.tui.app import KmodlabApp

PAGES = {"colours": "Colours", "editor": "Editor", "kernel": "Kernel", "keys": "Keys"}

COLOURS = "You see the colours as you move. Enter keeps them, Escape goes back to those before."
EDITOR = """\
The command that edits your files outside kmodlab, such as `code --wait`. Enter keeps it. \
Left empty, it is what $VISUAL or $EDITOR say, here `{default}`."""
KERNEL = """\
The kernel that your modules are built for and run in. Enter chooses one; it is used from the next start on. \
`kmodlab kernel add` fetches the newest."""
NO_KERNEL = "There is no kernel here yet. The app fetches one by itself when it starts."
KEYS = (
    "The key that you give to a command takes the place of those it has. What you changed is marked with ●."
)


class SettingsScreen(LabScreen[None]):
    """What the user can choose, kept in settings.toml."""

    HELP = "Settings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f10", "close", "Back", key_display="esc", id="settings.close", tooltip="Go back"),
        Binding(
            "tab,right,l",
            "turn(1)",
            "Page",
            key_display="tab",
            id="settings.next",
            tooltip="To the next page",
        ),
        Binding(
            "shift+tab,left,h",
            "turn(-1)",
            "Page before",
            show=False,
            id="settings.last",
            tooltip="To the page before",
        ),
    ]

    def __init__(self, session: "Session") -> None:
        """Let the user of `session` choose."""
        super().__init__(session)
        self._choices = Settings()
        self._kept_theme = self._previewed_theme = ""

    def compose(self) -> ComposeResult:
        """Lay out one page a tab."""
        with Horizontal(classes="screen-title"):
            yield Static("kmodlab", classes="brand")
            yield Static("Settings", classes="title")
            yield Static(str(settings.path()), classes="note", markup=False)
        yield Tabs(*(Tab(title, id=f"tab-{page}") for page, title in PAGES.items()), id="settings-tabs")
        with ContentSwitcher(initial="colours", id="settings-pages"):
            with Vertical(id="colours"):
                yield Static(COLOURS, classes="explanation")
                yield ChoiceList(id="themes")
            with Vertical(id="editor"):
                explanation = EDITOR.format(default=_editor_of_environment())
                yield Static(words.prose(explanation), classes="explanation")
                yield Input(placeholder=_editor_of_environment(), id="editor-command", compact=True)
            with Vertical(id="kernel"):
                yield Static(words.prose(KERNEL), classes="explanation")
                yield ChoiceList(id="kernels")
            with Vertical(id="keys"):
                yield Static(KEYS, classes="explanation")
                yield KeyList(id="key-list")
        yield StillFooter(show_command_palette=False)

    def on_mount(self) -> None:
        """Show what is chosen."""
        self.query_one(Tabs).can_focus = False
        self._kept_theme = self._previewed_theme = self.app.theme
        self.query_one("#themes", ChoiceList).offer(_theme_names(), self._kept_theme)
        self.query_one("#themes").focus()
        self._load()

    @work(exit_on_error=False, group="load")
    async def _load(self) -> None:
        try:
            self._choices = await asyncio.to_thread(settings.load)
            self._show_kernels(*await asyncio.to_thread(lambda: (store.installed(), store.chosen())))
        except LabError as trouble:
            self.tell(trouble)
        editor = self.query_one(Input)
        editor.value = editor.value or self._choices.editor or ""
        await asyncio.to_thread(commands)  # imports every screen
        self.query_one(KeyList).show(self._lab.keymap)

    @property
    def _lab(self) -> "KmodlabApp":
        return cast("KmodlabApp", self.app)

    # Pages

    @on(Tabs.TabActivated)
    def _turn_page(self, event: Tabs.TabActivated) -> None:
        page = (event.tab.id or "").removeprefix("tab-")
        self.query_one(ContentSwitcher).current = page
        self.query_one(f"#{page}").query("OptionList, Input").first().focus()

    def action_turn(self, step: int) -> None:
        """Turn to the page `step` tabs on."""
        pages, tabs = list(PAGES), self.query_one(Tabs)
        at = pages.index(tabs.active.removeprefix("tab-"))
        tabs.active = f"tab-{pages[(at + step) % len(pages)]}"

    def action_close(self) -> None:
        """Go back; colours that were only looked at are gone."""
        if self.app.theme == self._previewed_theme:
            self.app.theme = self._kept_theme
        self.dismiss(None)

    async def _keep(self, **choices: str | Mapping[str, str] | None) -> bool:
        try:
            self._choices = await asyncio.to_thread(partial(settings.change, **choices))
        except LabError as trouble:
            self.tell(trouble)
            return False
        return True

    # Colours

    @on(OptionList.OptionHighlighted, "#themes")
    def _preview_theme(self, event: OptionList.OptionHighlighted) -> None:
        self.app.theme = self._previewed_theme = event.option_id or self._kept_theme

    @on(OptionList.OptionSelected, "#themes")
    async def _keep_theme(self, event: OptionList.OptionSelected) -> None:
        if await self._keep(theme=event.option_id):
            self._kept_theme = event.option_id or self._kept_theme
            self.query_one("#themes", ChoiceList).mark(event.option_id)

    # Editor

    @on(Input.Submitted)
    async def _keep_editor(self, event: Input.Submitted) -> None:
        command = event.value.strip()
        if (objection := _objection_to_editor(command)) is not None:
            self.notify(objection, severity="warning", markup=False)
        elif await self._keep(editor=command):
            self.notify(f"Your files are edited with {command or _editor_of_environment()}.", markup=False)

    # Kernel

    def _show_kernels(self, trees: tuple[KernelTree, ...], chosen: KernelTree | None) -> None:
        names = {tree.release: tree.release + self._note_on(tree.release) for tree in trees}
        self.query_one("#kernels", ChoiceList).offer(names, chosen.release if chosen else None)
        if not trees:
            self.query_one("#kernel .explanation", Static).update(NO_KERNEL)

    def _note_on(self, release: str) -> str:
        return " · in use now" if release == self.session.kernel else ""

    @on(OptionList.OptionSelected, "#kernels")
    async def _keep_kernel(self, event: OptionList.OptionSelected) -> None:
        release = event.option_id or ""
        try:
            await asyncio.to_thread(store.use, release)
        except LabError as trouble:
            self.tell(trouble)
            return
        self.query_one("#kernels", ChoiceList).mark(release)
        if release != self.session.kernel:
            self.notify(f"{release} is used from the next start on.", markup=False)

    # Keys

    @on(OptionList.OptionSelected, "#key-list")
    @work(exclusive=True, exit_on_error=False, group="dialog")
    async def _ask_for_key(self) -> None:
        command = self.query_one(KeyList).command
        if command is None:
            return
        keymap = self._lab.keymap
        key = await self.app.push_screen_wait(
            KeyQuestion(command.name, command.meaning, lambda key: complaint(command, key, keymap))
        )
        if key is not None:
            await self._use_keymap({**keymap, command.id: key})

    @on(KeyList.TakeBackWanted)
    @work(exclusive=True, exit_on_error=False, group="dialog")
    async def _take_back(self, message: KeyList.TakeBackWanted) -> None:
        command, keymap = message.command, self._lab.keymap
        if command is None and keymap:
            question = Question(
                "Give every command its own key back?", "Yours are forgotten.", "All own keys"
            )
            is_wanted = await self.app.push_screen_wait(question)
            if is_wanted:
                await self._use_keymap({})
        elif command is not None and command.id in keymap:
            rest = {id: keys for id, keys in keymap.items() if id != command.id}
            objections = filter(None, (complaint(command, key, rest) for key in command.keys))
            if (objection := next(objections, None)) is not None:
                self.notify(objection, severity="warning", markup=False)
            else:
                await self._use_keymap(rest)

    async def _use_keymap(self, keymap: Mapping[str, str]) -> None:
        if await self._keep(keys=keymap):
            self._lab.use_keymap(keymap)
            self.query_one(KeyList).show(keymap)


def _theme_names() -> dict[str, str]:
    names = [theme.name for theme in THEMES]
    return {name: name.removeprefix("kmodlab-").replace("-", " ").capitalize() for name in names}


def _editor_of_environment() -> str:
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"


def _objection_to_editor(command: str) -> str | None:
    """Why a command cannot be the editor; None when it can."""
    try:
        program = shlex.split(command)[:1]
    except ValueError:
        return "A quotation mark is left open."
    if program and shutil.which(program[0]) is None:
        return f"There is no program called {program[0]} on this computer."
    return None
