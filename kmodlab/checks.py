# SPDX-License-Identifier: MIT
"""For the checks.py of a pack: what its functions are given. Nothing else of kmodlab is meant for them.

A function that `{ python = "NAME" }` names among the actions of a check drives the machine. What it returns counts as
what it printed:

    from kmodlab.checks import Evidence, Expect, Machine

    def count_to_three(machine: Machine) -> str:
        return "".join(machine.run("cat /dev/counter").stdout for _ in range(3))

One that is named among the expectations judges what was seen. It gets no machine, so that recorded evidence can be
judged again:

    def three_numbers(evidence: Evidence, expect: Expect) -> None:
        expect.equal(evidence.actions[1].stdout, "1\\n2\\n3\\n", "It does not count to three.")
"""

from collections.abc import Callable
from dataclasses import dataclass

from kmodlab.evidence.evidence import ActionEvidence
from kmodlab.evidence.evidence import CheckEvidence as Evidence
from kmodlab.evidence.evidence import FileEvidence as FileEvidence
from kmodlab.evidence.evidence import ModuleEvidence as ModuleEvidence
from kmodlab.evidence.finding import Finding as Finding
from kmodlab.evidence.klog import Record as Record
from kmodlab.machines import machine as machines
from kmodlab.machines.machine import DeadlineError

__all__ = ["Evidence", "Expect", "Finding", "Machine", "Record", "Result"]


class UnmetError(Exception):
    """Something is not as a function expects it."""

    def __init__(self, reason: str, expected: str | None, actual: str | None) -> None:
        super().__init__(reason)
        self.reason, self.expected, self.actual = reason, expected, actual


class Expect:
    """Says what has to be so. The first thing that is not ends the function, and its `reason` is told the learner."""

    def that(
        self, is_so: bool, reason: str, *, expected: str | None = None, actual: str | None = None
    ) -> None:
        """It `is_so`; else the sentence `reason` is told, with what was `expected` beside what was seen."""
        if not is_so:
            raise UnmetError(reason, expected, actual)

    def equal(self, actual: object, expected: object, reason: str) -> None:
        """Both are equal. Of two texts the learner is shown where they first differ."""
        self.that(actual == expected, reason, expected=str(expected), actual=str(actual))

    def within(
        self, actual: float, reason: str, *, at_least: float | None = None, at_most: float | None = None
    ) -> None:
        """A number is neither smaller nor larger than it may be."""
        ends = (("at least", at_least), ("at most", at_most))
        is_so = (at_least is None or actual >= at_least) and (at_most is None or actual <= at_most)
        words = " and ".join(f"{word} {end:g}" for word, end in ends if end is not None)
        self.that(is_so, reason, expected=words, actual=f"{actual:g}")


@dataclass(frozen=True, slots=True)
class Result:
    """What a command in the guest came to. `status` is its exit status, 128 + N when signal N killed it."""

    status: int
    stdout: str
    stderr: str
    seconds: float


class Machine:
    """The guest of a check. All that is done there is kept in the evidence, as `parts` of the action."""

    def __init__(
        self, machine: machines.Machine, deadline: float, give_up: Callable[[], Callable[[], bool]]
    ) -> None:
        """For the lab only: all that is done on `machine` has to end within `deadline` seconds of its clock."""
        self._machine, self._give_up = machine, give_up
        self._deadline, self._ends = deadline, machine.clock() + deadline
        self.done: list[ActionEvidence] = []

    def run(self, command: str) -> Result:
        """Run a shell command as root and wait for its end. A machine that hangs or stops ends the check."""
        left = self._ends - self._machine.clock()
        if left <= 0:
            raise DeadlineError(command, self._deadline)
        result = self._machine.run(command, deadline=left, give_up=self._give_up())
        stdout, stderr = (text.decode(errors="backslashreplace") for text in (result.stdout, result.stderr))
        self.done.append(ActionEvidence(command, result.status, None, stdout, stderr, result.seconds))
        return Result(result.status, stdout, stderr, result.seconds)

    def overtime(self) -> float:
        """For the lab only: the seconds since all had to have ended, negative before."""
        return self._machine.clock() - self._ends

    def write(self, path: str, content: bytes) -> None:
        """Write a file in the guest."""
        self._machine.push(path, content)

    def read(self, path: str) -> bytes:
        """Read a file of the guest; raise FileNotFoundError when there is none."""
        return self._machine.pull(path)
