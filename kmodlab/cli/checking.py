# SPDX-License-Identifier: MIT
"""Grading at the command line: check once, or at every save."""

import queue
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import click
import watchfiles
from rich.console import Console

from kmodlab.cli import output
from kmodlab.cli.common import LESSON, allow_code, chosen_pack, lesson_meant, news, progress_of
from kmodlab.cli.lessons import print_markdown
from kmodlab.cli.machine import machine_options, ready_session, strict_option
from kmodlab.errors import UsageError
from kmodlab.evidence import recording
from kmodlab.evidence.evidence import Evidence
from kmodlab.grading.events import Built, CheckEnded, Ended
from kmodlab.grading.grade import grade
from kmodlab.grading.reports import report_json, report_junit
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.learner.progress import FAILED, Progress
from kmodlab.learner.workspace import Workspace, take
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.session import Session

SPELL_SECONDS = 0.5  # of waiting for a save or for Enter


def _graded(name: str) -> Callable[[Report, Pack], str]:
    """A format of the classroom's for one submission; making it raises LabError when the lab itself failed."""

    def text(report: Report, pack: Pack) -> str:
        # imported here, because a check does without it and should begin at once
        from kmodlab.classroom import attempt, batch

        form = import_module(f"kmodlab.classroom.formats.{name}")
        graded: str = form.text(batch.alone(attempt.trimmed(report), pack, datetime.now(UTC)), pack)
        return graded.rstrip()

    return text


FORMATS: dict[str, Callable[[Report, Pack], str]] = {
    "json": lambda report, pack: report_json(report),
    "junit": lambda report, pack: report_junit(report),
    "gradescope": _graded("gradescope"),
    "classroom50": _graded("classroom50"),
}


@click.command("check")
@click.argument("lesson", type=LESSON, required=False)
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Grade the files in DIR instead of yours.",
)
@click.option("--format", "form", type=click.Choice(["text", *FORMATS]), default="text", show_default=True)
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write all that was seen into FILE, for `kmodlab regrade`.",
)
@strict_option
@machine_options
def check_command(
    lesson: str | None,
    folder: Path | None,
    form: str,
    record: Path | None,
    strict: bool,
    machine: str | None,
    own_kernel: bool,
) -> int:
    """Build, load and grade your files for LESSON (by default the first one that is not passed).

    What is checked on a machine of your own does not count in your progress, because not all can be checked there.

    Exit status: 0 all passed, 1 something failed, 2 wrong usage, 3 the lab itself could not run.
    """
    pack = chosen_pack()
    kept = progress_of(pack)
    meant = lesson_meant(pack, kept, lesson)
    workspace = Workspace(pack)
    sources = take(folder, meant) if folder else workspace.read(meant)
    allow_code(pack, [meant])
    with ready_session(
        pack, machine, own_kernel, strict=strict, workspace=workspace, progress=kept
    ) as session:
        # What somebody else wrote says nothing about this learner.
        counts = folder is None and machine is None
        attempt = Attempt(session, meant, sources, kept, is_own=counts)
        report = attempt.told(output.screen()) if form == "text" else attempt.report()
    if record is not None:
        recording.write(record, attempt.evidence)
    if form != "text":
        print(FORMATS[form](report, pack))
    return exit_status(report.outcome)


@click.command("regrade")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--format", "form", type=click.Choice(["text", *FORMATS]), default="text", show_default=True)
def regrade_command(file: Path, form: str) -> int:
    """Grade again what `kmodlab check --record FILE` recorded; no machine is needed.

    Exit status as `kmodlab check`.
    """
    evidence = recording.read(file)
    pack = chosen_pack()
    lesson = pack.lesson(evidence.lesson)
    allow_code(pack, [lesson])
    report = grade(lesson, evidence)
    if form == "text":
        screen = output.screen()
        screen.print(output.build_block(evidence.build.diagnostics, None, {}))
        for verdict in report.checks:
            screen.print(output.verdict_block(verdict, {}, None))
        screen.print(output.summary(report))
    else:
        print(FORMATS[form](report, pack))
    return exit_status(report.outcome)


def exit_status(outcome: Outcome) -> int:
    """The command's exit status for an outcome."""
    return {Outcome.PASS: 0, Outcome.ERROR: 3}.get(outcome, 1)


class Attempt:
    """One attempt at a lesson."""

    def __init__(
        self,
        session: Session,
        lesson: Lesson,
        sources: Mapping[str, bytes],
        kept: Progress,
        *,
        is_own: bool = True,
    ) -> None:
        """Nothing runs yet. An attempt that is not the learner's own leaves their progress alone."""
        self._events = session.check(lesson, dict(sources), keep=is_own)
        self._lesson, self._sources, self._kept, self._is_own = lesson, sources, kept, is_own
        self.evidence: Evidence  # once it has run
        self._has_offered = not is_own  # hints follow the learner's own attempts

    def report(self) -> Report:
        """Run it to the end."""
        *_, last = self._events
        assert isinstance(last, Ended)
        self.evidence = last.evidence
        return last.report

    def told(self, console: Console) -> Report:
        """Run it to the end; print each verdict as soon as those before it in the lesson are printed."""
        was_passed = self._kept.standing(self._lesson.id).passed
        waiting = [check.id for check in self._lesson.checks]
        verdicts: dict[str, CheckVerdict] = {}
        report = None
        for event in self._events:
            if isinstance(event, Built):
                failure = None if event.build.succeeded else event.build.output
                console.print(output.build_block(event.build.diagnostics, failure, self._sources))
            elif isinstance(event, CheckEnded):
                verdicts[event.verdict.id] = event.verdict
                while waiting and waiting[0] in verdicts:
                    verdict = verdicts[waiting.pop(0)]
                    console.print(output.verdict_block(verdict, self._sources, self._hint_offer(verdict)))
            elif isinstance(event, Ended):
                report, self.evidence = event.report, event.evidence
        assert report is not None
        console.print(output.summary(report))
        if report.outcome is Outcome.PASS and self._is_own and not was_passed and self._lesson.aftermath:
            console.print()
            print_markdown(self._lesson.aftermath, console)
        return report

    def _hint_offer(self, verdict: CheckVerdict) -> str | None:
        """The next hint is offered for the first failure only: that is where to begin."""
        if self._has_offered or verdict.outcome not in FAILED:
            return None
        self._has_offered = True
        shown = self._kept.hints_shown(self._lesson.id).get(verdict.id, 0)
        number = len(verdict.hints)
        if shown >= number:
            return None
        return f"hint {shown + 1} of {number}: kmodlab hint {self._lesson.id}"


@click.command("watch")
@click.argument("lesson", type=LESSON, required=False)
def watch_command(lesson: str | None) -> int:
    """Check LESSON at every save of its files, for people with their own editor.

    Enter checks now, for file systems that do not tell of a save. Ctrl-C ends.
    """
    pack = chosen_pack()
    kept = progress_of(pack)
    meant = lesson_meant(pack, kept, lesson)
    workspace = Workspace(pack)
    workspace.open(meant)
    allow_code(pack, [meant])
    console = output.screen()
    with Session(pack, workspace=workspace, progress=kept) as session:
        with news() as listen:
            session.prepare(listen)
        _watch(session, pack, meant, workspace, kept, console)
    return 0


def _watch(
    session: Session, pack: Pack, lesson: Lesson, workspace: Workspace, kept: Progress, console: Console
) -> None:
    for name in lesson.manifest.files:
        console.print(f"Edit {workspace.path(lesson, name)}", soft_wrap=True)
    wishes: queue.Queue[bool] = queue.Queue()  # True: asked for, so check even when nothing changed
    ended = threading.Event()
    for wish in (_wish_at_saves, _wish_at_enter):
        threading.Thread(target=wish, args=(workspace.folder(lesson), wishes, ended), daemon=True).start()
    checked: dict[str, bytes] | None = None
    is_asked = True
    try:
        while True:
            checked = _check_again(session, lesson, workspace, kept, console, None if is_asked else checked)
            is_asked = _next(wishes)
    except KeyboardInterrupt:
        console.print("Done.")
    finally:
        ended.set()


def _next(wishes: "queue.Queue[bool]") -> bool:
    """The next wish. It is waited for in spells: a Ctrl-C in the instant before a wait begins does not end that one."""
    while True:
        with suppress(queue.Empty):
            return wishes.get(timeout=SPELL_SECONDS)


def _check_again(
    session: Session,
    lesson: Lesson,
    workspace: Workspace,
    kept: Progress,
    console: Console,
    checked: dict[str, bytes] | None,
) -> dict[str, bytes] | None:
    """Check the files unless they are the `checked` ones; return what is checked now."""
    try:
        sources = workspace.read(lesson)
    except UsageError as problem:  # an editor that is just saving, or a learner who will mend it
        print(f"kmodlab: {problem.message}\n  {problem.hint}", file=sys.stderr)
        return None
    if sources != checked:
        console.print("─" * 40, style="dim")
        Attempt(session, lesson, sources, kept).told(console)
        console.print("Save to check again; Enter checks now, Ctrl-C ends.", style="dim")
    return sources


def _wish_at_saves(folder: Path, wishes: queue.Queue[bool], ended: threading.Event) -> None:
    for _ in watchfiles.watch(folder, stop_event=ended, raise_interrupt=False):
        wishes.put(False)


def _wish_at_enter(folder: Path, wishes: queue.Queue[bool], ended: threading.Event) -> None:
    for _ in sys.stdin:  # ends with the input, as under a supervisor; saves still count
        wishes.put(True)
