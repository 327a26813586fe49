# SPDX-License-Identifier: MIT
"""When hints are offered, and that whoever asks for one gets it."""

from textual.pilot import Pilot
from tui_lab import RecordedSession, failing, make_app, not_building, passing
from tui_pilot import WIDE, checked, screen_of, until

from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.widgets.cells import Cells
from kmodlab.tui.widgets.check_card import CheckCard, HintRow
from kmodlab.tui.widgets.results import ResultsPane


async def failed(pilot: Pilot[None], attempts: int) -> CheckCard:
    """Check so many times; return the card of a check that failed each time."""
    for _ in range(attempts):
        app = await checked(pilot)
        card = screen_of(app).query_one(ResultsPane).checks.card("greets")
        await until(pilot, lambda card=card: card.query(".no-offer, HintRow"))
    return card


def waiting(card: CheckCard) -> list[str]:
    return [said.texts[1] for said in card.query(".no-offer").results(Cells)]


async def test_a_hint_is_offered_after_the_third_failure_and_before_that_how_many_are_left(
    lab: RecordedSession,
) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        card = await failed(pilot, 1)
        assert waiting(card) == ["a hint is offered after 2 more attempts"]
        card = await failed(pilot, 1)
        assert waiting(card) == ["a hint is offered after 1 more attempt"]
        assert not card.query(HintRow)
        card = await failed(pilot, 1)
        assert waiting(card) == []
        (offer,) = card.query(HintRow)
        assert offer.texts[1] == "Show hint 1 of 3"


async def test_the_next_hint_is_offered_after_one_more_failure(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        card = await failed(pilot, 3)
        await pilot.press("f4")
        await pilot.press("h")
        await until(pilot, lambda: len(card.query(".hint")) == 1)
        assert waiting(card) == ["the next hint is offered after 1 more attempt"]
        card = await failed(pilot, 1)
        assert [row.texts[1] for row in card.query(HintRow)] == ["Show hint 2 of 3"]


async def test_whoever_asks_gets_a_hint_before_it_is_offered(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        card = await failed(pilot, 1)
        await pilot.press("f4", "h")
        await until(pilot, lambda: len(card.query(".hint")) == 1)
        assert card.query_one(".hint", Cells).texts[0] == "hint 1 of 3"
        assert waiting(card) == ["the next hint is offered after 3 more attempts"]


async def test_a_click_on_the_offer_shows_the_hint(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        card = await failed(pilot, 3)
        card.query_one(HintRow).scroll_visible(animate=False)
        await pilot.pause()
        await pilot.click(card.query_one(HintRow))
        await until(pilot, lambda: len(card.query(".hint")) == 1)
        assert lab.progress.hints_shown("first") == {"greets": 1}


async def test_a_pass_begins_the_count_anew(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        await failed(pilot, 2)
        lab.events = passing(lab.pack.lessons[0])
        app = await checked(pilot)
        assert not app.screen.query(".no-offer, HintRow")
        lab.events = failing(lab.pack.lessons[0])
        card = await failed(pilot, 1)
        assert waiting(card) == ["a hint is offered after 2 more attempts"]


async def test_a_check_that_was_skipped_offers_nothing(lab: RecordedSession) -> None:
    lab.events = not_building(lab.pack.lessons[0])
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        results = screen_of(app).query_one(ResultsPane)
        await until(pilot, lambda: results.checks.card("builds").query(".no-offer"))
        assert not results.checks.card("greets").query(".no-offer, HintRow")


async def test_a_hint_can_be_had_in_the_editor_and_its_key_there_can_be_another(lab: RecordedSession) -> None:
    app = KmodlabApp(lab, lab.pack.lessons[0], keymap={"hint": "f19"})  # type: ignore[arg-type]
    async with app.run_test(size=WIDE) as pilot:
        card = await failed(pilot, 1)
        await until(pilot, lambda: app.keymap)
        await pilot.press("f3", "f19")
        await until(pilot, lambda: len(card.query(".hint")) == 1)
        app.use_keymap({})
        await pilot.press("f3", "f11")
        await until(pilot, lambda: len(card.query(".hint")) == 2)
