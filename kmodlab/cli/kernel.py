# SPDX-License-Identifier: MIT
"""The kernels in the user's cache: list, add, build, use, remove."""

import sys
from pathlib import Path

import click
from rich.table import Table

from kmodlab.cli.common import news
from kmodlab.cli.output import screen
from kmodlab.kernels import store


@click.group("kernel")
def kernel_command() -> None:
    """The kernels that modules are run in. None of them is ever installed on this computer."""


@kernel_command.command("list")
def list_kernels() -> int:
    """List the kernels that are here; the arrow points at the one in use."""
    trees = store.installed()
    if not trees:
        print("There is no kernel yet. The first check fetches one; `kmodlab kernel add` does it now.")
        return 0
    chosen = store.chosen()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "release", "source", "compiler"):
        table.add_column(heading)
    for tree in trees:
        mark = "→ in use" if chosen and tree.release == chosen.release else ""
        table.add_row(mark, tree.release, tree.source, tree.compiler)
    screen().print(table)
    return 0


@kernel_command.command("add")
@click.option(
    "--suite",
    metavar="NAME",
    help="That of another suite of your archive, such as bookworm-backports (Fedora: of a version, such as 42).",
)
@click.option(
    "--tree",
    "built",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The kernel that was built in DIR instead; it stays there.",
)
@click.option("--host", is_flag=True, help="The kernel that runs on this computer instead; it stays there.")
def add_kernel(suite: str | None, built: Path | None, host: bool) -> int:
    """Fetch the newest kernel of your distribution into your cache, and use it. Needs no root."""
    if sum((suite is not None, built is not None, host)) > 1:
        raise click.UsageError("Name one of --suite, --tree and --host.")
    if built is not None:
        tree = store.add_built(built)
    elif host:
        tree = store.add_running()
    else:
        with news() as listen:
            tree = store.add(listen, suite=suite)
    print(f"Linux {tree.release} is in use.")
    return 0


@kernel_command.command("build")
@click.option(
    "--strict", is_flag=True, help="With KASAN, lockdep, kmemleak and the like; the only one so far."
)
def build_kernel(strict: bool) -> int:
    """Build a kernel that sees more, for `check --strict`. Needs no root, 2 GB for a while, and some minutes.

    The source is that of your distribution. Stop it whenever you like; the same command goes on.
    """
    if not strict:
        raise click.UsageError("Say what to build: --strict.")
    try:
        with news() as listen:
            tree = store.build_strict(listen)
    except KeyboardInterrupt:
        print("kmodlab: What is built is kept; the same command goes on from there.", file=sys.stderr)
        raise
    print(f"Linux {tree.release} is ready for `kmodlab check --strict`.")
    return 0


@kernel_command.command("use")
@click.argument("release")
def use_kernel(release: str) -> int:
    """Run modules in the kernel RELEASE from now on."""
    store.use(release)
    print(f"Linux {release} is in use.")
    return 0


@kernel_command.command("remove")
@click.argument("release")
def remove_kernel(release: str) -> int:
    """Delete the kernel RELEASE from your cache."""
    store.remove(release)
    print(f"Linux {release} is removed.")
    return 0
