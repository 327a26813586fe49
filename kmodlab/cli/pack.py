# SPDX-License-Identifier: MIT
"""For authors: packs of lessons."""

import json
import time
from pathlib import Path

import click
from rich.text import Text

from kmodlab.cli.common import news
from kmodlab.cli.output import screen
from kmodlab.packs import catalog
from kmodlab.packs.schema import MANIFESTS, schema
from kmodlab.session import Session
from kmodlab.verification import verify


@click.group("pack")
def pack_command() -> None:
    """For authors: packs of lessons."""


@pack_command.command("schema")
@click.argument("manifest", type=click.Choice(list(MANIFESTS)), default="lesson")
def schema_of_manifest(manifest: str) -> int:
    """Print the JSON Schema of lesson.toml, pack.toml or mistake.toml, for an editor that completes and checks TOML."""
    print(json.dumps(schema(manifest), indent=2, ensure_ascii=False))
    return 0


@pack_command.command("verify")
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[PATH]")
@click.option("--lesson", "wanted", metavar="LESSON", help="This lesson only.")
def verify_pack(folder: Path | None, wanted: str | None) -> int:
    """Prove that the pack in PATH grades as it says (by default the curriculum that ships).

    Each starter builds and does not pass, each solution passes, each mistake fails the check that it names.
    """
    pack = catalog.load(folder or catalog.shipped_folder())
    lessons = pack.lessons if wanted is None else (pack.lesson(wanted),)
    console, began = screen(), time.monotonic()
    total = wrong = 0
    with Session(pack) as session:
        with news() as listen:
            session.prepare(listen)
        for lesson in lessons:
            for verified in verify(session, lesson):
                total += 1
                wrong += verified.complaint is not None
                look = ("✗ wrong", "red") if verified.complaint else ("✓ right", "green")
                subject = f"  {verified.seconds:>5.1f} s  {verified.lesson:<16} {verified.subject:<24} "
                console.print(Text.assemble(look, subject, verified.complaint or ""), soft_wrap=True)
    console.print(f"{total - wrong} of {total} as they should be · {time.monotonic() - began:.1f} s")
    return 1 if wrong else 0
