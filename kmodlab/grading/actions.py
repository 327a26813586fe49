# SPDX-License-Identifier: MIT
"""Actions: what a lesson does to a machine, as a shell command of the guest and back as evidence.

The program modctl (machines/modctl.c) makes the system calls and tells their errors as numbers.
"""

import errno
import os
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace

from kmodlab.evidence.evidence import ActionEvidence
from kmodlab.machines.machine import CommandResult
from kmodlab.packs.actions import (
    Action,
    Load,
    Parallel,
    Python,
    Read,
    Run,
    Shell,
    SingleAction,
    Unload,
    Wait,
    Write,
)

MODULE_FOLDER = "/root"  # where the guest has modules, programs and scripts; also an interactive shell's home

_TITLE_LENGTH = 60  # characters of what is written that are shown
_ERROR = re.compile(r"^(?P<call>[a-z]+: )?errno (?P<number>\d+)$", re.M)  # as modctl says it
_COUNT = re.compile(r"^count (?P<count>\d+)\n", re.M)
_SECTION = re.compile(r"^(?P<name>\S+) (?P<start>0x[0-9a-f]{1,16})$", re.M)
_PART = re.compile(
    rb"(?P<status>\d+) (?P<seconds>[\d.]+) (?P<stdout>\d+) (?P<stderr>\d+) (?P<cut>\d+)\n"
)  # as `modctl together` says it


def title(action: Action) -> str:
    """The action as a lesson writes it, or as its title says."""
    match action:
        case Load():
            return f"load {action.load}"
        case Unload():
            return f"unload {action.unload}"
        case Shell():
            return action.title or f"sh {action.sh}"
        case Write():
            return action.title or f"write {_bytes_in_words(action)} to {action.write}"
        case Read():
            place = f" at offset {action.offset}" if action.offset else ""
            return action.title or f"read {action.size} bytes from {action.read}{place}"
        case Run():
            return action.title or shlex.join(("run", action.run, *action.args))
        case Wait():
            return f"wait until {_awaited(action)}"
        case Python():
            return action.title or action.python
        case Parallel():
            return " ∥ ".join(map(title, action.parallel))


def _bytes_in_words(action: Write) -> str:
    length = len(action.pattern) * action.repeat
    is_short = action.text is not None and action.repeat == 1 and len(action.text) <= _TITLE_LENGTH
    return repr(action.text) if is_short else f"{length} bytes"


def _awaited(action: Wait) -> str:
    what = action.wait
    if what.log is not None:
        return f"the kernel logs “{what.log}”"
    return f"{what.file} is {'gone' if what.absent else 'there'}"


def command(action: SingleAction | Parallel) -> str:
    """The shell command that performs the action in the guest."""
    match action:
        case Load():
            _, _, arguments = action.load.partition(" ")
            # insmod joins its words; so that quoted ones arrive as the lesson means them, a shell does it here
            return f'set -- {arguments}; modctl load {MODULE_FOLDER}/{shlex.quote(action.module)}.ko "$*"'
        case Unload():
            return f"modctl unload {shlex.quote(action.unload)}"
        case Shell():
            return action.sh
        case Write():
            return f"modctl write {shlex.quote(action.write)} '{action.pattern.hex()}' {action.repeat}"
        case Read():
            return f"modctl read {shlex.quote(action.read)} {action.size} {action.offset}"
        case Run():
            return shlex.join((f"{MODULE_FOLDER}/{action.program}", *action.args))
        case Parallel():
            return shlex.join(("modctl", "together", *map(command, action.parallel)))


def evidence(action: SingleAction | Parallel, result: CommandResult) -> ActionEvidence:
    """What the guest answered to the action's command, as evidence."""
    if isinstance(action, Parallel):
        parts = tuple(_parts(action, result.stdout)) if result.status == 0 else ()
        return replace(_of_result(action, result), stdout="", parts=parts)
    return _of_result(action, result)


def _of_result(action: Action, result: CommandResult) -> ActionEvidence:
    stderr = result.stderr.decode(errors="backslashreplace")
    counted = _COUNT.search(stderr) if isinstance(action, Read | Write) else None
    cut = f"\n[… {result.dropped} more bytes]" if result.dropped else ""
    stdout = result.stdout.decode(errors="backslashreplace") + cut
    is_load = isinstance(action, Load)
    return ActionEvidence(
        title=title(action),
        status=result.status,
        errno=error_name(result.status, stderr),
        stdout="" if is_load else stdout,
        stderr=in_words(stderr.replace(counted[0], "") if counted else stderr),
        seconds=result.seconds,
        count=int(counted["count"]) if counted else None,
        sections={found["name"]: int(found["start"], 16) for found in _SECTION.finditer(stdout)}
        if is_load
        else {},
    )


def _parts(action: Parallel, output: bytes) -> Iterator[ActionEvidence]:
    for part in action.parallel:
        head = _PART.match(output)
        if head is None:
            return  # the guest ran out of memory, or was tampered with
        middle = head.end() + int(head["stdout"])
        end = middle + int(head["stderr"])
        stdout, stderr = output[head.end() : middle], output[middle:end]
        seconds, dropped = float(head["seconds"]), int(head["cut"])
        yield _of_result(part, CommandResult(int(head["status"]), stdout, stderr, seconds, dropped))
        output = output[end:]


def singly(
    do: Iterable[Action], done: Iterable[ActionEvidence]
) -> Iterator[tuple[SingleAction | Wait | Python, ActionEvidence]]:
    """Each action with its evidence, those done in parallel one by one; what was not done is left out."""
    for action, seen in zip(do, done, strict=False):
        if isinstance(action, Parallel):
            yield from zip(action.parallel, seen.parts, strict=False)
        else:
            yield action, seen


def error_name(status: int, stderr: str) -> str | None:
    """The name of the error that a system call ended with, such as EINVAL; None when there was none.

    Numbers that no program should ever see, such as 512 (ERESTARTSYS), are named as `errno 512`.
    """
    told = _ERROR.search(stderr) if status else None
    return errno.errorcode.get(int(told["number"]), f"errno {told['number']}") if told else None


def in_words(stderr: str) -> str:
    """Standard error with the error of a system call in words: `errno 22` is `EINVAL (Invalid argument)`."""

    def explained(told: re.Match[str]) -> str:
        number = int(told["number"])
        name = errno.errorcode.get(number)
        return f"{told['call'] or ''}{name} ({os.strerror(number)})" if name else told[0]

    return _ERROR.sub(explained, stderr)
