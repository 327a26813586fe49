# SPDX-License-Identifier: MIT
"""Waiting: until the kernel has logged something, or a file is there or gone, at most for a while."""

import re
import shlex
import time
from collections.abc import Callable, Iterable

from kmodlab.evidence.follower import Follower
from kmodlab.evidence.klog import Record
from kmodlab.machines.machine import DeadlineError, Machine
from kmodlab.packs.actions import Wait

POLL_SECONDS = 0.02


def wait(action: Wait, machine: Machine, log: Follower) -> bool:
    """Whether it came to pass within the action's deadline. What the check logged so far counts, too.

    Raises as Machine.run does; DeadlineError also when the log says that the machine is done for.
    """
    is_so = _logged(action, log) if action.wait.log is not None else _there(action, machine)
    ends = machine.clock() + action.deadline
    while True:
        if log.should_give_up():
            raise DeadlineError("wait", action.deadline)
        if is_so():
            return True
        if machine.clock() > ends:
            return False
        time.sleep(POLL_SECONDS)


def _logged(action: Wait, log: Follower) -> Callable[[], bool]:
    text = action.wait.log or ""
    wanted = re.compile(text if action.wait.regex else re.escape(text))
    return lambda: any(record.facility == 0 and wanted.search(record.text) for record in log.records)


def is_confirmed(action: Wait, log: Iterable[Record]) -> bool:
    """Whether the kernel really logged what was waited for, if that was a line of the log."""
    text = action.wait.log
    if text is None:
        return True
    wanted = re.compile(text if action.wait.regex else re.escape(text))
    return any(record.facility == 0 and record.is_witnessed and wanted.search(record.text) for record in log)


def _there(action: Wait, machine: Machine) -> Callable[[], bool]:
    test = f"[ {'!' if action.wait.absent else ''} -e {shlex.quote(action.wait.file or '')} ]"
    return lambda: machine.run(test, deadline=action.deadline).status == 0
