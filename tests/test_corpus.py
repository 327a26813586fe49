# SPDX-License-Identifier: MIT
"""The corpus: small modules with one bug each, or none, and what is found in them on a stock kernel.

In each file a comment `here: KIND` marks the line that has to be named, `// finding: KIND` a finding without a line of
the module's, `// perhaps: KIND` one that chance may add, and `// do: COMMAND` what is done while it is loaded. Files
without any must be found clean.
"""

import re
from pathlib import Path

import pytest

from kmodlab.grading.verdict import RunReport
from kmodlab.session import Session

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.c"))

# One bug is often told in more than one way; these are as good as the kind that the file names.
ALIKE = [{"soft-lockup", "rcu-stall", "hang"}, {"hung-task", "hang"}]


def expected(source: str) -> set[tuple[str, int | None]]:
    """What has to be found: kind and line."""
    lines = enumerate(source.splitlines(), start=1)
    with_line = {
        (found[1], number) for number, line in lines if (found := re.search(r"here: ([\w-]+)", line))
    }
    return with_line | {(kind, None) for kind in re.findall(r"^// finding: ([\w-]+)$", source, re.M)}


def alike(kind: str) -> set[str]:
    return next((group for group in ALIKE if kind in group), {kind})


def missed(wanted: set[tuple[str, int | None]], report: RunReport) -> list[tuple[str, int | None]]:
    return [
        (kind, line)
        for kind, line in wanted
        if not any(
            found.kind in alike(kind) and (line is None or line == found.line) for found in report.findings
        )
    ]


def invented(source: str, report: RunReport) -> list[tuple[str, str]]:
    possible = re.findall(r"^// perhaps: ([\w-]+)$", source, re.M)
    kinds = {other for kind in possible for other in alike(kind)}
    kinds |= {other for kind, _ in expected(source) for other in alike(kind)}
    return [(found.kind, found.message) for found in report.findings if found.kind not in kinds]


CLEAN = [path for path in CORPUS if not expected(path.read_text())]


def run(session: Session, *paths: Path) -> RunReport:
    commands = [found for path in paths for found in re.findall(r"^// do: (.+)$", path.read_text(), re.M)]
    report = session.run({path.name: path.read_bytes() for path in paths}, commands=commands)
    assert [message.text for message in report.diagnostics if message.severity == "error"] == []
    return report


@pytest.mark.parametrize("path", [path for path in CORPUS if path not in CLEAN], ids=lambda path: path.stem)
def test_just_what_is_wrong_is_found(session: Session, path: Path) -> None:
    source = path.read_text()
    report = run(session, path)
    wanted = expected(source)
    shown = [(found.kind, found.file, found.line, found.message) for found in report.findings]
    assert missed(wanted, report) == [], shown
    assert invented(source, report) == [], shown


def test_nothing_is_found_where_nothing_is_wrong(session: Session) -> None:
    """One machine for all: what is found in it names the file."""
    report = run(session, *CLEAN)
    assert [(found.kind, found.file, found.line, found.message) for found in report.findings] == []


def test_the_corpus_is_large_enough() -> None:
    assert len(CORPUS) - len(CLEAN) >= 40
    assert len(CLEAN) >= 12
