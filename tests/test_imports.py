# SPDX-License-Identifier: MIT
"""Imports run in one direction; the contracts stand in pyproject.toml."""

import subprocess
import sys
from pathlib import Path


def test_every_import_goes_the_way_the_design_says() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    linted = subprocess.run(
        [linter, "--no-cache"], cwd=Path(__file__).parent.parent, capture_output=True, text=True
    )
    assert linted.returncode == 0, linted.stdout
