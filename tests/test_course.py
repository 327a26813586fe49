# SPDX-License-Identifier: MIT
"""The course of an attempt: what is begun when, with checks that run nowhere."""

from concurrent.futures import Future

from kmodlab.build.result import BuildEvidence
from kmodlab.evidence.evidence import CheckEvidence
from kmodlab.grading.course import Course, shared_runs
from kmodlab.grading.verdict import Outcome
from kmodlab.packs.manifest import Check

BUILT = BuildEvidence(succeeded=True)
NOT_BUILT = BuildEvidence(succeeded=False)


def check(id: str, after: str | None = None, *, faults: bool = False) -> Check:
    return Check.model_validate(
        {"id": id, "title": id, "do": ["load hello"], "after": after, "faults": faults}
    )


LOADS, GREETS, AGAIN = check("loads"), check("greets", "loads"), check("again", "greets")


def begin_all(going: Course) -> dict[str, Future[CheckEvidence]]:
    begun: dict[str, Future[CheckEvidence]] = {}
    while one := going.next_to_begin():
        begun[one.id] = Future()
        going.begin(one, begun[one.id])
    return begun


def test_checks_that_follow_no_other_are_begun_at_once_however_many() -> None:
    assert [*begin_all(Course([check(name) for name in "abcd"], BUILT, 2))] == [*"abcd"]


def test_an_idle_processor_begins_a_check_ahead() -> None:
    going = Course([LOADS, GREETS, AGAIN], BUILT, 2)
    assert [*begin_all(going)] == ["loads", "greets"]
    assert going.next_to_decide() is None


def test_with_a_single_machine_nothing_is_begun_ahead() -> None:
    going = Course([LOADS, GREETS], BUILT, 1)
    begin_all(going)["loads"].set_result(CheckEvidence("loads"))
    assert begin_all(going) == {}


def test_what_was_begun_ahead_counts_only_after_the_check_before() -> None:
    going = Course([LOADS, GREETS], BUILT, 2)
    begun = begin_all(going)
    begun["greets"].set_result(CheckEvidence("greets"))
    assert going.next_to_decide() is None
    begun["loads"].set_result(CheckEvidence("loads"))
    assert going.next_to_decide() == LOADS
    going.decide(LOADS, Outcome.PASS)
    assert going.next_to_decide() == GREETS
    assert going.reason_to_skip(GREETS) is None
    assert going.evidence(GREETS).check == "greets"


def test_what_was_begun_ahead_in_vain_is_skipped_though_it_still_runs() -> None:
    going = Course([LOADS, GREETS], BUILT, 2)
    begin_all(going)["loads"].set_result(CheckEvidence("loads"))
    going.decide(LOADS, Outcome.FAIL)
    assert going.next_to_decide() == GREETS
    assert going.reason_to_skip(GREETS) == "It needs `loads` to pass first."
    going.decide(GREETS, Outcome.SKIP)
    assert going.is_over


def test_a_sweep_is_never_begun_ahead() -> None:
    assert [*begin_all(Course([LOADS, check("unwinds", "loads", faults=True)], BUILT, 2))] == ["loads"]


def test_nothing_is_begun_without_a_build() -> None:
    going = Course([LOADS, GREETS], NOT_BUILT, 2)
    assert begin_all(going) == {}
    assert going.next_to_decide() == LOADS
    assert going.reason_to_skip(LOADS) == "The module does not build yet."


def test_checks_that_do_the_same_share_a_run_that_looks_for_all() -> None:
    greets = Check.model_validate(
        {"id": "g", "title": "g", "do": ["load hello"], "after": "loads", "expect": [{"log": "Hello"}]}
    )
    runs = shared_runs([LOADS, greets, check("unwinds", "g", faults=True)])
    assert runs["loads"] == runs["g"] == runs["unwinds"]
    assert (runs["g"].id, runs["g"].expect, runs["g"].faults) == ("loads", greets.expect, True)


def test_calls_of_other_kinds_are_not_counted_in_one_run() -> None:
    others = check("others", "loads").model_copy(update={"faults": ("kmalloc",)})
    assert shared_runs([LOADS, check("unwinds", "loads", faults=True), others])["others"] == others


def test_a_run_is_not_shared_with_a_check_that_goes_on_when_the_first_is_skipped() -> None:
    checks = [check("a"), check("b"), check("c", "b"), check("d", "elsewhere")]
    assert {id: run.id for id, run in shared_runs(checks).items()} == {"a": "a", "b": "a", "c": "a", "d": "d"}
