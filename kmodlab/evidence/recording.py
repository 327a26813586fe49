# SPDX-License-Identifier: MIT
"""Recorded evidence: written as JSON, read again to be graded anew without a machine."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kmodlab.errors import LabError, UsageError
from kmodlab.evidence.evidence import Evidence

_EVIDENCE = TypeAdapter(Evidence)


def dump(evidence: Evidence) -> str:
    """The evidence as JSON."""
    return _EVIDENCE.dump_json(evidence, indent=2).decode() + "\n"


def parse(text: str) -> Evidence:
    """What `dump` wrote; raise ValueError when it is something else."""
    return _EVIDENCE.validate_json(text)


def write(path: Path, evidence: Evidence) -> None:
    """Record evidence in a file; raise LabError when it cannot be written."""
    try:
        path.write_text(dump(evidence), encoding="utf-8")
    except OSError as problem:
        raise LabError(
            f"{path} cannot be written: {problem.strerror}.", hint="Name a file in a folder of yours."
        ) from problem


def read(path: Path) -> Evidence:
    """Read recorded evidence; raise UsageError when there is none."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise UsageError(
            f"{path} cannot be read: {problem.strerror}.",
            hint="Record one with `kmodlab check LESSON --record FILE`.",
        ) from problem
    except (ValidationError, UnicodeDecodeError) as problem:
        raise UsageError(
            f"{path} holds no evidence of this version of kmodlab.",
            hint="Record it again with `kmodlab check LESSON --record FILE`.",
        ) from problem
