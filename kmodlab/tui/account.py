# SPDX-License-Identifier: MIT
"""What an earlier attempt came to, as text: each check, and what is to be said about those that did not pass."""

from collections.abc import Iterator

from textual.content import Content

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.evidence.finding import Finding
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.tui import words

MOST_MESSAGES = 10  # of the compiler's
LABEL_WIDTH = 13  # cells

Entry = tuple[Content, Content]  # what stands in front, and a text that is folded beside it


def account(report: Report, width: int) -> Content:
    """All checks of the attempt, in lines of at most `width` cells."""
    return Content("\n").join(line for entry in _entries(report) for line in _folded(*entry, width))


def _folded(front: Content, text: Content, width: int) -> Iterator[Content]:
    for at, line in enumerate(text.wrap(max(width - front.cell_length, 1))):
        yield Content.assemble(" " * front.cell_length if at else front, line)


def _entries(report: Report) -> Iterator[Entry]:
    for verdict in report.checks:
        yield _head(verdict)
        if verdict.outcome is not Outcome.PASS:
            yield from _details(verdict)
    if report.outcome is Outcome.BUILD_ERROR:
        yield Content(), Content()
        yield from map(_message, report.diagnostics[:MOST_MESSAGES])
        if (more := len(report.diagnostics) - MOST_MESSAGES) > 0:
            yield Content(), Content.styled(f"… {words.count(more, 'message')} more", "$muted")
    yield Content(), Content()
    yield Content(), Content.styled(f"Kernel {report.kernel}", "$muted")


def _head(verdict: CheckVerdict) -> Entry:
    state = words.OUTCOMES[verdict.outcome]
    time = "" if verdict.outcome is Outcome.SKIP else words.seconds(verdict.seconds)
    front = Content.assemble(
        (f"{state.glyph} {state.word:<10}", state.colour),
        f"{words.of(verdict.points, verdict.max_points):>6}",
        (f"{time:>8}  ", "$muted"),
    )
    return front, words.prose(verdict.title)


def _details(verdict: CheckVerdict) -> Iterator[Entry]:
    if verdict.reason and verdict.reason not in [finding.message for finding in verdict.findings]:
        yield Content("  "), words.prose(verdict.reason, "bold")
    expected, actual = verdict.expected, verdict.actual
    if verdict.difference is not None:
        expected, actual = verdict.difference.expected, verdict.difference.actual
        if verdict.difference.heading:
            yield Content("  "), Content(verdict.difference.heading)
    if expected is not None:
        yield _label("expected", "$muted"), Content.styled(expected, "$success")
    if actual is not None:
        yield _label("actual", "$muted"), Content.styled(actual, "$error")
    for finding in verdict.findings:
        yield _label(finding.kind, "bold $error"), _finding(finding)


def _label(label: str, style: str) -> Content:
    return Content.styled(f"  {label:<{LABEL_WIDTH}}", style)


def _finding(finding: Finding) -> Content:
    place = f"  {finding.file}:{finding.line}" if finding.file and finding.line else ""
    return Content.assemble(words.prose(finding.message), (place, "$primary"))


def _message(message: Diagnostic) -> Entry:
    weight = words.WEIGHTS[message.severity]
    place = ":".join(str(part) for part in (message.file, message.line) if part is not None)
    text = Content.assemble((f"{place}  " if place else "", "$primary"), message.text)
    return Content.styled(f"{weight.glyph} {weight.word:<8}", weight.colour), text
