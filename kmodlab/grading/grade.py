# SPDX-License-Identifier: MIT
"""Grading: from evidence to verdicts. Pure, so that recorded evidence can be graded again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kmodlab.build.result import BuildEvidence
from kmodlab.errors import LabError
from kmodlab.evidence import crash
from kmodlab.evidence.evidence import CheckEvidence, Evidence
from kmodlab.evidence.finding import CRASHES, HANGS, Finding
from kmodlab.grading import expectations, look, packcode, results, sweep
from kmodlab.grading.mismatch import Mismatch
from kmodlab.grading.packcode import Judge
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report, RunReport
from kmodlab.packs.catalog import Lesson
from kmodlab.packs.manifest import BuildExpectation, Check


def needs_machine(check: Check) -> bool:
    """Whether a check asks anything that only a running kernel can answer."""
    return bool(check.do) or any(map(look.is_needed, check.expect))


def reason_to_skip(check: Check, build: BuildEvidence, before: Mapping[str, Outcome]) -> str | None:
    """Why a check cannot be run after what came `before` it (check to outcome); None when it can."""
    if not build.succeeded:
        return "The module does not build yet."
    if check.after is not None and before[check.after] is not Outcome.PASS:
        return f"It needs `{check.after}` to pass first."
    return None


def skipped(check: Check, build: BuildEvidence, reason: str) -> CheckVerdict:
    """The verdict on a check that was not run."""
    outcome = Outcome.SKIP
    if not build.succeeded and any(isinstance(item, BuildExpectation) for item in check.expect):
        outcome, reason = Outcome.BUILD_ERROR, build_complaint(build)
    return CheckVerdict(
        check.id,
        check.title,
        outcome,
        0,
        check.points,
        reason=reason,
        hints=_hints(check, outcome),
        is_bonus=check.bonus,
    )


def build_complaint(build: BuildEvidence) -> str:
    """The first error of a failed build, in one line."""
    for message in build.diagnostics:
        if message.severity == "error":
            place = f"{message.file}:{message.line}: " if message.file and message.line else ""
            return f"{place}{message.text}"
    said = (line for line in build.output.splitlines() if line.strip() and not line.startswith("make"))
    return f"The module does not build: {next(said, 'the build says nothing')}"


def grade_check(
    check: Check, evidence: CheckEvidence, build: BuildEvidence, judge: Judge | None = None
) -> CheckVerdict:
    """The verdict on a check that was run, or could not be; `judge` calls functions of the pack."""
    if evidence.skipped is not None:
        return skipped(check, build, evidence.skipped)
    if evidence.trouble is not None:
        return _of_trouble(check, evidence.trouble)
    findings = tuple(finding for finding in evidence.findings if finding.kind not in check.allow)
    evidence = replace(evidence, findings=findings)
    try:
        mismatch, met = _compared(check, evidence, build, judge)
    except LabError as problem:
        return _of_trouble(check, problem.message)
    outcome = _outcome(evidence, mismatch)
    passed = outcome is Outcome.PASS
    verdict = CheckVerdict(
        id=check.id,
        title=check.title,
        outcome=outcome,
        points=check.points if passed else _partial_points(check, outcome, evidence, met),
        max_points=check.points,
        seconds=evidence.seconds,
        reason=None if passed else _reason(evidence, mismatch),
        expected=mismatch.expected if mismatch else None,
        actual=mismatch.actual if mismatch else None,
        difference=mismatch.difference if mismatch else None,
        hints=_hints(check, outcome),
        findings=evidence.findings,
        log=evidence.log,
        is_bonus=check.bonus,
    )
    return _with_faults(check, evidence.faulted, verdict) if passed else verdict


def _of_trouble(check: Check, reason: str) -> CheckVerdict:
    return CheckVerdict(
        check.id, check.title, Outcome.ERROR, 0, check.points, reason=reason, is_bonus=check.bonus
    )


def _partial_points(check: Check, outcome: Outcome, evidence: CheckEvidence, met: int) -> float:
    """What a check that did not pass is worth, when so many of its expectations are met and nothing else is wrong."""
    if not check.partial or outcome is not Outcome.FAIL or evidence.findings:
        return 0
    return round(check.points * met / len(check.expect), 4)


def _with_faults(check: Check, faulted: Sequence[CheckEvidence], verdict: CheckVerdict) -> CheckVerdict:
    """The verdict on a check that passed, once it is known what happens when calls fail."""
    for run in faulted:
        if run.trouble is not None:
            return replace(verdict, outcome=Outcome.ERROR, points=0, reason=run.trouble)
        if (mismatch := sweep.complaint(check, run)) is not None:
            outcome = _outcome(run, mismatch)
            return replace(
                verdict,
                outcome=outcome,
                points=0,
                reason=mismatch.reason,
                expected=mismatch.expected,
                actual=mismatch.actual,
                hints=_hints(check, outcome),
                findings=run.findings,
                log=run.log,
            )
    return verdict


def _compared(
    check: Check, evidence: CheckEvidence, build: BuildEvidence, judge: Judge | None
) -> tuple[Mismatch | None, int]:
    """The first thing that is not as it should be, and how many expectations are met."""
    for action, done in zip(check.do, evidence.actions, strict=False):
        if (mismatch := results.of_action(action, done)) is not None:
            return (
                mismatch if done.status >= 0 else None,
                0,
            )  # below: it never ended, which the findings explain
    if evidence.ending != "alive":
        return None, 0
    mismatches = list(expectations.of_check(check.expect, evidence, build, judge))
    return mismatches[0] if mismatches else None, len(check.expect) - len(mismatches)


def _outcome(evidence: CheckEvidence, mismatch: Mismatch | None) -> Outcome:
    kinds = {finding.kind for finding in evidence.findings}
    if evidence.ending == "lost" or kinds & CRASHES or crash.has_oopsed(evidence.log):
        return Outcome.CRASH
    if evidence.ending == "hung" or kinds & HANGS:
        return Outcome.HANG
    return Outcome.FAIL if mismatch or evidence.findings else Outcome.PASS


def _reason(evidence: CheckEvidence, mismatch: Mismatch | None) -> str:
    """What went wrong, the worst first: a crash explains a missing line, not the other way round."""
    if evidence.findings and (mismatch is None or evidence.findings[0].kind in CRASHES | HANGS):
        return evidence.findings[0].message
    return mismatch.reason if mismatch else "The machine stopped."


def _hints(check: Check, outcome: Outcome) -> tuple[str, ...]:
    return () if outcome in (Outcome.PASS, Outcome.SKIP, Outcome.ERROR) else check.hints


def grade(lesson: Lesson, evidence: Evidence) -> Report:
    """The verdict on a whole attempt, from its evidence alone."""
    by_check = {item.check: item for item in evidence.checks}
    verdicts: dict[str, CheckVerdict] = {}
    judge = packcode.judge_of(lesson.pack_folder)
    for check in lesson.checks:
        outcomes = {id: verdict.outcome for id, verdict in verdicts.items()}
        reason = reason_to_skip(check, evidence.build, outcomes)
        if reason is not None:
            verdicts[check.id] = skipped(check, evidence.build, reason)
        else:
            seen = by_check.get(check.id, CheckEvidence(check.id))
            verdicts[check.id] = grade_check(check, seen, evidence.build, judge)
    return summarise(lesson, evidence.kernel, evidence.build, [*verdicts.values()], evidence.seconds)


def summarise(
    lesson: Lesson, kernel: str, build: BuildEvidence, verdicts: Sequence[CheckVerdict], seconds: float = 0.0
) -> Report:
    """The report over the verdicts of all checks."""
    errors = (message for message in build.diagnostics if message.severity == "error")
    of_build = tuple(
        Finding("build-error", message.text, file=message.file, line=message.line) for message in errors
    )
    return Report(
        lesson=lesson.id,
        kernel=kernel,
        outcome=_overall(verdicts) if build.succeeded else Outcome.BUILD_ERROR,
        points=sum(verdict.points for verdict in verdicts),
        max_points=sum(verdict.max_points for verdict in verdicts if not verdict.is_bonus),
        seconds=seconds,
        checks=tuple(verdicts),
        diagnostics=build.diagnostics,
        build_output=build.output,
        findings=(*of_build, *(finding for verdict in verdicts for finding in verdict.findings)),
        hidden_checks=lesson.manifest.hidden_checks,
    )


def _overall(verdicts: Sequence[CheckVerdict]) -> Outcome:
    """PASS when all but bonus checks passed; ERROR when the lab failed anywhere; else the first that did not pass."""
    if any(verdict.outcome is Outcome.ERROR for verdict in verdicts):
        return Outcome.ERROR
    outcomes = [verdict.outcome for verdict in verdicts if not verdict.is_bonus]
    return next(
        (outcome for outcome in outcomes if outcome not in (Outcome.PASS, Outcome.SKIP)), Outcome.PASS
    )


def report_run(
    kernel: str, build: BuildEvidence, evidence: CheckEvidence | None, seconds: float
) -> RunReport:
    """What was found about modules that belong to no lesson; `evidence` is None when they did not build."""
    if evidence is None:
        return RunReport(kernel, Outcome.BUILD_ERROR, seconds, build.diagnostics, build.output)
    trouble = evidence.trouble or evidence.skipped
    loads = (action for action in evidence.actions if action.title.startswith("load "))
    refused = next((load for load in loads if load.status > 0), None)
    outcome = _outcome(evidence, None)
    if outcome is Outcome.PASS and refused:
        outcome = Outcome.FAIL
    return RunReport(
        kernel=kernel,
        outcome=Outcome.ERROR if trouble else outcome,
        seconds=seconds,
        diagnostics=build.diagnostics,
        build_output=build.output,
        findings=evidence.findings,
        log=evidence.log,
        load_error=refused.stderr.strip() if refused else trouble,
    )
