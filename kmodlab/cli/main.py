# SPDX-License-Identifier: MIT
"""The command line: which commands there are, and how every error is told.

Commands are imported when they are used, so that `kmodlab --help` and a shell's completion answer at once.
"""

import sys
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from kmodlab import __version__
from kmodlab.errors import CancelledError, LabError, UsageError

# name: module below kmodlab.cli, what it does in a few words
COMMANDS = {
    "list": ("lessons", "The lessons, and how far you are"),
    "show": ("lessons", "The text of a lesson"),
    "check": ("checking", "Build, load and grade your files"),
    "watch": ("checking", "Check again at every save"),
    "regrade": ("checking", "Grade again what a check recorded"),
    "run": ("running", "Build, load, watch and unload any module"),
    "console": ("console", "A root shell in a fresh machine"),
    "gdb": ("gdb", "gdb on a fresh machine, at your module's first line"),
    "hint": ("lessons", "The next hint for what failed"),
    "solution": ("lessons", "The reference solution of a lesson"),
    "reset": ("lessons", "Start a lesson afresh; your files are kept"),
    "diff": ("lessons", "What you changed in a lesson's files"),
    "doctor": ("doctor", "What this computer lacks, and how to get it"),
    "kernel": ("kernel", "The kernels to run: list, add, use, remove"),
    "pack": ("pack", "Packs of lessons: install one, write one"),
    "grade": ("grade", "For instructors: grade a class"),
    "completion": ("completion", "Tab completion for your shell"),
}

NO_TERMINAL = UsageError(
    "The app needs a terminal.",
    hint="`kmodlab check LESSON` and `kmodlab run FILE.c` need none; `kmodlab --help` lists all commands.",
)


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is used."""

    def list_commands(self, context: click.Context) -> list[str]:
        """The names, in the order they are helpful in."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Import the command."""
        if name not in COMMANDS:
            return None
        command = getattr(import_module(f"kmodlab.cli.{COMMANDS[name][0]}"), f"{name}_command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the commands without importing them."""
        if incomplete.startswith("-"):
            return super().shell_complete(context, incomplete)
        return [
            CompletionItem(name, help=summary)
            for name, (_, summary) in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def invoke(self, context: click.Context) -> int:
        """Run the command and tell what went wrong; return the exit status."""
        try:
            status = super().invoke(context)
        except LabError as problem:
            return tell(problem, with_traceback=context.params["debug"])
        except KeyboardInterrupt:
            return tell(CancelledError(), with_traceback=context.params["debug"])
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as problem:
            surprise = LabError(
                f"kmodlab itself failed: {type(problem).__name__}: {problem}.",
                hint="Please report it, with what `kmodlab --debug …` prints.",
            )
            surprise.__cause__ = problem
            return tell(surprise, with_traceback=context.params["debug"])
        return status or 0


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"max_content_width": 100})
@click.option("--debug", is_flag=True, help="Show the traceback of errors.")
@click.version_option(__version__, prog_name="kmodlab")
@click.pass_context
def kmodlab(context: click.Context, debug: bool) -> int:
    """Learn Linux kernel module programming.

    Edit C, press one key, see what a real kernel did. Without a command: the app.
    """
    if context.invoked_subcommand is not None:
        return 0
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NO_TERMINAL
    start_app: Callable[[], int] = context.obj
    return start_app()


def run(arguments: Sequence[str], *, start_app: Callable[[], int]) -> int:
    """Run `kmodlab ARGUMENTS` and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal that knows no ✓ shows ?
    try:
        status = kmodlab.main(list(arguments), prog_name="kmodlab", standalone_mode=False, obj=start_app)
    except click.UsageError as problem:
        command = problem.ctx.command_path if problem.ctx else "kmodlab"
        return tell(UsageError(_sentence(problem), hint=f"`{command} --help` shows how it is used."))
    except click.ClickException as problem:
        return tell(LabError(_sentence(problem), hint="`kmodlab --help` shows how it is used."))
    except (click.Abort, KeyboardInterrupt):
        return tell(CancelledError())
    except BrokenPipeError:
        sys.stdout = None  # whoever read it has gone: nothing to flush, nobody to tell
        return 1
    return int(status or 0)


def tell(problem: LabError, *, with_traceback: bool = False) -> int:
    """Print what happened and what to do next on standard error; return the exit status."""
    if with_traceback:
        traceback.print_exception(problem)
    print(f"kmodlab: {problem.message}\n  {problem.hint}", file=sys.stderr)
    return problem.exit_status


def _sentence(problem: click.ClickException) -> str:
    message = problem.format_message()
    return message if message.endswith((".", "?")) else f"{message}."
