# SPDX-License-Identifier: MIT
"""Verification of packs at the command line: once, or at every save while a lesson is written."""

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click
import watchfiles
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from kmodlab.cli.common import allow_code, news
from kmodlab.cli.machine import strict_option, tree_for
from kmodlab.cli.main import tell
from kmodlab.cli.output import screen
from kmodlab.errors import LabError
from kmodlab.packs import catalog, consistency, trust
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.session import Session
from kmodlab.verification import Verified, count, verify

WAKE_MILLISECONDS = 200  # how long it is waited for the first change before it is looked at what is there


@click.command("verify")
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[PATH]")
@click.option("--lesson", "wanted", metavar="LESSON", help="This lesson only.")
@click.option("--watch", is_flag=True, help="Then verify each lesson again whose files change; Ctrl-C ends.")
@strict_option
def verify_command(folder: Path | None, wanted: str | None, watch: bool, strict: bool) -> int:
    """Prove that the pack in PATH grades as it says (by default the curriculum that ships).

    Its files fit together, each starter builds and does not pass, each solution passes, each mistake fails the check
    that it names.
    """
    pack = catalog.load(folder or catalog.shipped_folder())
    lessons = pack.lessons if wanted is None else (pack.lesson(wanted),)
    allow_code(pack, lessons)
    with Session(pack, tree=tree_for(strict)) as session:
        if watch:
            _watch(session, pack.folder, wanted)
            return 0
        return 0 if verified(session, pack, lessons) else 1


def verified(session: Session, pack: Pack, lessons: Sequence[Lesson]) -> bool:
    """Verify and tell; with a fault that can be seen nothing is run."""
    console = screen()
    faults = list(consistency.faults(pack))
    for fault in faults:
        place = fault.file.relative_to(pack.folder)
        console.print(Text.assemble(("✗ wrong", "red"), f"  {place}: {fault.text}"), soft_wrap=True)
    if faults:
        console.print("Nothing was run: first correct the above.")
        return False
    with news() as listen:
        session.boot(listen)
    rows = _told(session, lessons)
    console.print(summary(rows))
    return not any(item.complaint for item, _ in rows)


def _watch(session: Session, folder: Path, wanted: str | None) -> None:
    """Verify, and again what has changed meanwhile, until Ctrl-C."""
    is_first = True
    for changes in watchfiles.watch(
        folder, raise_interrupt=False, rust_timeout=WAKE_MILLISECONDS, yield_on_timeout=True
    ):
        # it watches from its first timeout on, so nothing that is saved from now on is missed
        paths = [Path(path).relative_to(folder.resolve()) for _, path in changes]
        if not (is_first or paths):
            continue
        try:
            pack = catalog.load(folder)
            lessons = [
                lesson
                for lesson in pack.lessons
                if wanted in (None, lesson.id) and (is_first or any(is_about(path, lesson) for path in paths))
            ]
            if lessons:
                trust.trust(pack)  # the author allowed it, and is at work on it
                verified(session, pack, lessons)
                screen().print("Save to verify again; Ctrl-C ends.", "─" * 6, style="dim")
        except LabError as problem:  # a file that is half written, or that its author will mend
            tell(problem)
        is_first = False


def is_about(path: Path, lesson: Lesson) -> bool:
    """Whether a file of the pack (by its path in there) is the lesson's, or one of all lessons."""
    if any(part.startswith(".") or part.endswith("~") for part in path.parts):
        return False
    return str(path) in ("pack.toml", "checks.py") or (
        path.parts[0] in ("lessons", "solutions") and lesson.folder.name in path.parts[1:2]
    )


def _told(session: Session, lessons: Sequence[Lesson]) -> list[tuple[Verified, float]]:
    """Verify, with a line for each set of files; return them, each with the seconds since the one before it."""
    verified: list[tuple[Verified, float]] = []
    console, last = screen(), time.monotonic()
    columns = (TextColumn("Verifying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
        closing(verify(session, lessons)) as rows,
    ):
        for item in progress.track(rows, total=count(lessons)):
            now = time.monotonic()
            verified.append((item, now - last))
            last = now
            console.print(_row(item), soft_wrap=True)
    return verified


def _row(item: Verified) -> Text:
    look = ("✗ wrong", "red") if item.complaint else ("✓ right", "green")
    subject = f"  {item.seconds:>5.1f} s  {item.lesson:<16} {item.subject:<24} "
    return Text.assemble(look, subject, item.complaint or "")


def summary(verified: Sequence[tuple[Verified, float]]) -> Table:
    """How many are right and how long it took, by lesson and altogether.

    Beside each set of files stand the seconds since the one before it was known: several are graded at once.
    """
    table = Table(box=None, pad_edge=False)
    for heading in ("", "right", "starter and solution", "mistakes"):
        table.add_column(heading, justify="right" if heading else "left")
    lessons = [*dict.fromkeys(item.lesson for item, _ in verified)]
    for lesson in lessons:
        table.add_row(*_totals(lesson, [pair for pair in verified if pair[0].lesson == lesson]))
    if len(lessons) > 1:
        table.add_row(*_totals("altogether", verified), style="bold")
    return table


def _totals(name: str, verified: Sequence[tuple[Verified, float]]) -> tuple[str, ...]:
    right = sum(item.complaint is None for item, _ in verified)
    spans = (
        sum(seconds for item, seconds in verified if item.is_mistake is is_mistake)
        for is_mistake in (False, True)
    )
    return name, f"{right} of {len(verified)}", *(f"{span:.1f} s" for span in spans)
