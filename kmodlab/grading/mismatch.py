# SPDX-License-Identifier: MIT
"""Mismatch: where what was seen is not what a lesson expects."""

from dataclasses import dataclass
from typing import Self

from kmodlab.grading import compare
from kmodlab.grading.compare import Difference


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why in one sentence, and both sides; of texts also where they first differ."""

    reason: str
    expected: str | None = None
    actual: str | None = None
    difference: Difference | None = None

    @classmethod
    def of_texts(cls, reason: str, expected: str, actual: str) -> Self:
        """Two texts that should be the same; long ones are cut, and say so."""
        difference = compare.difference(expected, actual)
        return cls(reason, compare.shortened(expected), compare.shortened(actual), difference)
