# SPDX-License-Identifier: MIT
"""The editor pane: one tab a file, what was said about the cursor's line, and saving."""

import asyncio
from collections.abc import Iterable

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import ContentSwitcher, Static, Tab, Tabs, TextArea

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.errors import LabError
from kmodlab.evidence.finding import Finding
from kmodlab.tui import words
from kmodlab.tui.files import LessonFiles, text_of
from kmodlab.tui.marks import marks_of
from kmodlab.tui.widgets.code_editor import CodeEditor

PAUSE = 0.8  # seconds without a key before the files are saved
LOOK_EVERY = 1.0  # seconds between two looks for changes made elsewhere


class EditorPane(Vertical):
    """The learner's files of one lesson."""

    class Told(Message):
        """Something about the files that the learner has to know."""

        def __init__(self, message: str, hint: str, *, is_error: bool = True) -> None:
            self.message = message
            self.hint = hint
            self.is_error = is_error
            super().__init__()

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
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
            yield Static("F3", classes="pane-key")
        yield ContentSwitcher(id="editors")
        yield Static(id="line-message")

    def on_mount(self) -> None:
        """Begin to look for changes made elsewhere."""
        self.query_one(Tabs).can_focus = False
        self.set_interval(LOOK_EVERY, self._look_outside)

    # Files

    async def open(self, files: LessonFiles) -> None:
        """Edit `files`, which were read."""
        self._files, self._shown_unsaved = files, None
        texts = {name: text_of(content) for name, content in files.known.items()}
        tabs = self.query_one(Tabs)
        switcher = self.query_one("#editors", ContentSwitcher)
        with self.app.batch_update():
            await tabs.clear()
            switcher.current = None
            await switcher.remove_children()
            for number, (name, text) in enumerate(texts.items()):
                await switcher.add_content(CodeEditor(name, text), id=f"editor-{number}")
                await tabs.add_tab(Tab(Content(name), id=f"file-{number}"))
            switcher.current = "editor-0"
        self._saved = self.texts
        self._show_saved()

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
            for name in self.unsaved:
                text = self.editors[name].text
                files = self._files
                assert files is not None
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
        files = self._files
        if files is None or self._saving.locked():
            return
        async with self._saving:
            changed = await asyncio.to_thread(files.changed_outside)
            if files is not self._files:
                return
            unsaved = self.unsaved
            for name, content in changed.items():
                if name not in unsaved:  # an unsaved one is kept: saving it puts a copy of the other aside
                    files.accept(name, content)
                    editor = self.editors[name]
                    editor.exchange(text_of(content))
                    self._saved[name] = editor.text
                    self.post_message(
                        self.Told(f"{name} was changed elsewhere.", "It was loaded again.", is_error=False)
                    )

    def _tell_of_copy(self, name: str, copy: str) -> None:
        self.post_message(
            self.Told(
                f"{name} was changed elsewhere while you were editing it.",
                f"Yours is kept; the other one is in {copy}.",
                is_error=False,
            )
        )

    @on(TextArea.Changed)
    def _plan_save(self) -> None:
        self._show_saved()
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE, self.save)

    def _show_saved(self) -> None:
        unsaved = self.unsaved
        if unsaved == self._shown_unsaved:  # as at nearly every key
            return
        self._shown_unsaved = unsaved
        for tab in self.query_one(Tabs).query(Tab):
            name = list(self.editors)[int((tab.id or "").removeprefix("file-"))]
            tab.label = Content(f"{name} ●" if name in unsaved else name)
        state = Content.styled("● unsaved", "$accent") if unsaved else Content("saved")
        self.query_one("#saved-state", Static).update(state)

    # Places

    def go_to(self, name: str, line: int, column: int | None = None) -> bool:
        """Show a line of a file with the cursor on it; return whether there is such a file."""
        editor = self.editors.get(name)
        if editor is None:
            return False
        self.query_one(Tabs).active = f"file-{list(self.editors).index(name)}"
        self.query_one("#editors", ContentSwitcher).current = editor.id
        editor.go_to(line, column)
        editor.focus()
        return True

    def on_tabs_tab_activated(self, event: Tabs.TabActivated) -> None:
        """Show the file of the tab."""
        event.stop()
        number = (event.tab.id or "").removeprefix("file-")
        self.query_one("#editors", ContentSwitcher).current = f"editor-{number}"
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
