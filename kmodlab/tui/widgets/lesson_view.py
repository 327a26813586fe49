# SPDX-License-Identifier: MIT
"""The text of a lesson."""

from typing import ClassVar

from markdown_it import MarkdownIt
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.highlight import highlight
from textual.widgets import Markdown
from textual.widgets.markdown import MarkdownBlock, MarkdownFence

from kmodlab.tui.theme import LessonHighlight

FIRST_LINES = 30  # of a lesson's text; about what fits on the first screen


class Fence(MarkdownFence):
    """A block of code, in the colours of the editor."""

    @classmethod
    def highlight(cls, code: str, language: str, ansi: bool = False, dark: bool = False) -> Content:
        """Colour the code; without a language it stays as it is."""
        return highlight(code.expandtabs(8), language=language or "text", theme=LessonHighlight)


class LessonText(Markdown):
    """Markdown as lessons are written in it: CommonMark and tables, without guessing what may be a link."""

    BLOCKS: dict[str, type[MarkdownBlock]] = {  # noqa: RUF012 (declared so by Textual)
        **Markdown.BLOCKS,
        "fence": Fence,
        "code_block": Fence,
    }

    def __init__(self) -> None:
        super().__init__(open_links=False, parser_factory=_parser)


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


class Reader(VerticalScroll, can_focus=True):
    """A text to read, with the keys of less."""

    HELP = "Text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False, id="read.down", tooltip="A line down"),
        Binding("k", "scroll_up", "Up", show=False, id="read.up", tooltip="A line up"),
        Binding("space", "page_down", "Page on", show=False, id="read.page-down", tooltip="A page on"),
        Binding("b", "page_up", "Page back", show=False, id="read.page-up", tooltip="A page back"),
        Binding("g", "scroll_home", "To the top", show=False, id="read.top", tooltip="To the top"),
        Binding("G", "scroll_end", "To the end", show=False, id="read.end", tooltip="To the end"),
    ]

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Spare Textual the restyling of every paragraph: none looks different with the focus."""


class LessonView(Reader):
    """The lesson that the learner is at."""

    HELP = "Lesson text"

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield LessonText()

    async def show(self, text: str) -> None:
        """Show another lesson's text from its beginning; what is far below comes after the first frame."""
        first, rest = split_at_heading(text, FIRST_LINES)
        document = self.query_one(LessonText)
        self.scroll_home(animate=False)
        await document.update(first)
        self.call_after_refresh(self._append, document, text, rest)

    async def _append(self, document: LessonText, text: str, rest: str) -> None:
        if document.source == text[: len(text) - len(rest)]:  # else another lesson was opened meanwhile
            await document.append(rest)


def split_at_heading(text: str, lines: int) -> tuple[str, str]:
    """Part a Markdown text at its first heading after so many lines; one inside a block of code is none."""
    is_code = False
    length = 0
    for number, line in enumerate(text.splitlines(keepends=True)):
        if line.startswith("```"):
            is_code = not is_code
        elif number >= lines and line.startswith("#") and not is_code:
            return text[:length], text[length:]
        length += len(line)
    return text, ""
