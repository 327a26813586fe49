# SPDX-License-Identifier: MIT
"""Packs of lessons: install them, choose one. The author's commands are in authoring.py and verifying.py."""

import sys
from pathlib import Path

import click
from rich.table import Table

from kmodlab.cli.authoring import build_command, kit_command, new_command, schema_command
from kmodlab.cli.common import ask_about_code, news
from kmodlab.cli.output import screen
from kmodlab.cli.verifying import verify_command
from kmodlab.errors import UsageError
from kmodlab.learner.workspace import Workspace
from kmodlab.packs import catalog, contents, installation, trust
from kmodlab.packs.catalog import Pack
from kmodlab.packs.installation import Installed


@click.group("pack")
def pack_command() -> None:
    """Packs of lessons: install those of others, write your own."""


@pack_command.command("list")
def list_packs() -> int:
    """List the packs on this computer; the arrow points at the one in use."""
    chosen = catalog.chosen_id()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "pack", "version", "lessons", "title", "from"):
        table.add_column(heading, justify="right" if heading == "lessons" else "left", overflow="fold")
    for entry in catalog.installed():
        source = installation.source_of(entry.folder) or str(entry.folder)
        if not isinstance(entry, Pack):
            table.add_row("✗ damaged", entry.folder.name, "", "", entry.trouble.message, source)
            continue
        is_shipped = entry.folder == catalog.shipped_folder()
        mark = "→ in use" if entry.id == chosen or (chosen is None and is_shipped) else ""
        count = str(len(entry.lessons))
        origin = "ships with kmodlab" if is_shipped else source
        table.add_row(mark, entry.id, entry.manifest.version, count, entry.title, origin)
    screen().print(table)
    return 0


@pack_command.command("add")
@click.argument("source", metavar="PATH|ARCHIVE|GIT-URL")
def add_pack(source: str) -> int:
    """Install a pack from a folder, an archive, or a URL that git can clone (URL#TAG for one version of it).

    A pack of the same name gives way to it. Your own files and your progress stay.
    """
    with news() as listen:
        _tell(installation.add(source, listen))
    return 0


@pack_command.command("update")
@click.argument("name")
def update_pack(name: str) -> int:
    """Fetch the pack NAME again from where it came from. Your own files and your progress stay."""
    with news() as listen:
        _tell(installation.update(name, listen))
    return 0


def _tell(installed: Installed) -> None:
    """Say what is installed now, and give lessons that were begun the files that are new in them."""
    pack, before = installed.pack, installed.before
    workspace = Workspace(pack)
    for lesson in pack.lessons:
        if workspace.folder(lesson).exists():
            workspace.open(lesson)
    version = pack.manifest.version
    if before is None:
        print(
            f"{pack.title} ({pack.id}), version {version}, is installed. Use it: kmodlab pack use {pack.id}"
        )
    elif before == version:
        print(
            f"{pack.title} ({pack.id}), version {version}, is installed anew. Your files stay as they were."
        )
    else:
        print(f"{pack.title} ({pack.id}): version {before} is now {version}. Your files stay as they were.")


@pack_command.command("use")
@click.argument("name")
def use_pack(name: str) -> int:
    """Work on the lessons of the pack NAME from now on, here and in the app."""
    pack = _named(name)
    catalog.choose(pack)
    print(f"{pack.title} is in use. Its lessons: kmodlab list")
    return 0


@pack_command.command("remove")
@click.argument("name")
def remove_pack(name: str) -> int:
    """Remove the pack NAME. Your own files and your progress in it are kept."""
    with news() as listen:
        installation.remove(name, listen)
    if catalog.chosen_id() == name:
        catalog.choose(catalog.load(catalog.shipped_folder()))
    print(f"{name} is removed. What you did in it is kept, in case you add it again.")
    return 0


@pack_command.command("trust")
@click.argument("name", metavar="NAME|PATH")
def trust_pack(name: str) -> int:
    """Show the code that the pack NAME brings, and let it run, until it changes.

    On a terminal you are asked; elsewhere, as in CI, this command is the permission.
    """
    pack = catalog.load(Path(name)) if (Path(name) / contents.MANIFEST).is_file() else _named(name)
    if trust.is_trusted(pack):
        print(f"{pack.title} brings no code that may not run.")
    elif sys.stdin.isatty():
        ask_about_code(pack)
    else:
        print(f"{trust.code_of(pack).in_words}\nmay run now, until it changes.")
        trust.trust(pack)
    return 0


def _named(name: str) -> Pack:
    """The pack on this computer that is called so; raise UsageError when there is none, LabError when it is damaged."""
    shipped = catalog.load(catalog.shipped_folder())
    if name == shipped.id:
        return shipped
    folder = catalog.folder_of(name)
    if folder is None:
        raise UsageError(f"There is no pack called {name!r}.", hint="`kmodlab pack list` shows the packs.")
    return catalog.load(folder)


for command in (new_command, verify_command, build_command, kit_command, schema_command):
    pack_command.add_command(command)
