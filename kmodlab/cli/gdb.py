# SPDX-License-Identifier: MIT
"""gdb on a fresh machine, in this terminal or from a file of commands."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from kmodlab.cli import output
from kmodlab.cli.common import LESSON, chosen_pack, news
from kmodlab.errors import UsageError
from kmodlab.grading import actions, supplies
from kmodlab.learner.workspace import Workspace, take
from kmodlab.machines.machine import CommandResult
from kmodlab.session import Session

LOG_LINES = 200


@click.command("gdb")
@click.argument("lesson", type=LESSON)
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Debug the files in DIR instead of yours.",
)
@click.option(
    "--batch",
    "script",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Run gdb's commands from FILE, without a terminal.",
)
@click.option(
    "--sh",
    "commands",
    multiple=True,
    metavar="COMMAND",
    help="Run COMMAND in a shell of the machine once the module is loaded; may be repeated.",
)
def gdb_command(lesson: str, folder: Path | None, script: Path | None, commands: Sequence[str]) -> int:
    """Debug your module of LESSON: gdb begins at the first line of its init function.

    In gdb, `!guest COMMAND` has COMMAND run in the machine as soon as `continue` lets it. The exit status is gdb's.
    """
    pack = chosen_pack()
    meant = pack.lesson(lesson)
    if script is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("gdb needs a terminal.", hint="`--batch FILE` takes its commands from a file.")
    if script is not None and not script.is_file():
        raise UsageError(f"There is no file {script}.", hint="Name a file that holds commands of gdb.")
    with Session(pack) as session:
        workspace = Workspace(pack)
        sources = take(folder, meant) if folder else workspace.read(meant)
        with news() as listen:
            session.boot(listen)
        scripts = supplies.scripts(sources)
        with session.debugger(sources, meant.manifest.modules, scripts, meant.helpers()) as debugger:
            with _interrupts_left_to_gdb():
                status = debugger.run(commands, script, _tell)
            log = debugger.log()
    screen = output.screen()
    screen.print("the kernel's log:" if log else "The kernel logged nothing.")
    for line in output.log_lines(log, limit=LOG_LINES):
        screen.print(line)
    return status


def _tell(title: str, result: CommandResult) -> None:
    """Say what a command of the guest came to, unless it is silent success; what loading prints is for the lab."""
    stdout, stderr = (part.decode(errors="replace") for part in (result.stdout, result.stderr))
    if title.startswith("insmod "):
        said = f"{title}: {actions.in_words(stderr)}" if result.status != 0 else ""
    else:
        said = stdout + stderr or (f"{title}: exit status {result.status}\n" if result.status != 0 else "")
    print(output.printable(said), end="", flush=True)


@contextmanager
def _interrupts_left_to_gdb() -> Iterator[None]:
    """Ctrl-C stops the guest, and ends nothing here."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
