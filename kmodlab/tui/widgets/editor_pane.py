# SPDX-License-Identifier: MIT
"""The editor pane: one tab a file, what was said about the cursor's line, and saving."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import ContentSwitcher, Static, Tab, Tabs, TextArea

from kmodlab import settings
from kmodlab.build.diagnostics import Diagnostic
from kmodlab.errors import LabError
from kmodlab.evidence.finding import Finding
from kmodlab.tui import external_editor, words
from kmodlab.tui.files import LessonFiles, text_of
from kmodlab.tui.frames import relabel
from kmodlab.tui.marks import marks_of
from kmodlab.tui.widgets.code_editor import CodeEditor
from kmodlab.tui.widgets.find_bar import FindBar
from kmodlab.tui.widgets.key_label import KeyLabel

PAUSE = 0.8  # seconds without a key before the files are saved
LOOK_EVERY = 1.0  # seconds between two looks for changes made elsewhere


class EditorPane(Vertical):
    """The learner's files of one lesson."""

    HELP = "Code"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+f",
            "find",
            "Find",
            show=False,
            id="editor.find",
            priority=True,
            tooltip="Find a text; Tab: replace it",
        ),
        Binding(
            "ctrl+g",
            "find_next(1)",
            "Find next",
            show=False,
            id="editor.find-next",
            tooltip="Find the same text again",
        ),
        Binding(
            "alt+g",
            "find_next(-1)",
            "Find before",
            show=False,
            id="editor.find-previous",
            priority=True,  # or the editor would take it for a g
            tooltip="Find the same text again, backwards",
        ),
        Binding(
            "alt+down",
            "next_mark(1)",
            "Next mark",
            show=False,
            id="editor.next-mark",
            tooltip="To the next line that something was said about",
        ),
        Binding(
            "alt+up",
            "next_mark(-1)",
            "Mark before",
            show=False,
            id="editor.last-mark",
            tooltip="To the line before that something was said about",
        ),
    ]

    class Rested(Message):
        """Nothing was typed for a while."""

    class Told(Message):
        """Something about the files that the learner has to know."""

        def __init__(self, message: str, hint: str, *, is_error: bool = True) -> None:
            self.message = message
            self.hint = hint
            self.is_error = is_error
            super().__init__()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.find_bar = FindBar()
        self._files: LessonFiles | None = None
        self._saved: dict[str, str] = {}
        self._saving = asyncio.Lock()
        self._pause: Timer | None = None
        self._shown_unsaved: list[str] | None = None
        self._is_mark_told = False

    def compose(self) -> ComposeResult:
        """Lay out tabs, editors and the line below them."""
        with Container(id="editor-head", classes="pane-head"):
            yield Tabs(id="file-tabs")
            yield Static(id="saved-state")
            yield KeyLabel("code")
        yield ContentSwitcher(id="editors")
        yield self.find_bar
        yield Static(id="line-message")

    def on_mount(self) -> None:
        """Begin to look for changes made elsewhere."""
        self.query_one(Tabs).can_focus = False
        self.set_interval(LOOK_EVERY, self._look_outside)

    # Files

    async def open(self, files: LessonFiles) -> None:
        """Edit `files`, which were read. Who leaves the app meanwhile waits: saving does, as leaving begins with it."""
        async with self._saving:
            await self._open(files)

    async def _open(self, files: LessonFiles) -> None:
        self._files, self._shown_unsaved = files, None
        self.find_bar.follow(None)
        texts = {name: text_of(content) for name, content in files.known.items()}
        tabs = self.query_one(Tabs)
        switcher = self.query_one("#editors", ContentSwitcher)
        with self.app.batch_update():
            await tabs.clear()
            switcher.current = None
            await switcher.remove_children()
            for number, (name, text) in enumerate(texts.items()):
                await switcher.add_content(CodeEditor(name, text), id=f"editor-{number}")
                await tabs.add_tab(Tab(Content(_label(name, is_saved=True)), id=f"file-{number}"))
            switcher.current = "editor-0"
        self._saved = self.texts
        self._show_saved()

    def let_go(self) -> None:
        """Neither save the files nor watch them any more, until others are opened."""
        self._files = None

    @property
    def editors(self) -> dict[str, CodeEditor]:
        """The editor of each file."""
        return {editor.file: editor for editor in self.query(CodeEditor)}

    @property
    def current(self) -> CodeEditor | None:
        """The editor that is shown."""
        shown = self.query_one("#editors", ContentSwitcher).visible_content
        return shown if isinstance(shown, CodeEditor) else None

    @property
    def texts(self) -> dict[str, str]:
        """The files as they are on screen, saved or not."""
        return {name: editor.text for name, editor in self.editors.items()}

    @property
    def contents(self) -> dict[str, bytes]:
        """The files as they were last saved or read."""
        return self._files.known if self._files is not None else {}

    @property
    def unsaved(self) -> list[str]:
        """The files whose text on screen is not on disk."""
        return [name for name, text in self.texts.items() if text != self._saved.get(name)]

    async def save(self) -> bool:
        """Write what is not on disk; return whether all is. Trouble is told by a message."""
        async with self._saving:
            files = self._files
            if files is None:
                return not self.unsaved
            for name in self.unsaved:
                text = self.editors[name].text
                try:
                    copy = await asyncio.to_thread(files.save, name, text)
                except LabError as trouble:
                    self.post_message(self.Told(trouble.message, trouble.hint))
                    return False
                self._saved[name] = text
                if copy is not None:
                    self._tell_of_copy(name, str(copy))
            self._show_saved()
            return True

    async def _look_outside(self) -> None:
        if not self._saving.locked():
            for name in await self._load_changes():
                self.post_message(
                    self.Told(f"{name} was changed elsewhere.", "It was loaded again.", is_error=False)
                )

    async def _load_changes(self) -> list[str]:
        """Load the files that were changed elsewhere; return their names."""
        loaded: list[str] = []
        async with self._saving:
            files = self._files
            changed = await asyncio.to_thread(files.changed_outside) if files is not None else {}
            if files is None or files is not self._files:
                return loaded
            unsaved = self.unsaved
            for name, content in changed.items():
                if name not in unsaved:  # an unsaved one is kept: saving it puts a copy of the other aside
                    files.accept(name, content)
                    editor = self.editors[name]
                    editor.exchange(text_of(content))
                    self._saved[name] = editor.text
                    loaded.append(name)
        return loaded

    async def edit_outside(self) -> None:
        """Open the file that is shown in the learner's own editor, and come back with what was saved there."""
        editor, files = self.current, self._files
        if editor is None or files is None or not await self.save():
            return
        path, line = files.path(editor.file), editor.cursor_location[0] + 1
        try:
            setting = (await asyncio.to_thread(settings.load)).editor
            command = external_editor.command(external_editor.chosen(setting, os.environ), path, line)
            self._lend_terminal(command)
        except SuspendNotSupported:
            self.post_message(
                self.Told(
                    "This terminal cannot be lent to another editor.",
                    f"Open {path} in a window of its own; what you save there is loaded here.",
                )
            )
        except LabError as trouble:
            self.post_message(self.Told(trouble.message, trouble.hint))
        await self._load_changes()

    def _lend_terminal(self, command: Sequence[str]) -> None:
        """Run an editor in this terminal; nothing may be painted until it ends."""
        trouble = None
        with self.app.suspend():  # which resumes only when nothing is raised
            try:
                external_editor.run(command)
            except LabError as problem:
                trouble = problem
        if trouble is not None:
            raise trouble

    def _tell_of_copy(self, name: str, copy: str) -> None:
        self.post_message(
            self.Told(
                f"{name} was changed elsewhere while you were editing it.",
                f"Yours is kept; the other one is in {copy}.",
                is_error=False,
            )
        )

    @on(TextArea.Changed)
    def _follow_change(self) -> None:
        if self.find_bar.display:
            self.find_bar.look_again()
        self._show_saved()
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE, self._rest)

    async def _rest(self) -> None:
        await self.save()
        self.post_message(self.Rested())

    def _show_saved(self) -> None:
        unsaved = self.unsaved
        if unsaved == self._shown_unsaved:  # as at nearly every key
            return
        self._shown_unsaved = unsaved
        for tab in self.query_one(Tabs).query(Tab):
            name = list(self.editors)[int((tab.id or "").removeprefix("file-"))]
            relabel(tab, _label(name, is_saved=name not in unsaved))
        state = Content.styled("● unsaved", "$accent") if unsaved else Content("saved")
        self.query_one("#saved-state", Static).update(state, layout=False)

    # Finding

    @on(CodeEditor.Left)
    def _close_bar_first(self, event: CodeEditor.Left) -> None:
        if self.find_bar.display:
            event.stop()
            self.find_bar.action_close()

    def action_find(self, *, is_replacing: bool = False) -> None:
        """Open the bar."""
        if self.current is not None:
            self.find_bar.open(self.current, is_replacing=is_replacing)

    def action_replace(self) -> None:
        """Open the bar with what replaces."""
        self.action_find(is_replacing=True)

    def action_find_next(self, step: Literal[1, -1]) -> None:
        """Find again what was found last; ask when there was nothing yet."""
        if not self.find_bar.is_asked:
            self.action_find()
        else:
            self.find_bar.follow(self.current)
            self.find_bar.action_go(step)

    # Places

    def action_next_mark(self, step: Literal[1, -1]) -> None:
        """Go to the next marked line, or the one before; after those of one file come those of the next."""
        if self.current is None:
            return
        editors = list(self.editors.values())
        at = editors.index(self.current)
        if (mark := self.current.next_mark(step)) is not None:
            self.go_to(self.current.file, mark.row + 1)
            return
        for editor in [
            editors[(at + step * further) % len(editors)] for further in range(1, len(editors) + 1)
        ]:
            if editor.marks:
                rows = [mark.row for mark in editor.marks]
                self.go_to(editor.file, (min(rows) if step > 0 else max(rows)) + 1)
                return

    def go_to(self, name: str, line: int, column: int | None = None) -> bool:
        """Show a line of a file with the cursor on it; return whether there is such a file."""
        editor = self.editors.get(name)
        if editor is None:
            return False
        self.query_one(Tabs).active = f"file-{list(self.editors).index(name)}"
        self.query_one("#editors", ContentSwitcher).current = editor.id
        editor.go_to(line, column)
        self.screen.set_focus(editor)
        return True

    def on_tabs_tab_activated(self, event: Tabs.TabActivated) -> None:
        """Show the file of the tab."""
        event.stop()
        number = (event.tab.id or "").removeprefix("file-")
        self.query_one("#editors", ContentSwitcher).current = f"editor-{number}"
        self.find_bar.follow(self.current)
        self._tell_of_line()

    def mark(self, diagnostics: Iterable[Diagnostic], findings: Iterable[Finding]) -> None:
        """Show at their lines what the compiler and the kernel said."""
        diagnostics, findings = list(diagnostics), list(findings)
        for name, editor in self.editors.items():
            editor.mark(marks_of(diagnostics, findings, name))

    @on(TextArea.SelectionChanged)
    @on(CodeEditor.Marked)
    def _tell_of_line(self) -> None:
        editor = self.current
        if editor is None:
            return
        if self.find_bar.display:
            self.find_bar.show_count()
        marks = editor.marks_here()
        row, column = editor.cursor_location
        place = f"line {row + 1}, column {editor.get_column_width(row, column) + 1}"
        if marks:
            mark = marks[0]
            weight = words.WEIGHTS[mark.weight]
            more = f"  (+{len(marks) - 1} more)" if len(marks) > 1 else ""
            said = Content.assemble(
                (f"{weight.glyph} {mark.word}: ", f"bold {weight.colour}"), mark.text, more
            )
        elif editor.marks:
            said = Content.assemble(
                (place, "$muted"), (f" · {words.count(len(editor.marks), 'marked line')}", "$muted")
            )
        else:
            said = Content.styled(place, "$muted")
        # A mark may need several rows, a mere place does not: no new layout at every key.
        self.query_one("#line-message", Static).update(said, layout=bool(marks) or self._is_mark_told)
        self._is_mark_told = bool(marks)


def _label(name: str, *, is_saved: bool) -> str:
    return f"{name}  " if is_saved else f"{name} ●"
