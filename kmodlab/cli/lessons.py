# SPDX-License-Identifier: MIT
"""Lessons at the command line: list, show, hint, solution, reset, diff. None of these needs a machine."""

import click
from rich.console import Console
from rich.markdown import Markdown
from rich.syntax import Syntax
from rich.table import Table

from kmodlab.cli.common import LESSON, chosen_pack, lesson_meant, progress_of
from kmodlab.cli.output import number, screen
from kmodlab.errors import UsageError
from kmodlab.learner.progress import FAILED, Progress, Standing
from kmodlab.learner.workspace import Workspace
from kmodlab.packs.catalog import Lesson
from kmodlab.packs.manifest import Check

TEXT_WIDTH = 76  # longer lines are tiring to read


@click.command("list")
def list_command() -> None:
    """List the lessons in the order they are taught, and how far you are."""
    pack = chosen_pack()
    kept = progress_of(pack)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "lesson", "title", "minutes", "points", "attempts"):
        table.add_column(heading, justify="right" if heading in ("minutes", "points", "attempts") else "left")
    for lesson in pack.lessons:
        standing = kept.standing(lesson.id)
        points = f"{number(standing.best_points)}/{number(lesson.points)}"
        minutes, attempts = str(lesson.manifest.minutes), str(standing.attempts)
        table.add_row(state_of(standing), lesson.id, lesson.title, minutes, points, attempts)
    screen().print(table)


def state_of(standing: Standing) -> str:
    """How far the learner is with a lesson, as a glyph and a word."""
    if standing.passed:
        return "✓ passed"
    return "◐ begun" if standing.attempts else "○ new"


@click.command("show")
@click.argument("lesson", type=LESSON)
@click.option("--aftermath", is_flag=True, help="What is told after the pass, instead.")
def show_command(lesson: str, aftermath: bool) -> None:
    """Show the text of LESSON, and where its files are."""
    pack = chosen_pack()
    shown = pack.lesson(lesson)
    workspace = Workspace(pack)
    if aftermath:
        _need_passed(shown, progress_of(pack), "This is told", anyway=False)
        print_markdown(shown.aftermath or "", screen())
        return
    workspace.open(shown)
    console = screen()
    print_markdown(shown.text, console)
    console.print(
        "\nYour files:", *(str(workspace.path(shown, name)) for name in shown.manifest.files), soft_wrap=True
    )
    console.print(f"Grade them: kmodlab check {shown.id}")


def print_markdown(text: str, console: Console) -> None:
    """Print a lesson's text: set for a terminal, as it is for anything else."""
    if console.is_terminal:
        console.print(Markdown(text), width=min(console.width, TEXT_WIDTH))
    else:
        print(text)


@click.command("hint")
@click.argument("lesson", type=LESSON, required=False)
def hint_command(lesson: str | None) -> None:
    """Give the next hint for the first check that failed in your last attempt at LESSON."""
    pack = chosen_pack()
    kept = progress_of(pack)
    meant = lesson_meant(pack, kept, lesson)
    if kept.standing(meant.id).last_at is None:
        raise UsageError(
            f"You have not tried {meant.id} yet, so there is nothing to give a hint for.",
            hint=f"Try it with `kmodlab check {meant.id}`.",
        )
    check = first_failed(meant, kept)
    if check is None:
        print(f"Nothing failed in your last attempt at {meant.id}.")
        return
    print(f"{meant.id}, check “{check.title}”:")
    if not check.hints:
        print("  There is no hint for this one. What the check says is all there is.")
        return
    shown = kept.reveal_hint(meant.id, check.id, len(check.hints))
    print(f"  Hint {shown} of {len(check.hints)}: {check.hints[shown - 1]}")
    if shown == len(check.hints):
        print(f"  That is the last one. The whole solution: kmodlab solution {meant.id} --anyway")


def first_failed(lesson: Lesson, kept: Progress) -> Check | None:
    """The first check that failed in the last attempt at the lesson."""
    outcomes = kept.last_outcomes(lesson.id)
    return next((check for check in lesson.checks if outcomes.get(check.id) in FAILED), None)


@click.command("solution")
@click.argument("lesson", type=LESSON)
@click.option("--anyway", is_flag=True, help="Also when you have not passed.")
def solution_command(lesson: str, anyway: bool) -> None:
    """Show the reference solution of LESSON, once you have passed it."""
    pack = chosen_pack()
    shown = pack.lesson(lesson)
    _need_passed(shown, progress_of(pack), "The solution is shown", anyway=anyway)
    console = screen()
    for name, content in shown.solution().items():
        if len(shown.manifest.files) > 1:
            console.print(f"── {name}")
        text = content.decode(errors="replace")
        if console.is_terminal:
            console.print(Syntax(text, "c", tab_size=8, theme="ansi_dark", background_color="default"))
        else:
            print(text, end="")


def _need_passed(lesson: Lesson, kept: Progress, what: str, *, anyway: bool) -> None:
    if not anyway and not kept.standing(lesson.id).passed:
        raise UsageError(
            f"{what} when you have passed {lesson.id}.",
            hint=f"`kmodlab hint {lesson.id}` gives a hint; `kmodlab solution {lesson.id} --anyway` shows it all.",
        )


@click.command("reset")
@click.argument("lesson", type=LESSON)
def reset_command(lesson: str) -> None:
    """Start LESSON afresh. The files as you left them are kept, and where is said."""
    pack = chosen_pack()
    meant = pack.lesson(lesson)
    copies = Workspace(pack).reset(meant)
    print(f"{meant.id} starts afresh. Your files as they were: {copies}")


@click.command("diff")
@click.argument("lesson", type=LESSON)
@click.option("--solution", is_flag=True, help="Compare with the reference solution, once you have passed.")
@click.option("--anyway", is_flag=True, help="Also when you have not passed.")
def diff_command(lesson: str, solution: bool, anyway: bool) -> None:
    """Show what you changed in the files of LESSON; your lines are those with +."""
    pack = chosen_pack()
    meant = pack.lesson(lesson)
    if solution:
        _need_passed(meant, progress_of(pack), "The solution is shown", anyway=anyway)
    other, label = (meant.solution(), "solution") if solution else (meant.starter(), "starter")
    difference = Workspace(pack).diff(meant, other, label)
    console = screen()
    if not difference:
        print(
            f"Your files are the {label}'s, unchanged."
            if label == "starter"
            else "Your files are the solution."
        )
    elif console.is_terminal:
        console.print(Syntax(difference, "diff", tab_size=8, theme="ansi_dark", background_color="default"))
    else:
        print(difference, end="")
