# SPDX-License-Identifier: MIT
"""The bar below the editor: find a text, and replace it."""

from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from kmodlab.tui.find import Location, Match, index_after, index_before, matches, replaced
from kmodlab.tui.widgets.code_editor import CodeEditor

CASE = {False: "any case", True: "this case"}


class FindBar(Vertical):
    """Finds in the editor that it was opened for. The match at which it stands is what is selected there."""

    HELP = "Find"

    # With priority: the field would take them for itself, or what is typed next overtake them.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "down",
            "go(1)",
            "Next",
            key_display="↓",
            id="find.next",
            priority=True,
            tooltip="To the next match, as Enter does",
        ),
        Binding(
            "up",
            "go(-1)",
            "Before",
            key_display="↑",
            id="find.previous",
            priority=True,
            tooltip="To the match before",
        ),
        Binding(
            "tab",
            "turn(1)",
            "Replace",
            id="find.replace",
            priority=True,
            tooltip="To the next field; replace what is found",
        ),
        Binding(
            "shift+tab",
            "turn(-1)",
            "Back",
            show=False,
            id="find.back",
            priority=True,
            tooltip="To the field before",
        ),
        Binding(
            "alt+c",
            "switch_case",
            "Case",
            id="find.case",
            priority=True,
            tooltip="Tell capital letters from small ones",
        ),
        Binding(
            "alt+a", "replace_all", "All", id="find.all", priority=True, tooltip="Replace all that is found"
        ),
        Binding(
            "escape",
            "close",
            "Close",
            key_display="esc",
            id="find.close",
            priority=True,
            tooltip="Back to the code",
        ),
    ]

    def __init__(self) -> None:
        """Be closed at first."""
        super().__init__()
        self.display = False
        self._editor: CodeEditor | None = None
        self._origin: Location = (0, 0)  # where a text that is being typed is looked for first
        self._found: list[Match] = []
        self._replaced = 0  # matches, by the last key
        self._is_case_sensitive = False

    def compose(self) -> ComposeResult:
        """Lay out what is found above what replaces it."""
        with Horizontal(classes="find-row"):
            yield Static("find", classes="find-label")
            yield Input(id="find", compact=True)
            yield Static(id="found")
            yield Button(CASE[False], id="find-case", compact=True)
        with Horizontal(id="replace-row", classes="find-row"):
            yield Static("replace", classes="find-label")
            yield Input(id="replacement", compact=True)
            yield Button("this one", id="replace-one", compact=True)
            yield Button("all", id="replace-all", compact=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Replace only where it is shown by what."""
        return action != "replace_all" or self.is_replacing

    @property
    def is_replacing(self) -> bool:
        """Whether the row for replacing is shown."""
        return self.query_one("#replace-row").display

    def _show_replacing(self) -> None:
        self.query_one("#replace-row").display = True
        self.refresh_bindings()

    # Opening and closing

    def open(self, editor: CodeEditor, *, is_replacing: bool = False) -> None:
        """Find in `editor`, at first what is selected there."""
        self.display = True
        if is_replacing:
            self._show_replacing()
        self.follow(editor)
        find = self.query_one("#find", Input)
        selected = editor.selected_text
        if selected and "\n" not in selected:
            find.value = selected
        self.screen.set_focus(find)
        find.action_select_all()

    def follow(self, editor: CodeEditor | None) -> None:
        """Find in another editor from now on; in none when it is None."""
        if self._editor is not None and self._editor is not editor:
            self._editor.show_matches(())
        self._editor = editor
        if editor is None:
            self.display = False
        else:
            self._origin = min(editor.selection)
            self.look_again()

    def action_close(self) -> None:
        """Close the bar; what was found last stays selected."""
        self.display = False
        self.query_one("#replace-row").display = False
        if self._editor is not None:
            self._editor.show_matches(())
            self.screen.set_focus(self._editor)

    # Finding

    def look_again(self) -> None:
        """Find in what the text is now."""
        wanted = self.query_one("#find", Input).value
        if self._editor is not None:
            self._found = matches(self._editor.lines, wanted, is_case_sensitive=self._is_case_sensitive)
            self.show_count()

    @on(Input.Changed, "#find")
    def _find_first(self) -> None:
        self._replaced = 0
        self.look_again()
        if self.display and self._found:
            self._select(index_after(self._found, self._origin))

    def action_go(self, step: Literal[1, -1]) -> None:
        """Go to the next match, or to the one before; after the last comes the first."""
        if self._editor is None or not self._found:
            return
        self._replaced = 0
        start, end = sorted(self._editor.selection)
        self._select(index_after(self._found, end) if step > 0 else index_before(self._found, start))
        self._origin = min(self._editor.selection)

    @property
    def is_asked(self) -> bool:
        """Whether there is a text to find."""
        return bool(self.query_one("#find", Input).value)

    @property
    def _current(self) -> int | None:
        """The index of the match that is selected."""
        if self._editor is None:
            return None
        selected = tuple(sorted(self._editor.selection))
        return next((at for at, match in enumerate(self._found) if match.span == selected), None)

    def _select(self, at: int) -> None:
        if self._editor is not None:
            start, end = self._found[at].span
            self._editor.move_cursor(start)
            self._editor.move_cursor(end, select=True, center=True)
            self.show_count()

    def show_count(self) -> None:
        """Show how many matches there are, and at which one the cursor stands."""
        current = self._current
        if not self.is_asked:
            count = Content("")
        elif self._replaced:
            count = Content(f"{self._replaced} replaced")
        elif not self._found:
            count = Content.styled("✗ not found", "$error")
        elif current is None:
            count = Content(f"{len(self._found)} found")
        else:
            count = Content(f"{current + 1} of {len(self._found)}")
        self.query_one("#found", Static).update(count, layout=False)
        if self._editor is not None and self.display:
            self._editor.show_matches(match for at, match in enumerate(self._found) if at != current)

    @on(Button.Pressed, "#find-case")
    def action_switch_case(self) -> None:
        """Tell capital letters from small ones, or no longer."""
        self._is_case_sensitive = not self._is_case_sensitive
        self.query_one("#find-case", Button).label = CASE[self._is_case_sensitive]
        self._find_first()

    # Replacing

    @on(Input.Submitted, "#replacement")
    @on(Button.Pressed, "#replace-one")
    def _replace_one(self) -> None:
        """Replace the match that is selected, and go to the next one."""
        if self._editor is not None and (current := self._current) is not None:
            start, end = self._found[current].span
            self._editor.put(self._replacement, start, end)
            self.look_again()
        self.action_go(1)

    @on(Button.Pressed, "#replace-all")
    def action_replace_all(self) -> None:
        """Replace every match, as one step of undoing."""
        if self._editor is None or not self._found:
            return
        self._replaced = len(self._found)
        first, last = self._found[0].row, self._found[-1].row
        lines = replaced(self._editor.lines, self._found, self._replacement)
        self._editor.put_lines(first, lines[first : last + 1])
        self.look_again()

    @property
    def _replacement(self) -> str:
        return self.query_one("#replacement", Input).value

    # Keys

    @on(Input.Submitted, "#find")
    def _go_on(self) -> None:
        self.action_go(1)

    def action_turn(self, step: Literal[1, -1]) -> None:
        """Go to the next field, or to the one before; the first step shows those for replacing."""
        if not self.is_replacing:
            self._show_replacing()
            self.screen.set_focus(self.query_one("#replacement"))
            return
        fields: list[Widget] = [*self.query(Input), *self.query(Button)]
        at = next((at for at, part in enumerate(fields) if part is self.screen.focused), 0)
        self.screen.set_focus(fields[(at + step) % len(fields)])
