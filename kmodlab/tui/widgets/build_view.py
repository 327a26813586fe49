# SPDX-License-Identifier: MIT
"""What the compiler said: its messages as a list, and below them all that it printed."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.build.result import BuildEvidence
from kmodlab.tui import words
from kmodlab.tui.keys import key_for
from kmodlab.tui.widgets.log_view import Line, LogView, clipped


class MessageList(OptionList):
    """The compiler's messages."""

    HELP = "Compiler's messages"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="messages.down", tooltip="To the next message"),
        Binding("k", "cursor_up", "Up", show=False, id="messages.up", tooltip="To the message before"),
    ]


class BuildView(Vertical):
    """The last build."""

    class PlaceChosen(Message):
        """The learner wants to see the line of a message."""

        def __init__(self, file: str, line: int, column: int | None) -> None:
            self.file = file
            self.line = line
            self.column = column
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._messages: Sequence[Diagnostic] = ()
        self._unseen: BuildEvidence | None = None

    def compose(self) -> ComposeResult:
        """Lay out the messages above the output."""
        yield Static(id="build-summary")
        yield MessageList(id="build-messages", compact=True)
        yield LogView(id="build-output")

    def on_mount(self) -> None:
        """Begin with nothing built."""
        self.forget()

    def forget(self) -> None:
        """Show that nothing was built yet."""
        self._unseen = None
        self._show_messages(())
        self.query_one("#build-summary", Static).update(
            f"Nothing was built yet. {key_for(self.app, 'check')} builds and checks."
        )
        self.query_one(LogView).show(())

    def show(self, build: BuildEvidence) -> None:
        """Show what a build came to; one that went well when somebody looks, else it would be laid out for nobody."""
        self._unseen = build
        if self.display or not build.succeeded:
            self._catch_up()

    def on_show(self) -> None:
        """Show what was built while another page was shown."""
        self._catch_up()

    def _catch_up(self) -> None:
        build, self._unseen = self._unseen, None
        if build is None:
            return
        self._show_messages(build.diagnostics)
        self.query_one("#build-summary", Static).update(_summary(build))
        self.query_one(LogView).show(clipped([Line(line) for line in build.output.splitlines()]))

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        message = self._messages[event.option_index]
        if message.file is not None and message.line is not None:
            self.post_message(self.PlaceChosen(message.file, message.line, message.column))

    def _show_messages(self, messages: Sequence[Diagnostic]) -> None:
        self._messages = messages
        options = self.query_one(MessageList)
        options.clear_options()
        options.add_options(Option(_prompt(message)) for message in messages)
        options.display = bool(messages)
        if messages:
            options.highlighted = 0


def _summary(build: BuildEvidence) -> Content:
    errors = sum(message.severity == "error" for message in build.diagnostics)
    warnings = sum(message.severity == "warning" for message in build.diagnostics)
    state = (
        Content.styled("✓ built", "$success") if build.succeeded else Content.styled("✗ no build", "$error")
    )
    told = ", ".join(
        words.count(number, noun) for number, noun in ((errors, "error"), (warnings, "warning")) if number
    )
    return Content.assemble(
        state,
        (f" · {words.seconds(build.seconds)} · {told or 'no messages'}", "$muted"),
        (" · Enter goes to the line" if build.diagnostics else "", "$muted"),
        ("" if build.is_sandboxed else " · built without a sandbox", "$warning"),
    )


def _prompt(message: Diagnostic) -> Content:
    weight = words.WEIGHTS[message.severity]
    place = ":".join(str(part) for part in (message.file, message.line, message.column) if part is not None)
    return Content.assemble(
        (f"{weight.glyph} {weight.word:<8}", weight.colour),
        (f"{place}  " if place else "", "$primary"),
        message.text,
        (f"  [{message.option}]" if message.option else "", "$muted"),
    )
