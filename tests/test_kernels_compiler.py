# SPDX-License-Identifier: MIT
"""Which compiler here serves for the one that a kernel was built with."""

from pathlib import Path

import pytest

from kmodlab.kernels import compiler


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put(folder: Path, name: str, version: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\necho {version}\n")
    (folder / name).chmod(0o755)


def test_the_very_compiler_is_taken_when_it_is_there(commands: Path) -> None:
    put(commands, "gcc", "14")
    put(commands, "gcc-12", "12")
    assert compiler.find("gcc-12") == "gcc-12"


@pytest.mark.parametrize(
    ("version", "found"), [("12", "gcc"), ("14.2.1", "gcc"), ("11.4.0", None), ("", None)]
)
def test_the_default_compiler_serves_unless_it_is_older(
    commands: Path, version: str, found: str | None
) -> None:
    put(commands, "gcc", version)
    assert compiler.find("gcc-12") == found


def test_without_any_compiler_there_is_none(commands: Path) -> None:
    assert compiler.find("gcc-12") is None
    assert compiler.find("gcc") is None
