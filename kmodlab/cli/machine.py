# SPDX-License-Identifier: MIT
"""The machine that a command uses: the lab's own ones, or one of the user's."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import click

from kmodlab import remote
from kmodlab.cli.common import news
from kmodlab.errors import LabError, UsageError
from kmodlab.kernels import store
from kmodlab.kernels.tree import KernelTree
from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.packs.catalog import Pack
from kmodlab.session import Session


def machine_options(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options `machine` and `own_kernel`."""
    machine = click.option(
        "--machine",
        metavar="COMMAND",
        help="Use a machine of your own: COMMAND gives a root shell of it, as 'ssh root@board' does.",
    )
    own_kernel = click.option(
        "--i-know-this-is-my-own-kernel",
        "own_kernel",
        is_flag=True,
        help="Let --machine lead to this very computer, whose kernel a mistake can crash.",
    )
    return machine(own_kernel(command))


strict_option = click.option(
    "--strict", is_flag=True, help="In the kernel that sees more: `kmodlab kernel build --strict` makes it."
)


def tree_for(strict: bool) -> KernelTree | None:
    """The kernel that a command asks for; None: the chosen one. Raise LabError when it is not there."""
    return store.strict() if strict else None


@contextmanager
def ready_session(
    pack: Pack,
    machine: str | None,
    own_kernel: bool,
    *,
    strict: bool = False,
    workspace: Workspace | None = None,
    progress: Progress | None = None,
) -> Iterator[Session]:
    """A session whose machines are ready: clones, or the one that the command `machine` leads to."""
    if machine is not None and strict:
        raise UsageError("A machine of your own has its own kernel.", hint="Leave out --strict or --machine.")
    if machine is None:
        tree = tree_for(strict)
        with Session(pack, workspace=workspace, progress=progress, tree=tree) as session:
            with news() as listen:
                session.boot(listen)
            yield session
        return
    reach = partial(remote.reach, machine, is_own_allowed=own_kernel, ask=_ask_secret)
    with Session(pack, workspace=workspace, progress=progress, reach=reach) as session:
        session.boot()  # without a bar, for a password may be asked for
        assert session.remote is not None
        limits = ", ".join(session.remote.limits)
        print(
            f"On your machine, with Linux {session.kernel}. Not looked for there: {limits}.", file=sys.stderr
        )
        yield session
        if session.remote.loss is not None:
            print(f"kmodlab: {session.remote.loss.message}\n  {session.remote.loss.hint}", file=sys.stderr)
        elif session.remote.damage is not None:
            print(f"kmodlab: {session.remote.damage}", file=sys.stderr)


def _ask_secret(prompt: str) -> str:
    if not sys.stdin.isatty():
        raise LabError(
            f"The machine asks for a secret: {prompt}",
            hint="Let it be reached without one, by a key for instance.",
        )
    answer: str = click.prompt(prompt, prompt_suffix=" ", hide_input=True, err=True)
    return answer
