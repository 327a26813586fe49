# SPDX-License-Identifier: MIT
"""From evidence to verdicts, without a machine."""

from dataclasses import replace

import pytest

from kmodlab.build.diagnostics import Diagnostic
from kmodlab.build.result import BuildEvidence
from kmodlab.errors import LabError
from kmodlab.evidence.evidence import ActionEvidence, CheckEvidence, Evidence
from kmodlab.evidence.finding import Finding
from kmodlab.evidence.klog import Level, Record
from kmodlab.grading import grade
from kmodlab.grading.verdict import Outcome
from kmodlab.packs.catalog import Pack
from kmodlab.packs.manifest import Check, Load, LogExpectation, ModuleExpectation, PythonExpectation

BUILT = BuildEvidence(succeeded=True)
BROKEN = BuildEvidence(False, (Diagnostic("error", "expected ';'", "hello.c", 7, 2),))
CHECK = Check(
    id="c",
    title="It works",
    points=2,
    do=(Load(load="m"),),
    expect=(LogExpectation(log="Hi"),),
    hints=("Try",),
)
LOADED = ActionEvidence("load m", 0, None, "", "", 0.1)
NEVER_ENDED = ActionEvidence("load m", -1, None, "", "", 5.0)
HI = (Record(0, 1.0, Level.INFO, "Hi"),)


def test_what_is_as_expected_gets_all_points() -> None:
    verdict = grade.grade_check(CHECK, CheckEvidence("c", (LOADED,), log=HI), BUILT)
    assert (verdict.outcome, verdict.points, verdict.reason, verdict.hints) == (Outcome.PASS, 2, None, ())


def test_what_is_not_gets_none_and_a_hint() -> None:
    verdict = grade.grade_check(CHECK, CheckEvidence("c", (LOADED,)), BUILT)
    assert (verdict.outcome, verdict.points, verdict.hints) == (Outcome.FAIL, 0, ("Try",))
    assert verdict.expected == "Hi"


@pytest.mark.parametrize(
    ("evidence", "outcome"),
    [
        (CheckEvidence("c", (LOADED,), log=HI, findings=(Finding("residue", "left"),)), Outcome.FAIL),
        (CheckEvidence("c", (LOADED,), log=HI, findings=(Finding("null-deref", "oops"),)), Outcome.CRASH),
        (CheckEvidence("c", (NEVER_ENDED,), findings=(Finding("panic", "p"),), ending="lost"), Outcome.CRASH),
        (
            CheckEvidence("c", (NEVER_ENDED,), findings=(Finding("soft-lockup", "l"),), ending="hung"),
            Outcome.HANG,
        ),
        (CheckEvidence("c", trouble="no machine"), Outcome.ERROR),
    ],
)
def test_how_the_machine_ended_decides_the_outcome(evidence: CheckEvidence, outcome: Outcome) -> None:
    assert grade.grade_check(CHECK, evidence, BUILT).outcome is outcome


def test_a_crash_explains_a_missing_line_and_not_the_other_way_round() -> None:
    crashed = CheckEvidence("c", (LOADED,), findings=(Finding("null-deref", "It used NULL."),))
    assert grade.grade_check(CHECK, crashed, BUILT).reason == "It used NULL."


def test_the_labs_own_failure_is_told_and_offers_no_hint() -> None:
    verdict = grade.grade_check(CHECK, CheckEvidence("c", trouble="No machine could be started."), BUILT)
    assert (verdict.reason, verdict.hints) == ("No machine could be started.", ())


@pytest.mark.parametrize(
    ("check", "needs"),
    [
        (CHECK, True),
        (Check(id="a", title="a", expect=(ModuleExpectation(module="m", license="GPL"),)), False),
        (Check(id="a", title="a", expect=(ModuleExpectation(module="m", loaded=False),)), True),
    ],
)
def test_only_what_a_kernel_has_to_answer_needs_a_machine(check: Check, needs: bool) -> None:
    assert grade.needs_machine(check) is needs


def test_a_finding_that_is_allowed_costs_nothing_and_is_not_shown() -> None:
    left = CheckEvidence(
        "c", (LOADED,), log=HI, findings=(Finding("residue", "left"), Finding("leak", "lost"))
    )
    lenient = CHECK.model_copy(update={"allow": ("residue",)})
    verdict = grade.grade_check(lenient, left, BUILT)
    assert (verdict.outcome, [finding.kind for finding in verdict.findings]) == (Outcome.FAIL, ["leak"])
    lenient = CHECK.model_copy(update={"allow": ("residue", "leak")})
    assert grade.grade_check(lenient, left, BUILT).outcome is Outcome.PASS


def test_a_function_of_the_pack_that_breaks_costs_nothing_either() -> None:
    def judge(name: str, evidence: CheckEvidence) -> str | None:
        raise LabError(f"{name}() is broken.", hint="Mend it.")

    check = Check(id="c", title="c", expect=(PythonExpectation(python="is_fair"),))
    verdict = grade.grade_check(check, CheckEvidence("c"), BUILT, judge)
    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, "is_fair() is broken.")


def test_a_failed_build_is_told_once_and_skips_the_rest(pack: Pack) -> None:
    report = grade.grade(pack.lesson("hello"), Evidence("hello", "6.1", BROKEN))
    assert report.outcome is Outcome.BUILD_ERROR
    assert report.checks[0].outcome is Outcome.BUILD_ERROR
    assert report.checks[0].reason == "hello.c:7: expected ';'"
    assert {check.outcome for check in report.checks[1:]} == {Outcome.SKIP}
    assert [(finding.kind, finding.file, finding.line) for finding in report.findings] == [
        ("build-error", "hello.c", 7)
    ]


def test_a_check_whose_forerunner_failed_is_skipped_with_the_reason() -> None:
    check = Check(id="b", title="b", after="a")
    assert grade.reason_to_skip(check, BUILT, {"a": Outcome.FAIL}) == "It needs `a` to pass first."
    assert grade.reason_to_skip(check, BUILT, {"a": Outcome.PASS}) is None


def test_a_failed_build_is_never_a_pass_though_no_check_asks_for_it(pack: Pack) -> None:
    verdict = grade.skipped(CHECK, BROKEN, "The module does not build yet.")
    assert grade.summarise(pack.lesson("hello"), "6.1", BROKEN, [verdict]).outcome is Outcome.BUILD_ERROR


def test_one_error_of_the_lab_makes_the_whole_report_one(pack: Pack) -> None:
    lesson = pack.lesson("hello")
    evidence = Evidence("hello", "6.1", BUILT, (CheckEvidence(lesson.checks[1].id, trouble="no machine"),))
    assert grade.grade(lesson, evidence).outcome is Outcome.ERROR


TWO = CHECK.model_copy(update={"expect": (LogExpectation(log="Hi"), LogExpectation(log="Ho"))})


@pytest.mark.parametrize(
    ("is_partial", "evidence", "points"),
    [
        (True, CheckEvidence("c", (LOADED,), log=HI), 1),
        (False, CheckEvidence("c", (LOADED,), log=HI), 0),
        (True, CheckEvidence("c", (LOADED,)), 0),
        (True, CheckEvidence("c", (LOADED,), log=HI, findings=(Finding("leak", "left"),)), 0),
        (True, CheckEvidence("c", (NEVER_ENDED,), log=HI, ending="hung"), 0),
        (True, CheckEvidence("c", (LOADED,), log=(*HI, Record(1, 1.0, Level.INFO, "Ho"))), 2),
    ],
)
def test_of_a_partial_check_each_expectation_gives_its_share(
    is_partial: bool, evidence: CheckEvidence, points: float
) -> None:
    check = TWO.model_copy(update={"partial": is_partial})
    assert grade.grade_check(check, evidence, BUILT).points == points


@pytest.mark.parametrize(
    ("evidence", "points", "outcome"),
    [
        (CheckEvidence("extra", (LOADED,), log=HI), 3, Outcome.PASS),
        (CheckEvidence("extra", (LOADED,)), 1, Outcome.PASS),
        (CheckEvidence("extra", trouble="no machine"), 1, Outcome.ERROR),
    ],
)
def test_points_of_a_bonus_come_on_top_and_a_lesson_is_passed_without(
    pack: Pack, evidence: CheckEvidence, points: float, outcome: Outcome
) -> None:
    lesson = pack.lesson("hello")
    checks = (Check(id="c", title="c"), CHECK.model_copy(update={"id": "extra", "bonus": True}))
    lesson = replace(lesson, manifest=lesson.manifest.model_copy(update={"check": checks}))
    report = grade.grade(lesson, Evidence("hello", "6.1", BUILT, (evidence,)))
    assert (report.points, report.max_points, report.outcome) == (points, 1, outcome)
    assert lesson.points == 1
