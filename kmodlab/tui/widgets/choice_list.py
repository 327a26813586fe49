# SPDX-License-Identifier: MIT
"""A list of which one thing is chosen."""

from collections.abc import Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option


class ChoiceList(OptionList):
    """What can be chosen, by ids; Enter chooses."""

    HELP = "Choices"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="choices.down", tooltip="To the next one"),
        Binding("k", "cursor_up", "Up", show=False, id="choices.up", tooltip="To the one before"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True)
        self._choices: Mapping[str, str] = {}

    def offer(self, choices: Mapping[str, str], chosen: str | None) -> None:
        """Offer `choices`, names by ids, with the cursor on the one that is chosen."""
        self._choices = choices
        self.clear_options()
        self.add_options([Option(_prompt(name, is_chosen=id == chosen), id) for id, name in choices.items()])
        if chosen is not None and chosen in choices:
            self.highlighted = self.get_option_index(chosen)
        elif choices:
            self.highlighted = 0

    def mark(self, chosen: str | None) -> None:
        """Show that another one is chosen."""
        for id, name in self._choices.items():
            self.replace_option_prompt(id, _prompt(name, is_chosen=id == chosen))


def _prompt(name: str, *, is_chosen: bool) -> Content:
    if not is_chosen:
        return Content.assemble("○ ", (name, "$foreground"))
    return Content.assemble(("● ", "$success"), (name, "bold $foreground"), " · chosen")
