# SPDX-License-Identifier: MIT
"""The line of keys at the bottom."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Key:
    """A key that does something now: its name for Textual and for people, and what it does."""

    name: str
    display: str
    description: str

    @property
    def shown(self) -> Content:
        """The key and what it does."""
        return Content.assemble(
            (f" {self.display} ", "bold $footer-key-foreground"),
            (f"{self.description} ", "$footer-description-foreground"),
        )


class StillFooter(Widget):
    """The keys that do something where the learner is.

    One widget for all: Textual's footer has one for each key, and makes new ones whenever anything changes, so that the
    screen is laid out anew at every change of focus.
    """

    def __init__(self, *, show_command_palette: bool = True) -> None:
        """Show the key of the command palette at the right if asked."""
        super().__init__()
        self._shows_palette = show_command_palette
        self.keys: list[Key] = []
        self.palette: Key | None = None

    def on_mount(self) -> None:
        """Follow what the keys do."""
        self.screen.bindings_updated_signal.subscribe(self, self.bindings_changed)

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Show the bindings of `screen`, each action once."""
        if not self.app.app_focus:
            return
        keys: dict[str, Key] = {}
        for active in screen.active_bindings.values():
            if active.binding.show and active.enabled:
                keys.setdefault(active.binding.action, self._key(active.binding))
        palette = screen.active_bindings.get(self.app.COMMAND_PALETTE_BINDING)
        self.keys = list(keys.values())
        self.palette = self._key(palette.binding) if self._shows_palette and palette is not None else None
        self.refresh()

    def _key(self, binding: Binding) -> Key:
        return Key(binding.key, self.app.get_key_display(binding), binding.description)

    def render(self) -> Content:
        """The keys from the left, as far as there is room, and the one of the palette at the right."""
        right = self.palette.shown if self.palette is not None else Content("")
        left = Content("").join(key.shown for key in self._fitting)
        return Content.assemble(left, " " * (self._room - left.cell_length), right)

    @property
    def _room(self) -> int:
        """How many columns are left of the key of the palette."""
        taken = self.palette.shown.cell_length if self.palette is not None else 0
        return max(self.content_size.width - taken, 0)

    @property
    def _fitting(self) -> list[Key]:
        """The first keys, as many as fit as a whole."""
        ends = accumulate(key.shown.cell_length for key in self.keys)
        return [key for key, end in zip(self.keys, ends, strict=True) if end <= self._room]

    def on_click(self, event: events.Click) -> None:
        """A click on a key presses it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        key = self.palette if offset.x >= self._room else _key_at(self._fitting, offset.x)
        if key is not None:
            self.app.simulate_key(key.name)


def _key_at(keys: Iterable[Key], x: int) -> Key | None:
    for key in keys:
        x -= key.shown.cell_length
        if x < 0:
            return key
    return None
