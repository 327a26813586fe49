# SPDX-License-Identifier: MIT
"""The list of commands with their keys."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from kmodlab.tui.keys import Command, Keymap, commands, display, keys_of, name_of


class KeyList(OptionList):
    """Every command with its keys, by the panes and screens that they work in; Enter asks for another key."""

    HELP = "Keys"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="keys.down", tooltip="To the next command"),
        Binding("k", "cursor_up", "Up", show=False, id="keys.up", tooltip="To the command before"),
        Binding("g", "first", "First", show=False, id="keys.top", tooltip="To the first command"),
        Binding("G", "last", "Last", show=False, id="keys.end", tooltip="To the last command"),
        Binding("enter", "select", "Other key", id="keys.change", tooltip="Give the command another key"),
        Binding(
            "r",
            "take_back(False)",
            "Own key",
            id="keys.reset",
            tooltip="Give the command its own key back",
        ),
        Binding(
            "R",
            "take_back(True)",
            "Reset all",
            id="keys.reset-all",
            tooltip="Give all commands their own keys",
        ),
    ]

    class TakeBackWanted(Message):
        """The learner wants a command to have its own keys again, or every command when `command` is None."""

        def __init__(self, command: Command | None) -> None:
            self.command = command
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True)

    def show(self, keymap: Keymap) -> None:
        """Show all commands; the cursor stays where it is."""
        before = self.highlighted
        self.clear_options()
        place = ""
        for command in commands().values():
            if (name := name_of(command.owner)) != place:
                place = name
                self.add_option(Option(Content.styled(place, "bold $primary"), disabled=True))
            self.add_option(Option(_prompt(command, keymap), command.id))
        self.highlighted = 1 if before is None else before

    @property
    def command(self) -> Command | None:
        """The command that the cursor is on."""
        option = self.highlighted_option
        return commands()[option.id] if option is not None and option.id else None

    def action_take_back(self, all_of_them: bool) -> None:
        """Ask for the command's own keys, or for all."""
        self.post_message(self.TakeBackWanted(None if all_of_them else self.command))


def _prompt(command: Command, keymap: Keymap) -> Content:
    keys = "  ".join(map(display, keys_of(command, keymap)))
    is_changed = command.id in keymap
    return Content.assemble(
        ("● " if is_changed else "  ", "$accent"),
        (f"{keys:<20} ", "bold $accent" if is_changed else "$accent"),
        f"{command.id:<18} ",  # what has no colour is muted, but for the cursor's row
        (command.meaning, "$foreground"),
    )
