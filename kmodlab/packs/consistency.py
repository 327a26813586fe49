# SPDX-License-Identifier: MIT
"""Consistency: what is wrong with a pack, as far as that can be seen without running anything."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from kmodlab.errors import LabError
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.packs.manifest import LessonManifest, Mistake, Python, PythonExpectation, Run, read


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in a sentence, and in which file of the pack."""

    file: Path
    text: str


def faults(pack: Pack) -> Iterator[Fault]:
    """All that is wrong with the pack, lesson by lesson."""
    yield from _of_order(pack)
    yield from _of_folders(pack)
    functions = _functions(pack.folder / "checks.py")
    if isinstance(functions, Fault):
        yield functions
        functions = frozenset()
    for lesson in pack.lessons:
        yield from _of_checks(lesson, functions)
        yield from _of_files(lesson)
        yield from _of_mistakes(lesson)
        for text in sorted(lesson.folder.glob("*.md")):
            yield from dead_links(pack.folder, text)


def _of_order(pack: Pack) -> Iterator[Fault]:
    """What a lesson requires has to be taught before it, so that nothing requires itself in a circle."""
    taught: set[str] = set()
    for lesson in pack.lessons:
        for id in lesson.manifest.requires:
            if id not in pack.manifest.lessons:
                yield Fault(
                    lesson.folder / "lesson.toml", f"requires {id!r}, which is no lesson of the pack."
                )
            elif id not in taught:
                yield Fault(lesson.folder / "lesson.toml", f"requires {id!r}, which is not taught before it.")
        taught.add(lesson.id)


def _of_folders(pack: Pack) -> Iterator[Fault]:
    for path in sorted(pack.folder.glob("lessons/*/lesson.toml")):
        id = read(path, LessonManifest).id
        if id not in pack.manifest.lessons:
            yield Fault(path, f"{id!r} is not among the lessons of pack.toml.")
    for folder in sorted(pack.folder.glob("solutions/*/")):
        if not (pack.folder / "lessons" / folder.name).is_dir():
            yield Fault(
                folder, f"there is no folder lessons/{folder.name} that this would be the solution of."
            )


def _of_checks(lesson: Lesson, functions: frozenset[str]) -> Iterator[Fault]:
    file = lesson.folder / "lesson.toml"
    for name in lesson.manifest.helpers:
        if not any((lesson.pack_folder / "modules" / name).glob("*.c")):
            yield Fault(file, f"helpers: there is no C file in modules/{name}.")
    for check in lesson.checks:
        if not check.hints:
            yield Fault(file, f"check {check.id!r} has no hints.")
        for action in check.single_actions:
            if isinstance(action, Run) and not (lesson.folder / action.run).is_file():
                yield Fault(file, f"check {check.id!r} runs {action.run}, which is not there.")
        for asked in (*check.do, *check.expect):
            if isinstance(asked, Python | PythonExpectation) and asked.python not in functions:
                yield Fault(file, f"checks.py has no function {asked.python!r} for check {check.id!r}.")


def _of_files(lesson: Lesson) -> Iterator[Fault]:
    if not (lesson.folder / "lesson.md").is_file():
        yield Fault(lesson.folder, "there is no lesson.md.")
    for folder, what in ((lesson.folder, "starter"), (lesson.solution_folder, "solution")):
        for name in lesson.manifest.files:
            if not (folder / name).is_file():
                yield Fault(folder, f"there is no {name}, so the {what} is incomplete.")


def _of_mistakes(lesson: Lesson) -> Iterator[Fault]:
    ids = [check.id for check in lesson.checks]
    for folder in sorted(lesson.solution_folder.glob("mistakes/*/")):
        try:
            mistake = read(folder / "mistake.toml", Mistake)
        except LabError as problem:
            yield Fault(folder, problem.message)
            continue
        if mistake.fails not in ids:
            yield Fault(folder / "mistake.toml", f"fails = {mistake.fails!r} names no check.")
        for name in lesson.manifest.files:
            if not (folder / name).is_file():
                yield Fault(folder, f"there is no {name}.")


def _functions(path: Path) -> frozenset[str] | Fault:
    """The names of the functions in checks.py, which is read and not run."""
    if not path.exists():
        return frozenset()
    try:
        body = ast.parse(path.read_bytes()).body
    except (SyntaxError, ValueError) as problem:
        return Fault(path, f"it is no Python: {problem}.")
    return frozenset(node.name for node in body if isinstance(node, ast.FunctionDef))


def dead_links(folder: Path, text: Path) -> Iterator[Fault]:
    """The links in the Markdown file `text` that lead nowhere in `folder`; what is on the web is not asked."""
    own = text.read_text(encoding="utf-8", errors="replace")
    for link in _links(MarkdownIt().parse(own)):
        place = urlsplit(link)
        if place.scheme or place.netloc:
            continue
        target = (text.parent / unquote(place.path)).resolve() if place.path else text.resolve()
        if not target.is_relative_to(folder.resolve()) or not target.exists():
            yield Fault(text, f"the link to {link} leads nowhere.")
        elif place.fragment and target.suffix == ".md":
            there = target.read_text(encoding="utf-8", errors="replace")
            if place.fragment not in _anchors(there):
                yield Fault(text, f"the link to {link} leads to no heading.")


def _links(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        link = token.attrs.get("href") or token.attrs.get("src")
        if link:
            yield str(link)
        yield from _links(token.children or [])


def _anchors(text: str) -> set[str]:
    """The names that headings have for links, as most programs that show Markdown make them."""
    headings = re.findall(r"^#{1,6}\s+(.*?)\s*#*$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
