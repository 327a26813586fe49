# SPDX-License-Identifier: MIT
"""The line of keys at the bottom."""

from textual.screen import Screen
from textual.widgets import Footer


class StillFooter(Footer):
    """A footer that is laid out anew only when it reads differently: Textual's does so at every change of focus."""

    def __init__(self, *, show_command_palette: bool = True) -> None:
        super().__init__(show_command_palette=show_command_palette)
        self._shown: dict[str, tuple[str, bool]] = {}

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Show the bindings of `screen`, if they are others than before."""
        shown: dict[str, tuple[str, bool]] = {}  # of each action the first key, as the footer shows it
        for active in screen.active_bindings.values():
            if active.binding.show:
                shown.setdefault(active.binding.action, (active.binding.key, active.enabled))
        if shown != self._shown:
            self._shown = shown
            super().bindings_changed(screen)
