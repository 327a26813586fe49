# SPDX-License-Identifier: MIT
"""Commands for whoever writes a pack: new, build, schema. Verification is in verifying.py."""

import json
from pathlib import Path
from typing import get_args

import click

from kmodlab.errors import UsageError
from kmodlab.learner.files import replace
from kmodlab.packs import authoring, catalog, consistency, contents, kits
from kmodlab.packs.kits import Kit
from kmodlab.packs.schema import MANIFESTS, schema


@click.command("new")
@click.argument("folder", type=click.Path(path_type=Path), metavar="NAME")
def new_command(folder: Path) -> int:
    """Make a pack in the new folder NAME, with one lesson that works."""
    authoring.new(folder)
    print(f"{folder} is a pack with one lesson. See that it grades as it says: kmodlab pack verify {folder}")
    return 0


@click.command("build")
@click.argument("folder", type=click.Path(path_type=Path), metavar="PATH")
@click.option(
    "--student/--instructor",
    "for_students",
    default=False,
    help="Leave out solutions, mistakes and hidden checks, or have all in it (the default).",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), default=Path(), help="The folder to put it in.")
def build_command(folder: Path, for_students: bool, out: Path) -> int:
    """Make one archive of the pack in PATH, to give away. The same pack gives the same bytes, anywhere."""
    pack = catalog.load(folder)
    for fault in consistency.faults(pack):
        raise UsageError(
            f"{fault.file}: {fault.text}", hint=f"Correct it; kmodlab pack verify {folder} shows all."
        )
    name, archive = authoring.build(pack, for_students=for_students)
    replace(out / name, archive)
    print(out / name)
    return 0


@click.command("kit")
@click.argument("kit", type=click.Choice(get_args(Kit)))
@click.argument("folder", type=click.Path(path_type=Path), metavar="PATH")
@click.option("--lesson", "wanted", metavar="LESSON", help="Which lesson an autograder on Gradescope is for.")
@click.option("-o", "--out", type=click.Path(path_type=Path), default=Path(), help="The folder to put it in.")
def kit_command(kit: Kit, folder: Path, wanted: str | None, out: Path) -> int:
    """Put the pack in PATH and the lab together, ready for a service that grades.

    gradescope: a zip to upload as the autograder of one lesson. github: a folder to copy into a repository, whose
    workflow checks at each push. container: a folder to build a container from that grades a class.
    """
    pack = catalog.load(folder)
    lesson = pack.lesson(wanted) if wanted else None
    name, found = kits.make(kit, pack, lesson)
    if kit == "gradescope":
        name += ".zip"
        replace(out / name, contents.archive(found, None))
    else:
        contents.write(found, out / name)
    print(out / name)
    return 0


@click.command("schema")
@click.argument("manifest", type=click.Choice(list(MANIFESTS)), default="lesson")
def schema_command(manifest: str) -> int:
    """Print the JSON Schema of lesson.toml, pack.toml or mistake.toml, for an editor that completes and checks TOML."""
    print(json.dumps(schema(manifest), indent=2, ensure_ascii=False))
    return 0
