# SPDX-License-Identifier: MIT
"""Standby: a kernel and its machines, of which some stand by."""

import threading
from functools import partial

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

# By whether their processors work at the same time. Each machine takes some 100 MB.
STANDBY = {False: 3, True: 1}  # before the first attempt
MOST_STANDBY = {False: 4, True: 4}

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
        self._pools = {kind: Pool(partial(self._make, kind), _warm_up) for kind in STANDBY}
        self._before: Baseline | None = None
        self._looking = threading.Lock()  # machines of both kinds are made at the same time
        # One after the other, the next one is soon enough.
        self._most = MOST_STANDBY if at_once > 1 else dict.fromkeys(STANDBY, 1)
        self._wanted = {kind: min(count, self._most[kind]) for kind, count in STANDBY.items()}
        self._stands_by = False

    def stand_by(self) -> None:
        """Have machines stand by, now and after each attempt."""
        self._stands_by = True
        self.rest()

    def rest(self) -> None:
        """After an attempt: have as many machines stand by as it has taken, if any are to."""
        if self._stands_by:
            for kind, pool in self._pools.items():
                pool.rest(self._wanted[kind])

    def is_rested(self) -> bool:
        """Whether as many machines stand by as ever will."""
        return all(pool.is_rested() for pool in self._pools.values())

    def why_not(self, check: Check) -> str | None:
        """Every check can be made with a clone."""
        return None

    def expect(self, count: int, *, is_parallel: bool) -> None:
        """Start making machines until `count` of a kind stand by, or as many as there may be."""
        count = min(count, self._most[is_parallel])
        self._wanted[is_parallel] = max(self._wanted[is_parallel], count)
        self._pools[is_parallel].fill(count)

    def take(self, *, is_parallel: bool) -> tuple[Machine, Baseline]:
        """A machine nobody has used, and what it looks like; raise LabError when none can be made."""
        machine = self._pools[is_parallel].take()
        assert self._before is not None
        return machine, self._before

    def give_back(self, machine: Machine) -> None:
        """End a machine that was taken."""
        assert isinstance(machine, QemuMachine)
        for pool in self._pools.values():
            pool.give_back(machine)

    def hand_over(self) -> QemuMachine:
        """A machine for the caller to keep and to end; another one stands by in its place."""
        pool = self._pools[True]
        machine = pool.take()
        pool.let_go(machine)
        self.rest()
        return machine

    def kill_taken(self) -> None:
        """End every machine that is in use, from any thread."""
        for pool in self._pools.values():
            pool.kill_taken()

    def close(self) -> None:
        """End all machines, and the template."""
        for pool in self._pools.values():
            pool.close()
        self.template.close()

    def _make(self, is_parallel: bool) -> QemuMachine:
        machine = self.template.clone(is_parallel=is_parallel)
        try:
            with self._looking:
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
