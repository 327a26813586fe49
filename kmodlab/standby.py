# SPDX-License-Identifier: MIT
"""Standby: a kernel and its machines, of which some stand by."""

import threading

from kmodlab.evidence import audit
from kmodlab.evidence.audit import Baseline
from kmodlab.kernels import store
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines import template, witness
from kmodlab.machines.machine import Machine
from kmodlab.machines.pool import Pool
from kmodlab.machines.qemu import QemuMachine
from kmodlab.machines.template import Template
from kmodlab.packs.manifest import Check
from kmodlab.steps import Listener

STANDBY = 3  # before the first attempt
MOST_STANDBY = 6  # each takes some 100 MB

# Without KVM a first start costs 30 ms.
WARM_UP = f"modctl load /none; modctl unload /none; modctl look / | head -c 1 | cat; {witness.watch(())}"


def prepare(tree: KernelTree | None, at_once: int, listen: Listener, cancelled: threading.Event) -> "Standby":
    """Boot the kernel of `tree`, by default the chosen one, if it was not; fetch one where there is none.

    Raises LabError that says what is missing, and CancelledError when `cancelled` is set meanwhile.
    """
    tree = tree or store.ensure(listen, cancelled)
    return Standby(tree, template.prepare(tree, listen, cancelled), at_once)


class Standby:
    """Machines, as the runner wants them: fresh ones, all clones of one template."""

    def __init__(self, tree: KernelTree, source: Template, at_once: int) -> None:
        self.tree, self.template = tree, source
        self.pool = Pool(self._make, _warm_up)
        self._before: Baseline | None = None
        self._most = MOST_STANDBY if at_once > 1 else 1  # one after the other, the next one is soon enough
        self._wanted, self._stands_by = min(STANDBY, self._most), False

    def stand_by(self) -> None:
        """Have machines stand by, now and after each attempt."""
        self._stands_by = True
        self.rest()

    def rest(self) -> None:
        """After an attempt: have as many machines stand by as it has taken, if any are to."""
        if self._stands_by:
            self.pool.rest(self._wanted)

    def is_rested(self) -> bool:
        """Whether as many machines stand by as ever will."""
        return self.pool.is_rested()

    def why_not(self, check: Check) -> str | None:
        """Every check can be made with a clone."""
        return None

    def expect(self, count: int) -> None:
        """Start making machines until `count` stand by, or as many as there may be."""
        count = min(count, self._most)
        self._wanted = max(self._wanted, count)
        self.pool.fill(count)

    def take(self) -> tuple[Machine, Baseline]:
        """A machine nobody has used, and what it looks like; raise LabError when none can be made."""
        machine = self.pool.take()
        assert self._before is not None
        return machine, self._before

    def give_back(self, machine: Machine) -> None:
        """End a machine that was taken."""
        assert isinstance(machine, QemuMachine)
        self.pool.give_back(machine)

    def hand_over(self) -> QemuMachine:
        """A machine for the caller to keep and to end; another one stands by in its place."""
        machine = self.pool.take()
        self.pool.let_go(machine)
        self.rest()
        return machine

    def kill_taken(self) -> None:
        """End every machine that is in use, from any thread."""
        self.pool.kill_taken()

    def close(self) -> None:
        """End all machines, and the template."""
        self.pool.close()
        self.template.close()

    def _make(self) -> QemuMachine:
        machine = self.template.clone()
        try:
            if self._before is None:
                self._before = audit.baseline(self.template.answer(audit.LOOK, machine))
        except BaseException:
            machine.close()
            raise
        return machine


def _warm_up(machine: QemuMachine) -> None:
    """Do once what a check will do: the second time it takes half as long, as QEMU has translated the code by then."""
    machine.run(WARM_UP)
    machine.run(audit.FIRST_LOOK)
