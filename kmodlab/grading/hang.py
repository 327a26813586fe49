# SPDX-License-Identifier: MIT
"""Hangs: why a machine that did not answer in time did not, as far as its kernel did not report it by itself.

The kernel's watchdogs see processors that are kept busy and tasks that sleep uninterruptibly. Other sleep is normal to
them; only the lab knows that it has lasted too long, and asks the machine's second agent where it goes on.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from kmodlab.evidence import crash, patterns
from kmodlab.evidence.finding import CRASHES, HANGS, Address, Finding
from kmodlab.evidence.follower import Follower
from kmodlab.evidence.klog import Record
from kmodlab.machines.machine import DeadlineError, Machine, MachineLostError

LOOK_SECONDS = 3.0  # without KVM and with one of two processors busy, a look takes up to 2 s

# A task that sleeps again and again may be awake just then, and has no stack to show while it runs.
_ASLEEP = """
for attempt in 1 2 3; do
	for stack in $(grep -lF {modules} /proc/[1-9]*/task/[1-9]*/stack); do
		cat "${{stack%stack}}stat" "$stack"
		found=yes
	done
	[ "$found" ] && break
done
"""
_BUSY = "echo l >/proc/sysrq-trigger"  # Documentation/admin-guide/sysrq.rst

_TASK = re.compile(r"(?P<number>\d{1,10}) \((?P<name>.*)\) (?P<state>[A-Za-z]) ")  # proc(5), /proc/PID/stat
_BACKTRACE = re.compile(r"NMI backtrace for cpu \d+")
_END_OF_BACKTRACE = re.compile(r"\s*</TASK>|Sending NMI")
_KERNEL_THREAD = "ret_from_fork"
_AGAIN_AND_AGAIN = re.compile(r"msleep|schedule_timeout|usleep_range")
_LOCK = re.compile(r"\w*spin_lock|\w*qspinlock|queued_\w+_lock_slowpath")


@dataclass(frozen=True, slots=True)
class _Stack:
    """Where a task is, innermost first."""

    task: int
    is_asleep: bool
    addresses: tuple[Address, ...]

    def own(self, modules: Collection[str]) -> Address | None:
        """The innermost address in one of `modules`."""
        return next((address for address in self.addresses if address.module in modules), None)

    @property
    def is_kernel_thread(self) -> bool:
        """Whether no program is behind it: threads of a module may sleep as long as they like."""
        return any(address.function == _KERNEL_THREAD for address in self.addresses)


def once(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, but of those that tell of a hang in the same function the first only, and none after a crash.

    Two watchdogs of the kernel, of busy processors and of grace periods, often complain of one loop; and a processor
    that has crashed does nothing else any more.
    """
    kept: list[Finding] = []
    for finding in findings:
        hung = {other.function for other in kept if other.kind in HANGS}
        has_crashed = any(other.kind in CRASHES for other in kept)
        if finding.kind not in HANGS or not (has_crashed or finding.function in hung):
            kept.append(finding)
    return kept


def explain(
    machine: Machine, log: Follower, doing: str, problem: DeadlineError, modules: Collection[str]
) -> Finding:
    """The finding for an action (`doing`, its title) that met its deadline; `modules` names the learner's.

    It has addresses and no lines yet. When nothing else answers, the machine is made to panic: then its log says more.
    """
    late = f"`{doing}` did not come back within {problem.seconds:g} seconds"
    if log.is_flooded:
        return Finding("hang", "The module filled the kernel log without end and never came back.")
    if log.is_hopeless or crash.has_oopsed(log.records):
        return Finding("hang", f"{late}.")
    try:
        stacks = _asleep(machine, modules) or _busy(machine, log, modules)
    except (DeadlineError, MachineLostError):
        with suppress(MachineLostError):  # it has ended by itself meanwhile
            machine.interrupt()
        stacks = []
    if not stacks:
        return Finding("hang", f"{late}.")
    addresses = tuple(dict.fromkeys(address for stack in stacks for address in stack.addresses))
    return Finding("hang", _message(stacks[0], modules, late), addresses=addresses)


def _asleep(machine: Machine, modules: Collection[str]) -> list[_Stack]:
    """The tasks that sleep in one of the modules, the likeliest culprit first."""
    names = " ".join(f"-e '[{name}]'" for name in modules)
    result = machine.run_aside(_ASLEEP.format(modules=names), deadline=LOOK_SECONDS)
    stacks = [
        stack for stack in stacks_of_tasks(result.stdout.decode(errors="replace")) if stack.own(modules)
    ]
    return sorted(stacks, key=lambda stack: (stack.is_kernel_thread, -stack.task))


def _busy(machine: Machine, log: Follower, modules: Collection[str]) -> list[_Stack]:
    """The tasks that the processors are at, as far as these are in one of the modules."""
    first = len(log.records)
    machine.run_aside(_BUSY, deadline=LOOK_SECONDS)
    log.read_last_words()
    stacks = backtraces(log.records[first:])
    return [stack for stack in stacks if stack.own(modules)]


def _message(stack: _Stack, modules: Collection[str], late: str) -> str:
    own = stack.own(modules)
    assert own
    who = f"{own.function.partition('.')[0]}()"
    inner = stack.addresses[: stack.addresses.index(own)]
    if any(_AGAIN_AND_AGAIN.match(address.function) for address in inner):
        return f"{who} sleeps, and sleeps again, without end. {late}."
    if not stack.is_asleep:
        waits = any(_LOCK.match(address.function) for address in inner)
        reason = "it waits for a spinlock that is not released" if waits else "a loop that does not end"
        return f"{who} kept a processor busy: {reason}. {late}."
    return f"{who} is asleep, waiting for something that nobody does. {late}."


def stacks_of_tasks(output: str) -> list[_Stack]:
    """Read /proc/PID/stat and /proc/PID/stack of some tasks, in turns."""
    return [
        _Stack(int(task["number"]), task["state"] != "R", tuple(_addresses(lines, "waiting")))
        for task, lines in _sections(output.splitlines(), _TASK)
    ]


def backtraces(records: Iterable[Record]) -> list[_Stack]:
    """Read the backtraces of all processors from the log, as the magic SysRq key L gives them."""
    texts = [record.text for record in records if record.facility == 0]
    stacks = []
    for _, lines in _sections(texts, _BACKTRACE):
        end = next((i for i, line in enumerate(lines) if _END_OF_BACKTRACE.match(line)), len(lines))
        stacks.append(_Stack(0, False, tuple(_addresses(lines[:end], "called"))))
    return stacks


def _sections(lines: Iterable[str], beginning: re.Pattern[str]) -> Iterator[tuple[re.Match[str], list[str]]]:
    """Each line that matches `beginning`, with the lines after it up to the next."""
    found: re.Match[str] | None = None
    inside: list[str] = []
    for line in lines:
        if start := beginning.match(line):
            if found:
                yield found, inside
            found, inside = start, []
        else:
            inside.append(line)
    if found:
        yield found, inside


def _addresses(lines: Sequence[str], role: str) -> Iterator[Address]:
    """The code that a stack names; the instruction itself comes as "spinning"."""
    for line in lines:
        instruction = patterns.INSTRUCTION.match(line)
        frame = instruction or patterns.TRACE_LINE.match(line)
        if frame and frame["function"] and (instruction or not frame["stale"]):
            offset, size = int(frame["offset"], 16), int(frame["size"], 16)
            where = "spinning" if instruction else role
            yield Address(frame["function"], offset, frame["module"], where, size)
