# SPDX-License-Identifier: MIT
"""What no other action and no other expectation says."""

from kmodlab.checks import Evidence, Expect, Machine


def load_twice(machine: Machine) -> str:
    """Load and unload a module twice; what it tells is how that ended."""
    results = [machine.run("modctl load /root/box.ko; modctl unload box") for _ in range(2)]
    machine.write("/tmp/seen", str(len(results)).encode())
    return machine.read("/tmp/seen").decode() + "".join(f" {result.status}" for result in results)


def two_actions(evidence: Evidence, expect: Expect) -> None:
    """Two actions were done."""
    number = len(evidence.actions)
    expect.equal(number, 2, f"There were {number} actions.")


def breaks(evidence: Evidence, expect: Expect) -> None:
    """A mistake of the pack's author."""
    raise AttributeError(evidence.check)


def hangs(machine: Machine) -> None:
    """Nothing of it ends."""
    machine.run("while :; do :; done")
