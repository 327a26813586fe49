# SPDX-License-Identifier: MIT
"""Calling the command line in tests."""

from pathlib import Path

import pytest

from kmodlab.cli.main import run

DEADLINE = 120  # seconds that a whole command may take on a busy computer


def no_app() -> int:
    pytest.fail("the app was started")


def call(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Run kmodlab in this process; return exit status, standard output and standard error."""
    status = run(list(map(str, arguments)), start_app=no_app)
    captured = capsys.readouterr()
    return status, captured.out, captured.err
