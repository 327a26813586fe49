# SPDX-License-Identifier: MIT
"""Results: whether an action ended as the lesson says. Pure: no machine is asked."""

from kmodlab.evidence.evidence import ActionEvidence
from kmodlab.grading.mismatch import Mismatch
from kmodlab.packs.actions import Action, Load, Parallel, Python, Read, Run, Shell, Unload, Wait, Write


def of_action(action: Action, evidence: ActionEvidence) -> Mismatch | None:
    """Where the action's end is not as the lesson says; None when it is."""
    match action:
        case Load() | Unload():
            return _of_call(action.errno, evidence)
        case Write():
            return _of_call(action.errno, evidence) or _of_write(action, evidence)
        case Read():
            return _of_call(action.errno, evidence) or _of_read(action, evidence)
        case Shell() | Run():
            return _of_program(action, evidence)
        case Wait():
            return _of_wait(action, evidence)
        case Python():
            return _of_python(action, evidence)
        case Parallel():
            return _of_parallel(action, evidence)


def _of_call(errno: str | None, evidence: ActionEvidence) -> Mismatch | None:
    actual = evidence.stderr.strip() or f"exit status {evidence.status}"
    if errno is None and evidence.status != 0:
        return Mismatch(f"`{evidence.title}` failed.", "success", actual)
    if errno is not None and evidence.errno != errno:
        reason = f"`{evidence.title}` should have been refused with {errno}."
        return Mismatch(reason, errno, "success" if evidence.status == 0 else actual)
    return None


def _of_write(action: Write, evidence: ActionEvidence) -> Mismatch | None:
    length = len(action.pattern) * action.repeat
    wanted = length if action.count is None else action.count
    if action.errno is not None or evidence.count == wanted:
        return None
    reason = f"`{evidence.title}` took another number of bytes than it should."
    return Mismatch(reason, f"{wanted} of {length} bytes", f"{evidence.count} of {length} bytes")


def _of_read(action: Read, evidence: ActionEvidence) -> Mismatch | None:
    if evidence.count is not None and evidence.count > action.size:
        reason = f"`{evidence.title}` claims to have given more than it was asked for."
        return Mismatch(reason, f"at most {action.size} bytes", f"{evidence.count} bytes")
    if action.hex is not None:
        wanted = bytes.fromhex(action.hex).decode(errors="backslashreplace")
    elif action.text is not None:
        wanted = action.text
    else:
        return None
    if evidence.stdout == wanted:
        return None
    return Mismatch.of_texts(f"`{evidence.title}` gave something else.", wanted, evidence.stdout)


def _of_program(action: Shell | Run, evidence: ActionEvidence) -> Mismatch | None:
    name = f"“{action.title}”" if action.title else f"`{evidence.title.removeprefix('sh ')}`"
    if evidence.status != action.exit:
        words = f" ({evidence.stderr.strip()})" if evidence.stderr.strip() else ""
        actual = f"exit status {evidence.status}{words}"
        return Mismatch(f"{name} ended otherwise.", f"exit status {action.exit}", actual)
    if action.stdout is None:
        return None
    wanted, seen = action.stdout.rstrip("\n"), evidence.stdout.rstrip("\n")
    return None if seen == wanted else Mismatch.of_texts(f"{name} printed something else.", wanted, seen)


def _of_python(action: Python, evidence: ActionEvidence) -> Mismatch | None:
    if action.stdout is None or evidence.stdout == action.stdout:
        return None
    return Mismatch.of_texts(f"“{evidence.title}” gave something else.", action.stdout, evidence.stdout)


def _of_wait(action: Wait, evidence: ActionEvidence) -> Mismatch | None:
    if evidence.status == 0:
        return None
    what = evidence.title.removeprefix("wait until ")
    return Mismatch(f"It was waited until {what}, in vain.", what, f"not within {action.deadline:g} seconds")


def _of_parallel(action: Parallel, evidence: ActionEvidence) -> Mismatch | None:
    if len(evidence.parts) != len(action.parallel):
        actual = evidence.stderr.strip() or "not all of them could be told"
        return Mismatch(f"`{evidence.title}` did not all run.", "all of them at the same time", actual)
    mismatches = (of_action(part, seen) for part, seen in zip(action.parallel, evidence.parts, strict=True))
    return next((mismatch for mismatch in mismatches if mismatch is not None), None)
