# SPDX-License-Identifier: MIT
"""Remote: a machine of the user's own, used for one check after another in the place of clones."""

import threading
from collections.abc import Sequence
from pathlib import Path

from kmodlab.errors import LabError, UsageError
from kmodlab.evidence import audit, crash, klog
from kmodlab.evidence.audit import Baseline
from kmodlab.evidence.finding import CRASHES, HANGS
from kmodlab.kernels import store
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines import guest
from kmodlab.machines.machine import ConnectionLostError, DeadlineError, Machine
from kmodlab.machines.shell import MODCTL, ShellMachine
from kmodlab.machines.shell_login import AskSecret
from kmodlab.packs.actions import Load
from kmodlab.packs.expectations import AllocationsExpectation, TraceExpectation, TracerExpectation
from kmodlab.packs.manifest import Check

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Line by line: what `_Facts` holds.
ASK = f"""
uname -r
uname -m
cat {BOOT_ID}
cat /sys/module/module/parameters/sig_enforce /sys/kernel/security/lockdown 2>/dev/null | tr '\\n' ' '; echo
[ -e /sys/module/kmodlab ] && echo witness
[ -e /sys/kernel/debug/slab/kmalloc-64/alloc_traces ] && echo allocations
[ -e /sys/kernel/tracing/trace ] && echo tracing
:"""
STOP_SECONDS = 10.0  # for a check to end after `kill_taken`
MARKER = "kmodlab reads this log"

CRASHED = "Its kernel crashed in an earlier check and may be unusable: restart the machine."
NO_FAULTS = "Calls can be made to fail in the lab's own machines only."
MAY_CRASH = "It may crash the kernel, which only a machine that can be thrown away is made for."
NO_ALLOCATIONS = (
    "The machine's kernel does not tell who allocates memory; with slub_debug=U at its start it does."
)
NO_TRACING = "The machine's kernel has no function tracer."


def reach(command: str, *, is_own_allowed: bool, ask: AskSecret) -> "Remote":
    """Reach the machine whose root shell `command` gives, and find the kernel here that it runs.

    `ask` has the user answer a question for a password. Raises LabError when the machine cannot be used, UsageError
    when it is this very computer, unless that `is_own_allowed`.
    """
    machine = ShellMachine(command, ask)
    try:
        release, architecture, boot, locks, *abilities = [*_asked(machine), "", "", "", ""]
        if not is_own_allowed:
            _refuse_own_kernel(command, boot)
        tree = _tree(release, architecture)
        if locks.startswith("Y") or "[integrity]" in locks or "[confidentiality]" in locks:
            raise LabError(
                "The machine's kernel takes signed modules only.",
                hint="Switch Secure Boot off there, or use another machine.",
            )
        machine.push(MODCTL, guest.modctl(tree))
        machine.run(f"chmod 755 {MODCTL}")
        _try_log(machine)
    except BaseException:
        machine.close()
        raise
    return Remote(machine, tree, abilities)


def _asked(machine: ShellMachine) -> list[str]:
    return [line.strip() for line in machine.run(ASK).stdout.decode(errors="replace").splitlines()]


def _refuse_own_kernel(command: str, boot: str) -> None:
    """Names of machines may lie, and a container has another one; what a kernel calls this start of its does not."""
    if boot == BOOT_ID.read_text().strip():
        raise UsageError(
            f"`{command}` leads to this very computer, whose kernel a mistake can crash.",
            hint="Leave --machine out; or save your work and add --i-know-this-is-my-own-kernel.",
        )


def _tree(release: str, architecture: str) -> KernelTree:
    trees = store.installed()
    for tree in trees:
        if (tree.release, tree.architecture) == (release, architecture):
            return tree
    names = ", ".join(f"{tree.release} ({tree.architecture})" for tree in trees)
    raise LabError(
        f"The machine runs Linux {release} ({architecture}), and its headers are not here, so no module can be built.",
        hint="`kmodlab kernel add --help` says how to get it; or have the machine run one that is here"
        + (f": {names}." if names else "."),
    )


def _try_log(machine: ShellMachine) -> None:
    machine.renew()
    machine.run(f"echo '{MARKER}' >/dev/kmsg")
    if MARKER.encode() not in machine.log():
        raise LabError(
            "The machine's kernel log takes no marks, so it cannot be told what belongs to which check.",
            hint="Run `sysctl kernel.printk_devkmsg=on` there.",
        )


class Remote:
    """One machine (Machines, as the runner wants them), and what it cannot be asked."""

    def __init__(self, machine: ShellMachine, tree: KernelTree, abilities: Sequence[str]) -> None:
        """Take over a machine that runs the kernel `tree`; `abilities` are witness, allocations and tracing."""
        self.tree = tree
        self.damage: str | None = None  # why nothing more can be done there
        self._machine, self._abilities = machine, abilities
        self._in_use = threading.Lock()

    @property
    def loss(self) -> ConnectionLostError | None:
        """Why the machine cannot be reached any more, None as long as it can."""
        return self._machine.loss

    @property
    def limits(self) -> list[str]:
        """What is not looked at there, each in a few words."""
        limits = ["error paths, by making calls fail"]
        if "witness" not in self._abilities:
            limits += ["sleep where it is forbidden", "pages that are never freed"]
        if "allocations" not in self._abilities:
            limits.append("memory that is never freed")
        return limits

    def why_not(self, check: Check) -> str | None:
        """See Machines.why_not."""
        if self.damage is not None:
            return self.damage
        if check.faults:
            return NO_FAULTS
        if (CRASHES | HANGS) & set(check.allow):
            return MAY_CRASH
        kinds = set(map(type, check.expect))
        if AllocationsExpectation in kinds and "allocations" not in self._abilities:
            return NO_ALLOCATIONS
        if kinds & {TraceExpectation, TracerExpectation} and "tracing" not in self._abilities:
            return NO_TRACING
        return self._why_not_load(
            {action.module for action in check.single_actions if isinstance(action, Load)}
        )

    def _why_not_load(self, names: set[str]) -> str | None:
        try:
            loaded = self._machine.pull("/proc/modules").decode(errors="replace")
        except LabError:
            return None  # whoever takes the machine is told
        for name in (line.split(" ", 1)[0] for line in loaded.splitlines()):
            if name in {wanted.replace("-", "_") for wanted in names}:
                return f"The module {name} is loaded there already: unload it, or restart the machine."
        return None

    def expect(self, count: int, *, is_parallel: bool) -> None:
        """See Machines.expect: it is there."""

    def take(self, *, is_parallel: bool) -> tuple[Machine, Baseline]:
        """The machine, and what it looks like just now; see Machines.take."""
        self._in_use.acquire()
        try:
            self._machine.renew()
            shown = self._machine.run(audit.LOOK, deadline=audit.LOOK_SECONDS).stdout
            return self._machine, audit.baseline(shown)
        except BaseException:
            self._in_use.release()
            raise

    def give_back(self, machine: Machine) -> None:
        """Make the machine ready for the next check, as far as it is fit for one."""
        try:
            self._look_after()
        finally:
            self._in_use.release()

    def _look_after(self) -> None:
        try:
            records = klog.parse(self._machine.log().decode(errors="replace"))
            if crash.has_oopsed(records) or crash.is_fatal(records):
                self.damage = CRASHED
            elif left := self._machine.clean_up():
                names = " and ".join(left)
                self.damage = (
                    f"The module {names} is still loaded there, and cannot be unloaded: restart the machine."
                )
        except ConnectionLostError:
            pass  # the next to take it is told
        except DeadlineError:
            self.damage = "What the check has loaded cannot be unloaded: restart the machine."

    def kill_taken(self) -> None:
        """End what runs there, from any thread."""
        if self._in_use.locked():
            self._machine.kill()

    def close(self) -> None:
        """Leave the machine, once whoever uses it has been told to stop and has."""
        self.kill_taken()
        self._in_use.acquire(timeout=STOP_SECONDS)
        self._machine.close()
