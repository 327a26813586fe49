# SPDX-License-Identifier: MIT
"""The page Console: a shell on the learner's own machine."""

from typing import TYPE_CHECKING

from textual import events, on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from kmodlab.tui.bench import BenchKeeper, Phase
from kmodlab.tui.keys import key_for
from kmodlab.tui.widgets.bench_page import BenchPage, KeyHint

if TYPE_CHECKING:
    from kmodlab.tui.terminal.line import SerialLine
    from kmodlab.tui.widgets.terminal import Terminal


class Door(Static, can_focus=True):
    """The line above the terminal. With the focus here, keys that do not print are the app's."""


class ConsolePage(BenchPage):
    """A terminal with a shell of the learner's own machine."""

    class Printed(Message):
        """The guest has printed something on the line with this number."""

        def __init__(self, number: int, printed: bytes) -> None:
            self.number = number
            self.printed = printed
            super().__init__()

    class Ended(Message):
        """The guest at the other end of the line with this number is gone."""

        def __init__(self, number: int) -> None:
            self.number = number
            super().__init__()

    def __init__(self, keeper: BenchKeeper, *, id: str) -> None:
        super().__init__(keeper, id=id)
        self.terminal: Terminal | None = None  # until there is a machine
        self._line: SerialLine | None = None
        self._number = 0  # of the line
        self._is_connected = False  # or being connected
        self._told_size = (24, 80)  # rows and columns of the terminal

    def compose(self) -> ComposeResult:
        """Lay out the line at the top; the terminal comes when it is needed."""
        yield from self.head(Door())

    @property
    def door(self) -> Door:
        """The line at the top."""
        return self.query_one(Door)

    def show_bench(self) -> None:
        """Show how it stands with the machine, and connect the terminal with it."""
        self.query_one(KeyHint).display = self.keeper.phase is Phase.LOST  # else keys are the shell's
        if self.say_why_not():
            self._hang_up()
            return
        if self.is_seen and not self._is_connected:
            self._is_connected = True
            self._connect(self._number)
        self._say_what_is_there()

    def on_descendant_focus(self) -> None:
        """Say which way is out."""
        self._say_what_is_there()

    def on_descendant_blur(self) -> None:
        """Say which way is in."""
        self._say_what_is_there()

    def _say_what_is_there(self) -> None:
        if self.keeper.phase is not Phase.READY:
            return
        is_inside = self.terminal is not None and self.terminal.has_focus
        way = "ctrl+] leaves" if is_inside else "Enter: to the shell"
        files = [f"{name}.ko" for name in self.keeper.names]
        if self.keeper.has_modules:
            whose = "your module" if len(files) == 1 else "your modules"
            verb = "is" if len(files) == 1 else "are"
            self.say(
                Content.assemble(
                    (f"{whose} {', '.join(files)} {verb} in /root · ", "$muted"),
                    (f"insmod {files[0]}", "$code"),
                    (f" · {way}", "$muted"),
                )
            )
        elif self.keeper.trouble is not None:
            why = f"! {self.keeper.trouble.message}"
            more = f" · {key_for(self.app, 'check')} tells more · {way}"
            self.say(Content.assemble((why, "$warning"), (more, "$muted")))
        else:
            self.say(Content.styled(f"▸ {' '.join(files)} is being built… · {way}", "$muted"))

    # The line

    @work(exit_on_error=False, group="console")
    async def _connect(self, number: int) -> None:
        from kmodlab.tui.terminal.line import SerialLine
        from kmodlab.tui.widgets.terminal import Terminal

        if self.terminal is None:
            self.terminal = Terminal(id="terminal")
            await self.mount(self.terminal)
        else:
            self.terminal.restart()
        console = await self.use(lambda bench: bench.console())
        if number != self._number:
            return
        if console is None:
            self._is_connected = False
        else:
            self._line = SerialLine(
                console.socket,
                lambda printed: self.post_message(self.Printed(number, printed)),
                lambda: self.post_message(self.Ended(number)),
            )
            self._tell_size()

    def _hang_up(self) -> None:
        self._number += 1
        self._is_connected = False
        self.on_unmount()
        if self.terminal is not None and self.terminal.has_focus:
            self.door.focus()

    def on_unmount(self) -> None:
        """End the line."""
        if self._line is not None:
            self._line.close()
            self._line = None

    @on(Printed)
    def _show(self, message: Printed) -> None:
        if message.number == self._number and self._line is not None and self.terminal is not None:
            self.terminal.feed(message.printed)
            self.call_after_refresh(self._line.go_on)

    @on(Ended)
    async def _note_end(self, message: Ended) -> None:
        if message.number == self._number:
            await self.keeper.note_end()

    @work(exit_on_error=False, group="console-size")
    async def _tell_size(self) -> None:
        if self._line is not None:  # several may be under way: each tells the size there is then
            await self.use(lambda bench: bench.console().resize(*self._told_size))

    # The learner

    def on_key(self, event: events.Key) -> None:
        """Go to the terminal with Enter, and with what is typed; when the machine is lost, get a fresh one."""
        if not self.door.has_focus:
            return
        if self.keeper.phase is Phase.LOST and event.key == "enter":
            event.stop()
            self.keeper.renew()
        elif (
            self._is_connected and self.terminal is not None and (event.key == "enter" or event.is_printable)
        ):
            event.stop()
            self.terminal.focus()
            if event.key != "enter":
                self.terminal.type_key(event)

    def on_terminal_typed(self, message: "Terminal.Typed") -> None:
        """Send what was typed."""
        if self._line is not None:
            self._line.send(message.typed)

    def on_terminal_resized(self, message: "Terminal.Resized") -> None:
        """Tell the guest."""
        self._told_size = (message.rows, message.columns)
        self._tell_size()

    def on_terminal_left(self) -> None:
        """Give the app its keys back."""
        self.door.focus()
