# SPDX-License-Identifier: MIT
"""The JSON Schemas admit what the lab admits, and refuse what it refuses."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from kmodlab.cli.main import kmodlab
from kmodlab.packs import catalog
from kmodlab.packs.schema import MANIFESTS, schema

VOCABULARY = Path(__file__).parent / "data" / "vocabulary"
LESSON = tomllib.loads((VOCABULARY / "lessons/01-right/lesson.toml").read_text())


def problems(manifest: str, table: dict[str, Any]) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema(manifest))
    return [problem.message for problem in validator.iter_errors(table)]


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_a_schema_is_one(manifest: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(manifest))


@pytest.mark.parametrize("folder", [catalog.shipped_folder(), VOCABULARY])
@pytest.mark.parametrize(
    ("manifest", "pattern"),
    [
        ("pack", "pack.toml"),
        ("lesson", "lessons/*/lesson.toml"),
        ("mistake", "solutions/*/mistakes/*/mistake.toml"),
    ],
)
def test_every_manifest_that_is_read_fits_the_schema(folder: Path, manifest: str, pattern: str) -> None:
    for path in folder.glob(pattern):
        assert problems(manifest, tomllib.loads(path.read_text())) == [], path


@pytest.mark.parametrize(
    "action",
    [
        {"lode": "box"},
        {"load": "box", "exit": 1},
        "explode box",
        {"write": "dev/box", "text": "x"},
        {"parallel": ["load box"]},
        {"wait": {"log": "x", "for": 3}},
    ],
)
def test_an_action_that_is_none_does_not_fit(action: object) -> None:
    check = {"id": "c", "title": "c", "do": [action]}
    assert problems("lesson", {**LESSON, "check": [check]}) != []
    assert problems("lesson", {**LESSON, "check": [{**check, "do": ["load box"]}]}) == []


def test_a_check_can_do_the_same_as_another() -> None:
    check = {"id": "c", "title": "c", "same": "build"}
    assert problems("lesson", {**LESSON, "check": [check]}) == []
    assert problems("lesson", {**LESSON, "check": [{**check, "same": ["load box"]}]}) != []


def test_the_command_prints_it() -> None:
    result = CliRunner().invoke(kmodlab, ["pack", "schema", "mistake"])
    assert json.loads(result.stdout) == schema("mistake")
