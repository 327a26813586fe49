# SPDX-License-Identifier: MIT
"""Actions held against what the lesson says of their end, without a machine."""

import pytest

from kmodlab.evidence.evidence import ActionEvidence
from kmodlab.grading import results
from kmodlab.packs.actions import Action, Load, Parallel, Read, Run, Shell, Wait, WaitFor, Write


def action(
    status: int = 0,
    errno: str | None = None,
    stdout: str = "",
    stderr: str = "",
    count: int | None = None,
    parts: tuple[ActionEvidence, ...] = (),
) -> ActionEvidence:
    return ActionEvidence("do it", status, errno, stdout, stderr, 0.1, count=count, parts=parts)


BUSY = action(1, "EBUSY", stderr="open: EBUSY (Device or resource busy)\n")
BOTH = Parallel(parallel=(Load(load="m"), Write(write="/f", text="a", errno="EBUSY")))


@pytest.mark.parametrize(
    ("wanted", "done", "actual"),
    [
        (Load(load="m"), action(), None),
        (Load(load="m"), action(1, "EINVAL", stderr="EINVAL (Invalid)\n"), "EINVAL (Invalid)"),
        (Load(load="m", errno="EINVAL"), action(1, "EINVAL"), None),
        (Load(load="m", errno="EINVAL"), action(), "success"),
        (
            Load(load="m", errno="EINVAL"),
            action(1, "ENOMEM", stderr="ENOMEM (No memory)\n"),
            "ENOMEM (No memory)",
        ),
        (Shell(sh="x", exit=1), action(1), None),
        (Shell(sh="x"), action(2), "exit status 2"),
        (Shell(sh="x"), action(2, stderr="why\n"), "exit status 2 (why)"),
        (Shell(sh="x", stdout="a"), action(stdout="a\n"), None),
        (Shell(sh="x", stdout="a"), action(stdout="b\n"), "b"),
        (Run(run="x.c", exit=3, stdout="a"), action(3, stdout="a"), None),
        (Run(run="x.c"), action(139), "exit status 139"),
        (Write(write="/f", text="abc"), action(count=3), None),
        (Write(write="/f", text="abc"), action(count=2), "2 of 3 bytes"),
        (Write(write="/f", text="abc"), action(count=0), "0 of 3 bytes"),
        (Write(write="/f", text="abc", count=2), action(count=2), None),
        (Write(write="/f", text="a", repeat=3), action(count=1), "1 of 3 bytes"),
        (Write(write="/f", text="a"), BUSY, "open: EBUSY (Device or resource busy)"),
        (Write(write="/f", text="a", errno="EBUSY"), BUSY, None),
        (Write(write="/f", text="a", errno="EBUSY"), action(count=1), "success"),
        (Read(read="/f"), action(stdout="abc", count=3), None),
        (Read(read="/f", text="abc"), action(stdout="abc", count=3), None),
        (Read(read="/f", text="abc"), action(stdout="abc\n", count=4), "abc\n"),
        (Read(read="/f", text=""), action(count=0), None),
        (Read(read="/f", hex="00 ff"), action(stdout="\0\\xff", count=2), None),
        (Read(read="/f", size=2), action(stdout="ab", count=3), "3 bytes"),
        (Wait(wait=WaitFor(log="x")), action(), None),
        (Wait(wait=WaitFor(log="x"), deadline=2), action(1), "not within 2 seconds"),
        (BOTH, action(parts=(action(), BUSY)), None),
        (BOTH, action(parts=(action(), action(count=1))), "success"),
        (BOTH, action(parts=(action(),)), "not all of them could be told"),
    ],
)
def test_actions_are_compared(wanted: Action, done: ActionEvidence, actual: str | None) -> None:
    mismatch = results.of_action(wanted, done)
    assert (mismatch and mismatch.actual) == actual


def test_texts_that_differ_are_told_by_their_first_difference() -> None:
    mismatch = results.of_action(Shell(sh="x", stdout="1\n2\n3"), action(stdout="1\n2\t\n3\n"))
    assert mismatch is not None
    assert mismatch.difference is not None
    assert mismatch.difference.actual.startswith("2→")


def test_a_title_stands_for_the_command() -> None:
    mismatch = results.of_action(Run(run="x.c", title="Opening it twice"), action(1))
    assert mismatch is not None
    assert mismatch.reason == "“Opening it twice” ended otherwise."
