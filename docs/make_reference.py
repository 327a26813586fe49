# SPDX-License-Identifier: MIT
"""Write docs/handbook/reference.md, all keys of pack.toml, lesson.toml and mistake.toml, from the models.

python docs/make_reference.py
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kmodlab.packs.schema import MANIFESTS, schema

PAGE = Path(__file__).parent / "handbook" / "reference.md"
HEAD = """\
# Reference

All keys of `pack.toml`, `lesson.toml` and `mistake.toml`. This page is made from the models that read them
(`python docs/make_reference.py`). An unknown key is an error. `kmodlab pack schema` prints the same as JSON
Schema, for an editor.

A *text* for people may be a table of texts by language; see [several languages](lessons.md#several-languages).
"""
FILES = {"pack": "pack.toml", "lesson": "lesson.toml", "mistake": "mistake.toml"}
HEADINGS = {
    "Track": "A track: `[[track]]`",
    "KernelNeeds": "What is needed of a kernel: `kernel`",
    "Check": "A check: `[[check]]`",
    "Late": "Being late: `[late]`",
    "WaitFor": "What is waited for",
    "Bounds": "A number, exactly or within bounds",
    "Matching": "A text that matches",
}
LANGUAGES = {"minProperties": 1}


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    seen: set[str] = set()
    for manifest in MANIFESTS:
        table = schema(manifest)
        parts.append(_section(f"## {FILES[manifest]}", table, is_file=True))
        for name in _in_order(table, table.get("$defs", {})):
            if name not in seen:
                seen.add(name)
                parts.append(_section(f"### {_heading(name, table['$defs'][name])}", table["$defs"][name]))
    return "\n".join(parts)


def _in_order(table: Any, definitions: dict[str, Any]) -> list[str]:
    """The names of all definitions, in the order in which they are first used."""
    found: list[str] = []
    waiting = [table["properties"]]
    while waiting:
        for name in _references(waiting.pop(0)):
            if name not in found:
                found.append(name)
                waiting.append(definitions[name]["properties"])
    return found


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def _heading(name: str, definition: dict[str, Any]) -> str:
    if name in HEADINGS:
        return HEADINGS[name]
    return f"`{next(iter(definition['properties']))}`" + (
        ", to expect" if name.endswith("Expectation") else ", to do"
    )


def _section(heading: str, definition: dict[str, Any], *, is_file: bool = False) -> str:
    words = [] if is_file else [" ".join(definition.get("description", "").split()), ""]
    needed = definition.get("required", [])
    rows = [
        f"| `{key}` | {_kind(value)} | {_default(key in needed, value)} | {value.get('description', '')} |"
        for key, value in definition["properties"].items()
    ]
    return "\n".join((heading, "", *words, "| key | holds | default | |", "|---|---|---|---|", *rows, ""))


def _default(is_needed: bool, value: dict[str, Any]) -> str:
    default = value.get("default")
    if is_needed:
        return "needed"
    if default in (None, [], {}) or isinstance(default, dict):
        return ""
    return f"`{str(default).lower()}`" if isinstance(default, bool) else f"`{default}`"


def _kind(value: dict[str, Any]) -> str:
    """What a key holds, in words."""
    if "$ref" in value:
        return "a table"
    if "const" in value:
        return f"`{str(value['const']).lower()}`"
    if "enum" in value:
        return " ".join(f"`{choice}`" for choice in value["enum"])
    if "oneOf" in value:
        return _of_tables(value)
    if "anyOf" in value:
        return _of_kinds(value["anyOf"])
    match value.get("type"):
        case "array":
            return f"a list: {_kind(value['items'])}" if "items" in value else "a list"
        case "object":
            return "texts by language" if LANGUAGES.items() <= value.items() else "a table"
        case "integer":
            return "a whole number"
        case "number":
            return "a number"
        case "boolean":
            return "`true` or `false`"
    return "text"


def _of_kinds(kinds: list[dict[str, Any]]) -> str:
    kinds = [kind for kind in kinds if kind.get("type") != "null"]
    if any(LANGUAGES.items() <= kind.items() for kind in kinds):
        return "*text*"
    words = dict.fromkeys(_kind(kind) for kind in kinds)
    return "an action" if any("oneOf" in kind for kind in kinds) else " or ".join(words)


def _of_tables(value: dict[str, Any]) -> str:
    names = [option["$ref"].rpartition("/")[2] for option in value["oneOf"]]
    return "an expectation" if all(name.endswith("Expectation") for name in names) else "an action"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
