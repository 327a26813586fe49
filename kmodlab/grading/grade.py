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
        check.id, check.title, outcome, 0, check.points, reason=reason, hints=_hints(check, outcome)
    )


def build_complaint(build: BuildEvidence) -> str:
    """The first error of a failed build, in one line."""
    for message in build.diagnostics:
        if message.severity == "error":
            place = f"{message.file}:{message.line}: " if message.file and message.line else ""
            return f"{place}{message.text}"
    return "The module does not build; the build's output says why."


def grade_check(
    check: Check, evidence: CheckEvidence, build: BuildEvidence, judge: Judge | None = None
) -> CheckVerdict:
    """The verdict on a check that was run; `judge` calls functions of the pack."""
    if evidence.trouble is not None:
        return CheckVerdict(check.id, check.title, Outcome.ERROR, 0, check.points, reason=evidence.trouble)
    findings = tuple(finding for finding in evidence.findings if finding.kind not in check.allow)
    evidence = replace(evidence, findings=findings)
    try:
        mismatch = _first_mismatch(check, evidence, build, judge)
    except LabError as problem:
        return CheckVerdict(check.id, check.title, Outcome.ERROR, 0, check.points, reason=problem.message)
    outcome = _outcome(evidence, mismatch)
    passed = outcome is Outcome.PASS
    verdict = CheckVerdict(
        id=check.id,
        title=check.title,
        outcome=outcome,
        points=check.points if passed else 0,
        max_points=check.points,
        seconds=evidence.seconds,
        reason=None if passed else _reason(evidence, mismatch),
        expected=mismatch.expected if mismatch else None,
        actual=mismatch.actual if mismatch else None,
        difference=mismatch.difference if mismatch else None,
        hints=_hints(check, outcome),
        findings=evidence.findings,
        log=evidence.log,
    )
    return _with_faults(check, evidence.faulted, verdict) if passed else verdict


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


def _first_mismatch(
    check: Check, evidence: CheckEvidence, build: BuildEvidence, judge: Judge | None
) -> Mismatch | None:
    for action, done in zip(check.do, evidence.actions, strict=False):
        if (mismatch := results.of_action(action, done)) is not None:
            return mismatch if done.status >= 0 else None  # below: it never ended, which the findings explain
    if evidence.ending != "alive":
        return None
    return next(expectations.of_check(check.expect, evidence, build, judge), None)


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
        max_points=sum(verdict.max_points for verdict in verdicts),
        seconds=seconds,
        checks=tuple(verdicts),
        diagnostics=build.diagnostics,
        build_output=build.output,
        findings=(*of_build, *(finding for verdict in verdicts for finding in verdict.findings)),
    )


def _overall(verdicts: Sequence[CheckVerdict]) -> Outcome:
    """PASS when all passed; ERROR when the lab failed anywhere; else the first that did not pass."""
    outcomes = [verdict.outcome for verdict in verdicts]
    if Outcome.ERROR in outcomes:
        return Outcome.ERROR
    return next(
        (outcome for outcome in outcomes if outcome not in (Outcome.PASS, Outcome.SKIP)), Outcome.PASS
    )


def report_run(
    kernel: str, build: BuildEvidence, evidence: CheckEvidence | None, seconds: float
) -> RunReport:
    """What was found about modules that belong to no lesson; `evidence` is None when they did not build."""
    if evidence is None:
        return RunReport(kernel, Outcome.BUILD_ERROR, seconds, build.diagnostics, build.output)
    loads = (action for action in evidence.actions if action.title.startswith("load "))
    refused = next((load for load in loads if load.status > 0), None)
    outcome = _outcome(evidence, None)
    if outcome is Outcome.PASS and refused:
        outcome = Outcome.FAIL
    return RunReport(
        kernel=kernel,
        outcome=Outcome.ERROR if evidence.trouble else outcome,
        seconds=seconds,
        diagnostics=build.diagnostics,
        build_output=build.output,
        findings=evidence.findings,
        log=evidence.log,
        load_error=refused.stderr.strip() if refused else evidence.trouble,
    )
