# SPDX-License-Identifier: MIT
"""The sweep: what of its runs counts."""

from kmodlab.evidence.evidence import ActionEvidence, CheckEvidence, Fault
from kmodlab.evidence.finding import Finding
from kmodlab.evidence.klog import parse
from kmodlab.grading import sweep
from kmodlab.packs.manifest import Check

CHECK = Check.model_validate({"id": "c", "title": "C", "do": ["load bad"], "faults": True})

TOLD = parse("<5>[    1.000000] kmodlab: failing call 1: kmalloc called by bad_init+0x5/0x20 [bad]\n")


def faulted(errno: str | None = "ENOMEM", **more: object) -> CheckEvidence:
    load = ActionEvidence("load bad", 1 if errno else 0, errno, "", "", 0.0, TOLD)
    values: dict[str, object] = {"actions": (load,), "log": TOLD, "fault": Fault("kmalloc", "bad.c", 14)}
    return CheckEvidence("c", **{**values, **more})  # type: ignore[arg-type]


def test_a_sweep_ends_with_the_first_run_that_is_wrong() -> None:
    def observe(number: int) -> CheckEvidence:
        return faulted("EIO" if number == 3 else "ENOMEM")

    runs = sweep.sweep(CHECK, 10, observe, at_once=2)
    assert [run.actions[0].errno for run in runs] == ["ENOMEM", "ENOMEM", "EIO"]


def test_a_sweep_has_an_end() -> None:
    assert len(sweep.sweep(CHECK, 10_000, lambda number: faulted(), at_once=2)) == sweep.MOST_FAULTS


def test_a_crash_says_more_than_a_load_that_succeeds() -> None:
    mismatch = sweep.complaint(CHECK, faulted(None, findings=(Finding("null-deref", "It crashed."),)))
    assert mismatch is not None
    assert mismatch.reason == "When the allocation at bad.c:14 fails: It crashed."


def test_a_lesson_may_want_another_error() -> None:
    check = CHECK.model_copy(update={"fault_errno": "EIO"})
    assert sweep.complaint(check, faulted("EIO")) is None
    assert sweep.complaint(check, faulted("ENOMEM")) is not None
    assert sweep.complaint(CHECK, faulted("ENOMEM")) is None
