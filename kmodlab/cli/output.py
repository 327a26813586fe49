# SPDX-License-Identifier: MIT
"""Reports as text for a terminal: a word and a glyph for each outcome, never colour alone."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.text import Text

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.evidence.finding import Finding
from kmodlab.evidence.klog import Record
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report

DIAGNOSTICS_SHOWN = 8
LOG_LINES_SHOWN = 20
BUILD_LINES_SHOWN = 30
INDENT = "    "
UNWRAPPED = 1000  # columns: what no person reads on a screen is left to break as it likes

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Look(NamedTuple):
    """How an outcome is shown."""

    glyph: str
    word: str
    style: str


LOOKS = {
    Outcome.PASS: Look("✓", "passed", "green"),
    Outcome.FAIL: Look("✗", "failed", "red"),
    Outcome.SKIP: Look("–", "skipped", "dim"),
    Outcome.CRASH: Look("✗", "crashed", "red"),
    Outcome.HANG: Look("✗", "hung", "red"),
    Outcome.BUILD_ERROR: Look("✗", "no build", "red"),
    Outcome.ERROR: Look("!", "lab error", "yellow"),
}


class Indented:
    """Text set in by INDENT, its broken lines too."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Break the text for the console's width."""
        for line in self._text.wrap(console, max(options.max_width - len(INDENT), 20)):
            line.rstrip()
            yield Text(INDENT) + line


def screen() -> Console:
    """Standard output. Rich honours NO_COLOR and leaves colours out where no terminal is."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else UNWRAPPED)


def printable(text: str) -> str:
    """`text` with every control character replaced: a module may log what would command the terminal."""
    return _CONTROL.sub("�", text)


def number(value: float) -> str:
    """Points as people write them: 2, 1.5, 0.33."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def verdict_block(verdict: CheckVerdict, sources: Mapping[str, bytes], hint: str | None = None) -> Group:
    """One check: how it ended, and when it did not pass, everything that says why. `hint` is offered last."""
    look = LOOKS[verdict.outcome]
    points = f"{number(verdict.points)}/{number(verdict.max_points)}"
    bonus = ("  bonus", "dim") if verdict.is_bonus else ""
    head = Text.assemble(
        (f"{look.glyph} {look.word:<9}", look.style), f" {points:>5}  ", verdict.title, bonus
    )
    if verdict.outcome is Outcome.PASS:
        return Group(head)
    lines: list[Text] = []
    if verdict.reason and verdict.reason not in [finding.message for finding in verdict.findings]:
        lines.append(Text(printable(verdict.reason)))
    lines += comparison(verdict)
    for finding in verdict.findings:
        lines += finding_lines(finding, sources)
    reported = {line for finding in verdict.findings for line in finding.log}
    log = [record for record in verdict.log if f"[{record.seconds:12.6f}] {record.text}" not in reported]
    if any(not record.is_benign for record in log):
        lines.append(Text("the kernel's log:", "dim"))
        lines += log_lines(log)
    if hint:
        lines.append(Text(hint, "cyan"))
    return Group(head, *(Indented(line) for line in lines))


def comparison(verdict: CheckVerdict) -> Iterator[Text]:
    """What was expected beside what was seen; of two texts the first lines that differ."""
    difference = verdict.difference
    if difference is not None and difference.heading:
        yield Text(f"{difference.heading}:", "dim")
    sides = (difference.expected, difference.actual) if difference else (verdict.expected, verdict.actual)
    for label, value in zip(("expected", "actual"), sides, strict=True):
        if value is not None:
            lines = printable(value.rstrip("\n")).replace("\n", "\n" + " " * 9)
            yield Text.assemble((f"{label:<9}", "dim"), lines)


def finding_lines(finding: Finding, sources: Mapping[str, bytes]) -> Iterator[Text]:
    """A finding: what is wrong, and the source lines it is about."""
    yield Text.assemble((finding.kind, "bold red"), f": {printable(finding.message)}")
    places = [(location.role, location.file, location.line) for location in finding.locations]
    if finding.file and finding.line and (finding.file, finding.line) not in [place[1:] for place in places]:
        places.insert(0, ("at", finding.file, finding.line))
    for role, file, line in places:
        yield Text.assemble(f"{role} ", (f"{file}:{line}", "bold"))
        yield from source_line(sources, file, line)


def diagnostic_lines(diagnostics: Sequence[Diagnostic], sources: Mapping[str, bytes]) -> Iterator[Text]:
    """The compiler's messages with the lines they are about, the first ones only."""
    styles = {"error": "bold red", "warning": "bold yellow", "note": "cyan"}
    for diagnostic in diagnostics[:DIAGNOSTICS_SHOWN]:
        place = ":".join(str(part) for part in (diagnostic.file, diagnostic.line, diagnostic.column) if part)
        option = f" [{diagnostic.option}]" if diagnostic.option else ""
        yield Text.assemble(
            (f"{place}: " if place else "", "bold"),
            (f"{diagnostic.severity}: ", styles[diagnostic.severity]),
            printable(diagnostic.text) + option,
        )
        if diagnostic.file and diagnostic.line:
            yield from source_line(sources, diagnostic.file, diagnostic.line)
    yield from _cut(len(diagnostics) - DIAGNOSTICS_SHOWN, "message")


def source_line(sources: Mapping[str, bytes], file: str, line: int) -> Iterator[Text]:
    """The line of the learner's file, when it is theirs."""
    lines = sources.get(file, b"").decode(errors="replace").splitlines()
    if 1 <= line <= len(lines):
        yield Text.assemble((f"{line:>5} │ ", "dim"), printable(lines[line - 1].expandtabs(8)))


def log_lines(records: Sequence[Record], limit: int = LOG_LINES_SHOWN) -> Iterator[Text]:
    """The last records of a kernel log; what any module built out of tree brings about is marked as harmless."""
    yield from _cut(len(records) - limit, "earlier line")
    for record in records[-limit:]:
        mark = " (harmless)" if record.is_benign else ""
        yield Text.assemble(
            (f"{record.seconds:>10.6f} {record.level.name.lower():<7} ", "dim"),
            (printable(record.text), "dim" if record.is_benign else ""),
            (mark, "dim"),
        )


def build_lines(output: str) -> Iterator[Text]:
    """The last lines of what the build printed."""
    lines = output.splitlines()
    yield from _cut(len(lines) - BUILD_LINES_SHOWN, "earlier line")
    yield from (Text(printable(line)) for line in lines[-BUILD_LINES_SHOWN:])


def _cut(number: int, noun: str) -> Iterator[Text]:
    if number > 0:
        yield Text(f"[… {number} {noun}{'s' if number > 1 else ''} cut; --format json has all]", "dim")


def build_block(
    diagnostics: Sequence[Diagnostic], failure: str | None, sources: Mapping[str, bytes]
) -> Group:
    """What the build has to say; `failure` is all that it printed, when there is no module."""
    if failure is None or any(diagnostic.severity == "error" for diagnostic in diagnostics):
        return Group(*diagnostic_lines(diagnostics, sources))
    return Group(*build_lines(failure))


def summary(report: Report) -> Text:
    """The end of a report: one line, and one more when there are hidden checks."""
    look = LOOKS[report.outcome]
    points = f"{number(report.points)} of {number(report.max_points)} points"
    tail = f" · {points} · {report.seconds:.1f} s · Linux {report.kernel}"
    head = Text.assemble((f"{look.glyph} {report.lesson} {look.word}", f"bold {look.style}"), tail)
    return head.append(f"\n{hidden_checks(report.hidden_checks)}", "dim") if report.hidden_checks else head


def hidden_checks(number: int) -> str:
    """What is said of checks that only the instructor has."""
    return (
        "1 more check is hidden; your instructor grades it."
        if number == 1
        else (f"{number} more checks are hidden; your instructor grades them.")
    )
