# SPDX-License-Identifier: MIT
"""The pack browser: which packs are on this computer, and how far the learner is in each."""

import asyncio
import textwrap
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from kmodlab.packs import catalog
from kmodlab.packs.catalog import Pack, UnreadablePack
from kmodlab.tui import overview
from kmodlab.tui.overview import Overview
from kmodlab.tui.screens.screen import TOO_SMALL, LabScreen
from kmodlab.tui.widgets.footer import StillFooter
from kmodlab.tui.widgets.title_bar import TitleBar
from kmodlab.tui.words import count

if TYPE_CHECKING:
    from kmodlab.session import Session

Entry = tuple[Pack | UnreadablePack, Overview]


class PackList(OptionList):
    """The packs; Enter opens one."""

    HELP = "List of packs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", key_display="⏎", id="packs.open", tooltip="Open the pack"),
        Binding("j", "cursor_down", "Down", show=False, id="packs.down", tooltip="To the next pack"),
        Binding("k", "cursor_up", "Up", show=False, id="packs.up", tooltip="To the pack before"),
        Binding("g", "first", "First", show=False, id="packs.first", tooltip="To the first pack"),
        Binding("G", "last", "Last", show=False, id="packs.last", tooltip="To the last pack"),
    ]


class Packs(LabScreen[Pack]):
    """All packs; left with the one to open, or with None."""

    HELP = "Packs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "look", "Look again", id="packs.look", tooltip="Look for packs again"),
        Binding("escape,q", "dismiss(None)", "Back", key_display="esc", id="packs.close", tooltip="Back"),
    ]

    def __init__(self, session: "Session") -> None:
        """Show the packs on this computer."""
        super().__init__(session)
        self._entries: list[Entry] = []

    def compose(self) -> ComposeResult:
        """Lay out the list, and where packs belong."""
        yield TitleBar("Packs", self.session)
        yield PackList()
        yield Static(
            f"Each folder in {catalog.installed_folder()} is a pack.", id="packs-place", markup=False
        )
        yield StillFooter()
        yield Static(TOO_SMALL, id="too-small")

    def on_mount(self) -> None:
        """Look for packs."""
        self.query_one(PackList).focus()
        self.action_look()

    @work(exclusive=True, exit_on_error=False, group="packs")
    async def action_look(self) -> None:
        """Read the packs, and the progress in each."""
        self._entries = await asyncio.to_thread(self._read)
        self._write()

    def _read(self) -> list[Entry]:
        return [
            (entry, overview.read(self.session.progress.of(entry)) if isinstance(entry, Pack) else Overview())
            for entry in catalog.installed()
        ]

    def on_resize(self, event: events.Resize) -> None:
        """Fill the width that there is now."""
        self._write()

    def _write(self) -> None:
        packs = self.query_one(PackList)
        at = packs.highlighted
        packs.clear_options()
        packs.add_options(
            Option(self._pack(entry, seen) if isinstance(entry, Pack) else self._unreadable(entry))
            for entry, seen in self._entries
        )
        ids = [entry.id if isinstance(entry, Pack) else None for entry, _ in self._entries]
        if ids:
            open_now = self.session.pack.id
            packs.highlighted = at if at is not None else ids.index(open_now) if open_now in ids else 0

    def _pack(self, pack: Pack, seen: Overview) -> Content:
        is_open = pack.id == self.session.pack.id
        passed = seen.passed(pack.lessons)
        facts = (
            f"version {pack.manifest.version}",
            count(len(pack.lessons), "lesson"),
            f"{passed} passed" if seen.last else "not begun",
        )
        return Content.assemble(
            ("● " if is_open else "  ", "bold $accent"),
            (pack.title, f"bold {'$accent' if is_open else '$foreground'}"),
            ("  open now" if is_open else "", "$accent"),
            f"\n  {' · '.join(facts)}\n",
            self._indented(pack.manifest.description or ""),
        )

    def _unreadable(self, entry: UnreadablePack) -> Content:
        return Content.assemble(
            ("✗ ", "bold $error"),
            (entry.folder.name, "bold $foreground"),
            ("  cannot be opened\n", "$error"),
            self._indented(entry.trouble.message),
            self._indented(entry.trouble.hint),
        )

    def _indented(self, text: str) -> str:
        width = max(self.query_one(PackList).scrollable_content_region.width - 5, 20)
        return "".join(f"  {line}\n" for line in textwrap.wrap(text, width))

    @on(OptionList.OptionSelected)
    def _open(self, event: OptionList.OptionSelected) -> None:
        entry, _ = self._entries[event.option_index]
        if isinstance(entry, Pack):
            self.dismiss(entry)
        else:
            self.tell(entry.trouble)
