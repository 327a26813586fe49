# SPDX-License-Identifier: MIT
"""Grading a class at the command line: a row a submission while it runs, then the grade book and its formats."""

import os
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import click
from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from kmodlab.classroom import batch, crew, moments, submissions
from kmodlab.classroom import roster as rosters
from kmodlab.classroom.batch import Begun, Finished
from kmodlab.classroom.formats import classroom50, gradescope, junit, nbgrader, pages, similar
from kmodlab.classroom.grade import NOTHING, Grade, Roster
from kmodlab.classroom.gradebook import GradeBook
from kmodlab.classroom.jobs import Work
from kmodlab.cli import output
from kmodlab.cli.common import allow_code, news, shipped_pack
from kmodlab.cli.machine import strict_option, tree_for
from kmodlab.errors import UsageError
from kmodlab.grading.verdict import Outcome
from kmodlab.kernels import store
from kmodlab.kernels.tree import KernelTree
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Pack
from kmodlab.packs.late import Late
from kmodlab.steps import Listener, Step

FORMATS = (nbgrader, junit, gradescope, classroom50, pages, similar)
BOOK = "gradebook.db"
WIDTHS = {"student": 20, "lesson": 16, "outcome": 11, "points": 8}


@click.command("grade")
@click.argument("places", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SUBMISSIONS...")
@click.option("--pack", "folder", type=click.Path(path_type=Path), help="The folder of the pack.")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="Where the grades go.")
@click.option("--lesson", "lesson_id", metavar="LESSON", help="What the submissions are for.")
@click.option("--roster", "roster_file", type=click.Path(path_type=Path), help="The class, as CSV.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=os.cpu_count() or 1,
    show_default="one a processor",
    help="Submissions at a time.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Grade on the Dask cluster there, not on this machine.")
@click.option("--due", multiple=True, metavar="[LESSON=]TIME", help="In place of what the pack says.")
@strict_option
def grade_command(
    places: Sequence[Path],
    folder: Path | None,
    out: Path,
    lesson_id: str | None,
    roster_file: Path | None,
    jobs: int,
    scheduler: str | None,
    due: Sequence[str],
    strict: bool,
) -> int:
    """Grade a class: folders STUDENT/LESSON/FILES, archives, or what Gradescope or nbgrader give.

    What comes of it is in OUT: index.html to read, grades.csv, and the formats of others. Stop it whenever you like;
    the same command goes on.

    Exit status: 0 all were graded, 1 some could not be, 2 wrong usage, 3 the lab itself could not run.
    """
    pack = catalog.load(folder) if folder else shipped_pack()
    lesson = pack.lesson(lesson_id) if lesson_id else None
    late = _late(pack, due)
    allow_code(pack, [lesson] if lesson else pack.lessons)
    _keep_apart(out, places)
    roster = rosters.read(roster_file) if roster_file else Roster()
    found = submissions.find(places, pack, lesson, roster)
    for notice in found.notices:
        print(f"kmodlab: {notice}", file=sys.stderr)
    with GradeBook(out / BOOK, pack.manifest.id) as book:
        with news() as listen:
            tree = tree_for(strict) or store.ensure(listen)
        board = _Board(len(found.submissions))
        work = _work(pack, tree, scheduler, jobs, board.note)
        _show(board, batch.grade(pack, found.submissions, book, late, tree.identity(), work), out)
        for form in FORMATS:
            form.write(book.grades(), pack, found.roster, out)
    output.screen().print(_summary(board.grades, out))
    return 1 if any(map(_needs_a_look, board.grades)) else 0


def _work(pack: Pack, tree: KernelTree, scheduler: str | None, jobs: int, listen: Listener) -> Work:
    """Who does the work: so many processes here, or the workers of a cluster."""
    if scheduler is None:
        return partial(crew.work, pack, tree, jobs, listen)
    try:
        from kmodlab.classroom import cluster
    except ModuleNotFoundError as problem:
        raise UsageError(
            "A cluster needs Dask, which is not installed here.", hint="Install kmodlab[cluster]."
        ) from problem
    return partial(cluster.work, pack, tree, scheduler, listen)


def _late(pack: Pack, due: Sequence[str]) -> Late:
    """The pack's late policy, with what the command line says about when lessons are due."""
    changed = pack.manifest.late
    for item in due:
        lesson, _, text = item.rpartition("=")
        moment = moments.parse(text, zone=None)
        if moment is None:
            raise UsageError(
                f"--due {item}: {text!r} names no point in time.", hint="Write it as in 2026-12-01T23:59."
            )
        if lesson:
            lessons = {**changed.lessons, pack.lesson(lesson).id: moment}
            changed = changed.model_copy(update={"lessons": lessons})
        else:
            changed = changed.model_copy(update={"due": moment})
    return changed


def _keep_apart(out: Path, places: Sequence[Path]) -> None:
    if any(out.resolve().is_relative_to(place.resolve()) for place in places):
        raise UsageError(
            f"{out} is among the submissions.", hint="Have the grades written to a folder beside them."
        )


def _needs_a_look(grade: Grade) -> bool:
    return grade.problem not in (None, NOTHING)


def _show(board: "_Board", events: Generator[Begun | Finished, None, None], out: Path) -> None:
    """Have all graded, with a row for each, and `board` below them on a terminal."""
    console = output.screen()
    try:
        with (
            closing(events),
            Live(board, console=console, transient=True, auto_refresh=console.is_terminal),
        ):
            console.print(_line("student", "lesson", "outcome", "points"), style="dim")
            for event in events:
                board.take(event)
                if isinstance(event, Finished):
                    console.print(row(event.grade), soft_wrap=True)
    except KeyboardInterrupt:
        kept = f"{len(board.grades)} of {board.count} submissions are graded and kept in {out / BOOK}"
        print(f"kmodlab: {kept}; the same command goes on from there.", file=sys.stderr)
        raise


def row(grade: Grade) -> Text:
    """One grade: how it ended, its points, and why it is not all of them."""
    look = output.LOOKS[grade.outcome] if grade.outcome else output.Look("!", "problem", "yellow")
    score = "?" if grade.score is None else output.number(grade.score)
    text = _line(
        grade.student, grade.lesson, f"{look.glyph} {look.word}", f"{score}/{output.number(grade.max_points)}"
    )
    start = WIDTHS["student"] + WIDTHS["lesson"] + 2
    text.stylize(look.style, start, start + WIDTHS["outcome"])
    return text.append(output.printable("; ".join(reasons(grade))))


def reasons(grade: Grade) -> list[str]:
    """Why a grade is not the best one, a sentence each."""
    found = [grade.problem] if grade.problem else []
    failed = (
        verdict
        for verdict in (grade.report.checks if grade.report else ())
        if verdict.outcome not in (Outcome.PASS, Outcome.SKIP, Outcome.ERROR)
    )
    first = next(failed, None)
    if first is not None:
        found.append(f"`{first.id}`: {first.reason}")
    if grade.penalty:
        found.append(f"late, which costs {output.number(grade.penalty)}")
    return found


def _line(*cells: str) -> Text:
    """Cells in the columns of the table; one that is too long pushes the others."""
    padded = (output.printable(cell).ljust(width) for cell, width in zip(cells, WIDTHS.values(), strict=True))
    return Text(" ".join(padded) + " ")


class _Board:
    """What stands below the rows while it runs: what is being graded, how far it is, and how long it may take."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.grades: list[Grade] = []
        self._step = ""
        self._running: dict[tuple[str, str], float] = {}
        self._new, self._first = 0, 0.0  # graded just now, and when the first of them began

    def note(self, step: Step) -> None:
        """Note what is being prepared."""
        self._step = step.text

    def take(self, event: Begun | Finished) -> None:
        """Note what has happened."""
        now = time.monotonic()
        if isinstance(event, Begun):
            self._first = self._first or now
            self._running[event.submission.student, event.submission.lesson] = now
            return
        self.grades.append(event.grade)
        if self._running.pop((event.grade.student, event.grade.lesson), None) is not None:
            self._new += 1

    def __rich__(self) -> Group:
        """Draw it."""
        now, done = time.monotonic(), len(self.grades)
        lines = [
            _line(student, lesson, f"{now - began:.0f} s", "")
            for (student, lesson), began in self._running.items()
        ]
        table = Table.grid(padding=(0, 1))
        left = time_left(now - self._first, self._new, self.count - done)
        table.add_row(ProgressBar(self.count, done, width=30), f"{done} of {self.count}", left or self._step)
        return Group(*lines, table)


def time_left(seconds: float, done: int, left: int) -> str:
    """In words, how long `left` more take when `done` took so many seconds; empty when that cannot be told."""
    if not done:
        return ""
    more = seconds / done * left
    return f"about {more:.0f} s left" if more < 100 else f"about {more / 60:.0f} min left"


def _summary(grades: Sequence[Grade], out: Path) -> Text:
    """How many were graded, and where the grades are."""
    graded = sum(grade.report is not None and grade.points is not None for grade in grades)
    looks = sum(map(_needs_a_look, grades))
    absent = sum(grade.problem == NOTHING for grade in grades)
    parts = [f"{graded} graded"]
    parts += [f"{looks} with a problem"] if looks else []
    parts += [f"{absent} not handed in"] if absent else []
    return Text(
        f"{', '.join(parts)}. Read {out / pages.FILE}; {nbgrader.FILE} and the rest stand beside it.", "bold"
    )
