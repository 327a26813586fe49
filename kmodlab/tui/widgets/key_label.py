# SPDX-License-Identifier: MIT
"""The key that leads to a pane, beside its title."""

from textual.screen import Screen
from textual.widgets import Static

from kmodlab.tui.keys import key_for


class KeyLabel(Static):
    """Shows the key that a command has now."""

    def __init__(self, command: str) -> None:
        """Show the key of the command with this id."""
        super().__init__(classes="pane-key")
        self._command = command

    def on_mount(self) -> None:
        """Follow what the learner chooses."""
        self.screen.bindings_updated_signal.subscribe(self, self._show)
        self._show(self.screen)

    def _show(self, _screen: Screen[object]) -> None:
        key = key_for(self.app, self._command)
        if key != str(self.content):
            self.update(key)
