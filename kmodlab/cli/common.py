# SPDX-License-Identifier: MIT
"""What several commands need: the pack, the lesson that is meant, and news of long work."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import click
from click.shell_completion import CompletionItem
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from kmodlab.errors import LabError, UsageError
from kmodlab.learner import progress
from kmodlab.packs import catalog, trust
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.packs.trust import UntrustedError
from kmodlab.steps import Listener, Step


class LessonName(click.types.StringParamType):
    """The id of a lesson, completed by the shell."""

    name = "lesson"

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The lessons whose id begins so."""
        try:
            lessons = chosen_pack().lessons
        except LabError:  # the command itself will say why
            return []
        return [
            CompletionItem(lesson.id, help=lesson.title)
            for lesson in lessons
            if lesson.id.startswith(incomplete)
        ]


LESSON = LessonName()


def chosen_pack() -> Pack:
    """The pack that the user chose, by default the one that ships; raise LabError when it is gone or damaged."""
    return catalog.chosen()


def shipped_pack() -> Pack:
    """The curriculum that ships, for what is about no lesson."""
    return catalog.load(catalog.shipped_folder())


def progress_of(pack: Pack) -> progress.Progress:
    """The learner's progress; a warning about a damaged record is told."""
    kept = progress.Progress(pack)
    if kept.warning:
        print(f"kmodlab: {kept.warning}", file=sys.stderr)
    return kept


def lesson_meant(pack: Pack, kept: progress.Progress, id: str | None) -> Lesson:
    """The lesson called `id`; without one, the first that is not passed yet."""
    if id is not None:
        return pack.lesson(id)
    for lesson in pack.lessons:
        if not kept.standing(lesson.id).passed:
            return lesson
    raise UsageError(
        "You have passed every lesson.", hint="Name the one you mean; `kmodlab list` shows them."
    )


def allow_code(pack: Pack, lessons: Iterable[Lesson]) -> None:
    """Ask whether the code of the pack may run that grading `lessons` needs, unless that was answered before.

    Raise UntrustedError when it may not, or when nobody is there to ask.
    """
    if not any(map(trust.uses_code, lessons)) or trust.is_trusted(pack):
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UntrustedError(pack)
    ask_about_code(pack)


def ask_about_code(pack: Pack) -> None:
    """Show the code of the pack, and let it run when the user says so; raise UntrustedError when not."""
    print(f"The pack {pack.title!r} brings code of its own. Grading would run\n", file=sys.stderr)
    print(f"{trust.code_of(pack).in_words}\n\nIt is in {pack.folder}.", file=sys.stderr)
    if not click.confirm("May it run, until it changes?", err=True):
        raise UntrustedError(pack)
    trust.trust(pack)


@contextmanager
def news() -> Iterator[Listener]:
    """Show the steps of long work on standard error: a bar on a terminal, else a line for each step."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[percent]}"))
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task("", total=None, percent="", visible=False)
        task = bars.tasks[0]

        def show(step: Step) -> None:
            task.total = None if step.fraction is None else 1.0  # `update` cannot make it unknown again
            percent = "" if step.fraction is None else f"{step.fraction:.0%}"
            bars.update(
                bar, description=step.text, completed=step.fraction or 0.0, percent=percent, visible=True
            )

        yield show


class _Lines:
    """Steps as lines: a step that only goes on is not said again."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, step: Step) -> None:
        if step.text != self._last:
            self._last = step.text
            print(step.text, file=sys.stderr, flush=True)
