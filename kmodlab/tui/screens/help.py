# SPDX-License-Identifier: MIT
"""The help screen: every key, read from the bindings themselves, those of the pane that has the focus first."""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static, TextArea

from kmodlab.tui.keys import Keymap, commands_of, display, keys_of, name_of
from kmodlab.tui.widgets.footer import StillFooter
from kmodlab.tui.widgets.lesson_view import Reader
from kmodlab.tui.widgets.results import BENCH_WIDGETS, ResultsPane

INTRODUCTION = """\
Read the lesson, change the code, and check it. Your module is built and loaded into a kernel of its own, \
which is thrown away afterwards; nothing you do here can harm this computer. Your files are saved by themselves."""

EDITOR_KEYS = (
    ("ctrl+z  ctrl+y", "Undo, redo"),
    ("ctrl+x  ctrl+c  ctrl+v", "Cut, copy, paste; without a selection, the line"),
    ("shift+arrows", "Select; the line: F6, everything: F7"),
    ("ctrl+k  ctrl+u", "Delete to the end, to the start of the line"),
    ("ctrl+a  ctrl+e", "To the start, to the end of the line"),
    ("escape", "Leave the editor; Tab stays in it"),
)

Rows = list[tuple[str, str]]  # keys, and what they do


class Help(ModalScreen[None]):
    """What can be done, and with which keys."""

    HELP = "Help"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,question_mark,f1,q",
            "dismiss(None)",
            "Close",
            key_display="esc",
            id="help.close",
            tooltip="Close the help",
        )
    ]

    def __init__(self, groups: Mapping[str, Rows]) -> None:
        """Show the keys of each group under its title."""
        super().__init__()
        self._groups = groups

    def compose(self) -> ComposeResult:
        """Lay out one table a group."""
        with Vertical(classes="sheet"):
            yield Static("Keys", classes="sheet-title")
            with Reader(id="help"):
                for title, rows in self._groups.items():
                    yield Static(title, classes="help-title", markup=False)
                    for keys, meaning in rows:
                        yield _row(keys, meaning)
                yield Static(INTRODUCTION, classes="help-text", markup=False)
            yield StillFooter(show_command_palette=False)

    def on_mount(self) -> None:
        """Let the arrow keys scroll."""
        self.query_one(Reader).focus()


def groups(screen: Screen[object], keymap: Keymap) -> dict[str, Rows]:
    """The keys that work on a screen: of the pane with the focus, everywhere, and in its other panes."""
    focused = screen.focused
    pane = [] if focused is None else [node for node in focused.ancestors_with_self if _is_pane(node)]
    found: dict[str, Rows] = {}
    if pane and (rows := list(_rows(map(type, pane), keymap))):
        found[name_of(type(pane[0]))] = rows
    found["Everywhere"] = [*_rows([type(screen)], keymap), *_rows([type(screen.app)], keymap)]
    for kind in _kinds(widget for widget in screen.query("*") if widget not in pane):
        title = name_of(kind)
        if title not in found and (rows := list(_rows([kind], keymap))):
            found[title] = rows
    return found


def _kinds(widgets: Iterable[Widget]) -> Iterator[type[Widget]]:
    """The classes of some widgets, and of those that will be in them."""
    for widget in widgets:
        yield type(widget)
        if isinstance(widget, ResultsPane):
            yield from BENCH_WIDGETS


def _is_pane(node: DOMNode) -> bool:
    return node.is_attached and not isinstance(node, Screen) and node is not node.app


def _rows(kinds: Iterable[type[DOMNode]], keymap: Keymap) -> Iterator[tuple[str, str]]:
    """The keys of some classes of nodes, each class once, what is nearest first."""
    owners = dict.fromkeys(owner for kind in kinds for owner in kind.__mro__ if issubclass(owner, DOMNode))
    for owner in owners:
        for command in commands_of(owner):
            yield "  ".join(display(key) for key in keys_of(command, keymap)), command.meaning
        if owner is TextArea:
            yield from EDITOR_KEYS


def _row(keys: str, meaning: str) -> Horizontal:
    return Horizontal(
        Static(keys, classes="help-keys", markup=False),
        Static(meaning, classes="help-meaning", markup=False),
        classes="help-row",
    )
