# SPDX-License-Identifier: MIT
"""The kernels in the user's cache: list, add, use, remove."""

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
def add_kernel() -> int:
    """Fetch the newest kernel of your distribution into your cache, and use it. Needs no root."""
    with news() as listen:
        tree = store.add(listen)
    print(f"Linux {tree.release} is in use.")
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
