# SPDX-License-Identifier: MIT
"""The list of checks, with a cursor on its rows."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from kmodlab.packs.manifest import Check
from kmodlab.tui.widgets.check_card import CheckCard, HeadRow, HintRow, Row


class CheckList(VerticalScroll, can_focus=True):
    """All checks of a lesson. The cursor goes from row to row; where the next one is out of sight, it scrolls."""

    HELP = "Checks"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "next_row", "Down", show=False, id="checks.down", tooltip="To the next line"),
        Binding("up,k", "previous_row", "Up", show=False, id="checks.up", tooltip="To the line before"),
        Binding(
            "g,home", "first_row", "First check", show=False, id="checks.top", tooltip="To the first check"
        ),
        Binding("G,end", "last_row", "Last line", show=False, id="checks.end", tooltip="To the last line"),
        Binding("space", "page_down", "Page on", show=False, id="checks.page", tooltip="A page on"),
        Binding(
            "enter",
            "choose",
            "Open",
            show=False,
            id="checks.choose",
            tooltip="Open or close a check; on a finding, go to its line",
        ),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._cursor: Row | None = None

    @property
    def cards(self) -> list[CheckCard]:
        """The checks, in order."""
        return list(self.query(CheckCard))

    def card(self, check_id: str) -> CheckCard:
        """The card of one check."""
        return next(card for card in self.cards if card.check.id == check_id)

    async def list_checks(self, checks: Iterable[Check], hints_shown: Mapping[str, int]) -> None:
        """Show these checks, which were not run yet."""
        self._cursor = None
        await self.remove_children()
        await self.mount_all(CheckCard(check, hints_shown.get(check.id, 0)) for check in checks)
        self.scroll_home(animate=False)
        self._point_at(self._rows[0] if self._rows else None)

    @property
    def current_card(self) -> CheckCard | None:
        """The card that the cursor stands in."""
        if self._cursor is None or not self._cursor.is_attached:
            return None
        return next((node for node in self._cursor.ancestors if isinstance(node, CheckCard)), None)

    def card_for_hint(self) -> CheckCard | None:
        """The card whose hint is asked for: the one at the cursor, else the first that has one to offer."""
        current = self.current_card
        if current is not None and current.wants_hint:
            return current
        return next((card for card in self.cards if card.wants_hint), None)

    def go_to(self, card: CheckCard) -> None:
        """Put the cursor on a check and bring as much of it into view as fits."""
        self._point_at(card.query_one(HeadRow))
        self.call_after_refresh(self.scroll_to_widget, card, animate=False)

    async def show_failures(self, failures: Mapping[str, int]) -> None:
        """Offer hints where a check has failed often enough in a row."""
        for card in self.cards:
            await card.show_failures(failures.get(card.check.id, 0))

    async def open_due(self) -> None:
        """Open the cards of which that was put off."""
        for card in self.cards:
            await card.open_due()

    async def show_hints(self, card: CheckCard, count: int) -> None:
        """Show the first `count` hints of a check, with the cursor ready for the next."""
        await card.show_hints(count)
        offer = next(iter(card.query(HintRow)), None)
        self._point_at(offer or card.query_one(HeadRow))
        self.call_after_refresh(self._show_end_of, card)

    def _show_end_of(self, card: CheckCard) -> None:
        hints = card.query(".hint, HintRow")
        if hints:
            hints.last().scroll_visible(animate=False)

    def action_next_row(self) -> None:
        """Move the cursor down."""
        self._move(1)

    def action_previous_row(self) -> None:
        """Move the cursor up."""
        self._move(-1)

    def action_first_row(self) -> None:
        """Move the cursor to the first check."""
        self.scroll_home(animate=False)
        self._point_at(self._rows[0] if self._rows else None)

    def action_last_row(self) -> None:
        """Move the cursor to the last row."""
        self.scroll_end(animate=False)
        self._point_at(self._rows[-1] if self._rows else None)

    def action_choose(self) -> None:
        """Do what the row at the cursor is for."""
        if self._cursor is not None:
            self._cursor.post_message(Row.Chosen(self._cursor))

    def on_row_chosen(self, event: Row.Chosen) -> None:
        """The cursor goes where was clicked."""
        self._point_at(event.row)

    @property
    def _rows(self) -> list[Row]:
        return [
            row for card in self.cards for row in card.query(Row) if card.is_open or isinstance(row, HeadRow)
        ]

    def _move(self, step: int) -> None:
        rows = self._rows
        if not rows:
            return
        at = rows.index(self._cursor) if self._cursor in rows else (-1 if step > 0 else len(rows))
        target = rows[min(max(at + step, 0), len(rows) - 1)]
        top, bottom = self.region.y, self.region.bottom
        if target is self._cursor or not top <= target.region.y < bottom:
            self.scroll_relative(y=step * 2, animate=False)
        if target is not self._cursor and top - 2 <= target.region.y < bottom + 2:
            self._point_at(target)
            target.scroll_visible(animate=False)

    def _point_at(self, row: Row | None) -> None:
        if self._cursor is not None:
            self._cursor.remove_class("-cursor")
        self._cursor = row
        if row is not None:
            row.add_class("-cursor")
