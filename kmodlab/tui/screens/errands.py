# SPDX-License-Identifier: MIT
"""Errands of the lesson screen: what it asks or shows elsewhere, and what it does with the answer."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kmodlab.errors import LabError
from kmodlab.packs import trust
from kmodlab.packs.catalog import Pack
from kmodlab.tui.difference import differences
from kmodlab.tui.files import texts_of
from kmodlab.tui.screens.dialogs import Question
from kmodlab.tui.widgets.editor_pane import EditorPane
from kmodlab.tui.widgets.results import ResultsPane

if TYPE_CHECKING:
    from kmodlab.tui.screens.lesson import LessonScreen


async def start_afresh(screen: "LessonScreen") -> None:
    """Put the first files of the lesson back, when the learner says yes."""
    question = f"Start “{screen.lesson.title}” afresh?"
    if await screen.app.push_screen_wait(Question(question, "A copy of your files is kept.", "Start afresh")):
        reset = partial(screen.session.workspace.reset, screen.lesson)
        await _exchange_files(screen, reset, "Started afresh")


async def look_back(screen: "LessonScreen") -> None:
    """Show the attempts at the lesson, and put the files of one back if the learner wants them."""
    from kmodlab.tui.screens.history import HistoryScreen

    if not await screen.query_one(EditorPane).save():
        return
    record = await screen.app.push_screen_wait(HistoryScreen(screen.session, screen.lesson))
    if record is not None:
        restore = partial(screen.session.workspace.restore, screen.lesson, record.sources)
        await _exchange_files(screen, restore, "Restored")


async def show_solution(screen: "LessonScreen") -> None:
    """Show the reference solution beside the learner's files; whoever has not passed yet is asked first."""
    from kmodlab.tui.screens.solution import SolutionScreen

    try:
        standing = await asyncio.to_thread(screen.session.progress.standing, screen.lesson.id)
        solution = await asyncio.to_thread(screen.lesson.solution)
    except LabError as trouble:
        screen.tell(trouble)
        return
    if not standing.passed and not await screen.app.push_screen_wait(
        Question("Look at the solution?", "You have not passed this lesson yet; hints may be enough.", "Look")
    ):
        return
    rows = await asyncio.to_thread(differences, screen.query_one(EditorPane).texts, texts_of(solution))
    view = "difference" if standing.passed else "solution"
    await screen.app.push_screen_wait(SolutionScreen(screen.session, screen.lesson, solution, rows, view))


async def reveal_hint(screen: "LessonScreen") -> None:
    """Show one hint more for a check that failed, if there is one, and remember that."""
    results = screen.query_one(ResultsPane)
    card = results.checks.card_for_hint()
    if card is None:
        return
    reveal = partial(
        screen.session.progress.reveal_hint, screen.lesson.id, card.check.id, len(card.check.hints)
    )
    try:
        shown = await asyncio.to_thread(reveal)
    except LabError as trouble:
        screen.tell(trouble)
        return
    results.turn_to("checks")
    await results.checks.show_hints(card, shown)


async def aftermath(screen: "LessonScreen") -> str | None:
    """The lesson's text for after the pass; None when it has none, or when that cannot be read, which is told."""
    try:
        return await asyncio.to_thread(getattr, screen.lesson, "aftermath")
    except LabError as trouble:
        screen.tell(trouble)
        return None


async def allow_code(screen: "LessonScreen", pack: Pack) -> bool:
    """Ask whether the code that the pack brings may run; it is asked again when that changes."""
    code = await asyncio.to_thread(trust.code_of, pack)
    question = f"May “{pack.title}” run code of its own?"
    if not await screen.app.push_screen_wait(Question(question, code.in_words, "Let it run")):
        return False
    try:
        await asyncio.to_thread(trust.trust, pack)
    except LabError as trouble:
        screen.tell(trouble)
        return False
    return True


async def _exchange_files(screen: "LessonScreen", put: Callable[[], Path], title: str) -> None:
    """Let `put` change the learner's files on disk and open them again; it returns where those before are kept."""
    editor = screen.query_one(EditorPane)
    if not await editor.save():
        return
    editor.let_go()  # else it would tell of a change made elsewhere
    try:
        copies = await asyncio.to_thread(put)
    except LabError as trouble:
        screen.tell(trouble)
        return
    finally:
        await screen.open_lesson(screen.lesson)
    screen.notify(f"Your files are kept in {copies}.", title=title, markup=False)
    screen.action_show("code")
