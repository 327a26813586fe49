# SPDX-License-Identifier: MIT
"""The edition of a pack that students get: no solutions, no mistakes, and nothing of the hidden checks."""

import ast
import tomllib
from collections.abc import Iterable

import tomlkit

from kmodlab.packs import trust
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.packs.contents import Contents


def edition(pack: Pack, found: Contents) -> Contents:
    """What students get of the pack with the contents `found`; how many checks are hidden is told in its lessons."""
    kept = {path: content for path, content in found.items() if not path.startswith("solutions/")}
    functions: set[str] = set()
    for lesson in pack.lessons:
        shown = lesson.as_learner()
        functions |= trust.functions_of(shown)
        if len(shown.checks) == len(lesson.checks):
            continue
        place = lesson.folder.relative_to(pack.folder).as_posix()
        kept[f"{place}/lesson.toml"] = _manifest(lesson, kept[f"{place}/lesson.toml"])
        for program in trust.programs_of(lesson) - trust.programs_of(shown):
            del kept[f"{place}/{program.name}"]
    if trust.CHECKS in kept:
        del kept[trust.CHECKS]
        if functions:
            kept[trust.CHECKS] = needed(found[trust.CHECKS], functions)
    return kept


def _manifest(lesson: Lesson, content: bytes) -> bytes:
    """lesson.toml without the hidden checks, and without any comments: one may be about them."""
    table = tomllib.loads(content.decode())
    hidden = {check.id for check in lesson.checks if check.visibility != "visible"}
    table["check"] = [check for check in table["check"] if check["id"] not in hidden]
    table["hidden_checks"] = lesson.manifest.hidden_checks + len(hidden)
    return tomlkit.dumps(table).encode()


def needed(source: bytes, functions: Iterable[str]) -> bytes:
    """The part of a Python module that the `functions` of it need: what else it defines is left out, comments too.

    Statements that define nothing stay, and what they need.
    """
    module = ast.parse(source)
    wanted, waiting = set(functions), list(module.body)
    kept: list[ast.stmt] = []
    while chosen := [node for node in waiting if not (names := _defined(node)) or names & wanted]:
        waiting = [node for node in waiting if node not in chosen]
        kept += chosen
        wanted |= {item.id for node in chosen for item in ast.walk(node) if isinstance(item, ast.Name)}
    module.body = sorted(kept, key=lambda node: node.lineno)
    return f"{ast.unparse(module)}\n".encode()


def _defined(node: ast.stmt) -> set[str]:
    """The names that a statement defines and does nothing else; none for any other statement."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Assign():
            return {target.id for target in node.targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()
