# SPDX-License-Identifier: MIT
"""Any module at the command line, without a lesson: build, load, watch, unload."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from kmodlab.cli import output
from kmodlab.cli.checking import exit_status
from kmodlab.cli.common import shipped_pack
from kmodlab.cli.machine import machine_options, ready_session, strict_option
from kmodlab.errors import UsageError
from kmodlab.grading.reports import run_json
from kmodlab.grading.verdict import Outcome, RunReport
from kmodlab.learner.files import read_ordinary


class RunCommand(click.Command):
    """A command that leaves all that follows `--` to the module."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Split the arguments at the first `--`."""
        end = arguments.index("--") if "--" in arguments else len(arguments)
        context.meta["module arguments"] = arguments[end + 1 :]
        return super().parse_args(context, arguments[:end])


@click.command(
    "run", cls=RunCommand, options_metavar="[OPTIONS]", epilog="What follows -- goes to the last module."
)
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE.c… [-- ARGUMENTS]"
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--sh",
    "commands",
    multiple=True,
    metavar="COMMAND",
    help="Run COMMAND in a shell of the machine while the modules are loaded; may be repeated.",
)
@strict_option
@machine_options
@click.pass_context
def run_command(
    context: click.Context,
    files: Sequence[Path],
    form: str,
    commands: Sequence[str],
    strict: bool,
    machine: str | None,
    own_kernel: bool,
) -> int:
    """Build, load, watch and unload any modules: what the kernel logged, and what was wrong.

    Each FILE.c becomes a module of that name; they are loaded in the order given. Headers (FILE.h) may be among them.
    """
    sources = _read(files)
    with ready_session(shipped_pack(), machine, own_kernel, strict=strict) as session:
        report = session.run(sources, " ".join(context.meta["module arguments"]), commands)
    if form == "json":
        print(run_json(report))
    else:
        print_run(report, sources, output.screen())
    return exit_status(report.outcome)


def _read(files: Sequence[Path]) -> dict[str, bytes]:
    sources: dict[str, bytes] = {}
    for file in files:
        if file.name in sources:
            raise UsageError(f"Two files are called {file.name}.", hint="Give one of them another name.")
        sources[file.name] = read_ordinary(file)
    return sources


def print_run(report: RunReport, sources: Mapping[str, bytes], console: Console) -> None:
    """Print the report of a run."""
    failure = report.build_output if report.outcome is Outcome.BUILD_ERROR else None
    console.print(output.build_block(report.diagnostics, failure, sources))
    if report.load_error:
        what = "The lab failed" if report.outcome is Outcome.ERROR else "Loading failed"
        console.print(Text(f"{what}: {output.printable(report.load_error)}", "red"))
    if report.log:
        console.print(Text("the kernel's log:", "dim"))
        for line in output.log_lines(report.log, limit=200):
            console.print(line)
    elif report.outcome not in (Outcome.BUILD_ERROR, Outcome.ERROR):
        console.print("The kernel logged nothing.")
    for finding in report.findings:
        for line in output.finding_lines(finding, sources):
            console.print(line)
    look = output.LOOKS[report.outcome]
    head = (f"{look.glyph} {look.word}", f"bold {look.style}")
    console.print(Text.assemble(head, f" · {report.seconds:.1f} s · Linux {report.kernel}"))
