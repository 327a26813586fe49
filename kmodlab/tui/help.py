# SPDX-License-Identifier: MIT
"""The help screen: every key, read from the bindings themselves."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from kmodlab.tui.widgets.lesson_view import Reader

INTRODUCTION = """\
Read the lesson, change the code, press F5. Your module is built and loaded into a kernel of its own, \
which is thrown away afterwards; nothing you do here can harm this computer. Your files are saved by themselves."""

EDITOR_KEYS = (
    ("ctrl+z  ctrl+y", "Undo, redo"),
    ("ctrl+x  ctrl+c  ctrl+v", "Cut, copy, paste; without a selection, the line"),
    ("shift+arrows", "Select; F6 the line, F7 everything"),
    ("ctrl+k  ctrl+u", "Delete to the end, to the start of the line"),
    ("ctrl+a  ctrl+e", "To the start, to the end of the line"),
    ("escape", "Leave the editor; Tab stays in it"),
)


class Help(ModalScreen[None]):
    """What can be done, and with which keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q", "dismiss(None)", "Close", key_display="esc", id="help.close")
    ]

    def __init__(self, groups: Iterable[tuple[str, Iterable[BindingType]]]) -> None:
        """Show the bindings of each group under its title."""
        super().__init__()
        self._groups = list(groups)

    def compose(self) -> ComposeResult:
        """Lay out one table a group."""
        with Vertical(classes="sheet"):
            yield Static("Keys", classes="sheet-title")
            with Reader(id="help"):
                yield Static(INTRODUCTION, classes="help-text", markup=False)
                for title, bindings in self._groups:
                    yield Static(title, classes="help-title", markup=False)
                    for keys, meaning in _rows(bindings):
                        yield _row(keys, meaning)
                yield Static("In the editor", classes="help-title")
                for keys, meaning in EDITOR_KEYS:
                    yield _row(keys, meaning)
            yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Let the arrow keys scroll."""
        self.query_one(Reader).focus()


def _rows(bindings: Iterable[BindingType]) -> Iterator[tuple[str, str]]:
    for binding in bindings:
        if isinstance(binding, Binding) and binding.tooltip:
            yield "  ".join(_display(key) for key in binding.key.split(",")), binding.tooltip


def _display(key: str) -> str:
    name = key.strip().replace("question_mark", "?")
    return name.upper() if name[0] == "f" and name[1:].isdigit() else name


def _row(keys: str, meaning: str) -> Horizontal:
    return Horizontal(
        Static(keys, classes="help-keys", markup=False),
        Static(meaning, classes="help-meaning", markup=False),
        classes="help-row",
    )
