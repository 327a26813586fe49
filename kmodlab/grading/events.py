# SPDX-License-Identifier: MIT
"""What the faces are told while an attempt is graded, in the order it happens."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kmodlab.build.result import BuildEvidence
from kmodlab.evidence.evidence import Evidence
from kmodlab.grading.verdict import CheckVerdict, Report


@dataclass(frozen=True, slots=True)
class Built:
    """The build is done, well or not."""

    build: BuildEvidence
    modules: Mapping[str, bytes] = field(default_factory=dict)  # as they go into a guest, by file name


@dataclass(frozen=True, slots=True)
class CheckBegan:
    """A check is running."""

    id: str


@dataclass(frozen=True, slots=True)
class CheckEnded:
    """A check has its verdict."""

    verdict: CheckVerdict


@dataclass(frozen=True, slots=True)
class Ended:
    """The attempt is graded; `evidence` is all that the report was made from."""

    report: Report
    evidence: Evidence


Event = Built | CheckBegan | CheckEnded | Ended
