# SPDX-License-Identifier: MIT
"""The JSON Schema of each manifest, for editors that complete and check TOML, and for other programs."""

import ast
import inspect
import sys
from functools import cache
from typing import Any

from kmodlab.packs.manifest import LessonManifest, Mistake, PackManifest
from kmodlab.packs.model import Model

MANIFESTS: dict[str, type[Model]] = {"lesson": LessonManifest, "pack": PackManifest, "mistake": Mistake}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(manifest: str) -> dict[str, Any]:
    """The schema of one of MANIFESTS. What concerns several keys at once is left to `kmodlab pack verify`."""
    table = MANIFESTS[manifest].model_json_schema()
    for name, definition in {**table.get("$defs", {}), MANIFESTS[manifest].__name__: table}.items():
        for key, words in _meanings().get(name, {}).items():
            definition["properties"][key]["description"] = words
    return {"$schema": DIALECT, **table}


@cache
def _meanings() -> dict[str, dict[str, str]]:
    """By model and key, what the text below the key says. Read from the source, as it is needed here only."""
    found: dict[str, dict[str, str]] = {}
    for module in {sys.modules[model.__module__] for model in Model.__subclasses__()}:
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.ClassDef):
                found[node.name] = dict(_texts(node))
    return found


def _texts(model: ast.ClassDef) -> list[tuple[str, str]]:
    texts = []
    for field, below in zip(model.body, model.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=key)), ast.Expr(value=ast.Constant(value=str(text))):
                texts.append((key, " ".join(text.split())))
    return texts
