# SPDX-License-Identifier: MIT
"""What a report of the kernel means, in one sentence for somebody who does not know the kernel."""

import errno
import re
from collections.abc import Mapping, Sequence

from kmodlab.evidence import kasan, lockdep, patterns
from kmodlab.evidence.finding import Address, Kind
from kmodlab.evidence.header import Header

PAGE_SIZE = 4096
_USER_SPACE = range(PAGE_SIZE, 1 << 56)  # with five-level paging
_TOO_SMALL_FOR_A_POINTER = 1 << 16
_ERROR_POINTERS = range((1 << 64) - 4095, 1 << 64)  # include/linux/err.h
_LIST_POISON = range(0xDEAD_0000_0000_0000 - PAGE_SIZE, 0xDEAD_0000_0000_0000 + 2 * PAGE_SIZE)

_FAULT_ADDRESS = re.compile(r".*?address:? (?:0x)?([0-9a-f]{1,16})\b")
_ACCESS = re.compile(r"#PF: supervisor (read access|write access|instruction fetch)")
_VERBS = {"read access": "read from", "write access": "wrote to", "instruction fetch": "called"}

_INDEX = re.compile(r"index (?P<index>-?\d+) is out of range for type '(?P<type>[^']+)'")

_FREEING = re.compile(r"(?:_*kfree|_*kmem_cache_free|_*cache_free|slab_free|free_large_kmalloc)\b")

_LEFT_BEHIND = (
    (r"_*run_timer|call_timer_fn|expire_timers", "a timer of it was still armed"),
    (r"process_one_work|worker_thread", "work of it was still queued"),
    (r"kthread$", "a thread of it was still running"),
    (r"", "something of it was still in use"),
)
_SPINS = (
    (r"\w*spin_lock|\w*qspinlock|queued_\w+_lock_slowpath", "it waits for a spinlock that is not released"),
    (r"delay_|__\w*delay|__const_udelay", "it waits by counting, which a sleep should do"),
    (r"", "a loop that does not end"),
)
_WAITS = (
    (r"_*mutex_lock", "it waits for a mutex that nobody releases"),
    (r"rwsem_down|down_(?:read|write)", "it waits for a semaphore that nobody releases"),
    (r"_*down\w*$", "it waits for a semaphore that nobody releases"),
    (r"kthread_stop", "it waits for a kernel thread that does not stop"),
    (r"_*flush_work|_*cancel_\w*work|drain_workqueue", "it waits for a work item that does not end"),
    (r"\w*wait_for_common|wait_for_completion", "it waits for a completion that nobody signals"),
    (r"_*synchronize_", "it waits for readers (RCU) that do not end"),
    (r"", "it waits for something that nobody does"),
)


def report(
    header: Header,
    groups: Mapping[str, str],
    texts: Sequence[str],
    addresses: Sequence[Address],
    function: str | None,
) -> tuple[Kind, str]:
    """Return the kind and the meaning of a report that begins with `header`; `function` is the learner's."""
    who = (
        f"{function}()" if function else f"The program {groups['task']}" if "task" in groups else "The kernel"
    )
    if not header.meaning:
        return fault(header.kind, texts, addresses, who)
    facts = {
        "who": who,
        "spin": _why(_SPINS, addresses),
        "wait": _why(_WAITS, addresses),
        "said": _said(texts),
        "extent": _extent(texts) or kasan.bounds(texts),
        "touched": kasan.touched(texts),
        "index": _index(texts),
        **lockdep.names(texts),
        "lack": _lack(groups),
        "place": re.sub(r"^/.*/", "", groups.get("place", "")),
    }
    return header.kind, header.meaning.format_map({**groups, **facts})


def fault(kind: Kind, texts: Sequence[str], addresses: Sequence[Address], who: str) -> tuple[Kind, str]:
    """Tell from the address of a fault what it was: freed memory, NULL and something, an error pointer, …

    The marks that the kernel leaves in memory are those of include/linux/poison.h. SLUB fills objects with 0x6b when
    it makes and when it frees them, so memory that was never filled in looks like memory that was freed.
    """
    address = kasan.address(texts)
    if address is None:
        address = next((int(found[1], 16) for text in texts if (found := _FAULT_ADDRESS.match(text))), None)
    access = next((found[1] for text in texts if (found := _ACCESS.match(text))), "")
    did = f"{who} {_VERBS.get(access, 'used')}"
    if address is not None and address < PAGE_SIZE:
        return "null-deref", _null(address, access, did)
    if addresses and _FREEING.match(addresses[0].function):
        return "invalid-free", patterns.BAD_FREE.format(who=who)
    if address is None:
        return kind, f"{who} used a pointer whose value cannot be an address."
    shown = f"0x{address:016x}"
    if shown.count("6b") >= 6:
        return (
            "use-after-free",
            f"{who} used a pointer ({shown}) from memory that was freed, or never filled in.",
        )
    if shown.count("5a") >= 6:
        return kind, f"{who} used a pointer ({shown}) from memory that was never filled in."
    if address in _LIST_POISON:
        return "list-corruption", f"{who} followed the links of a node that had been removed from its list."
    if address in _ERROR_POINTERS:
        number = (1 << 64) - address
        name = errno.errorcode.get(number, "an error")
        return kind, f"{who} used an error pointer (-{number}, {name}) as if it were valid; IS_ERR() tells."
    return kind, _other_fault(kind, address, access, texts, addresses, did)


def _other_fault(
    kind: Kind, address: int, access: str, texts: Sequence[str], addresses: Sequence[Address], did: str
) -> str:
    shown = f"0x{address:016x}"
    is_forbidden = any(
        text.startswith("#PF: error_code") and text.endswith("permissions violation") for text in texts
    )
    if address in patterns.MODULE_SPACE and not is_forbidden:
        return f"{did} {shown}, where a module was before it was unloaded: {_why(_LEFT_BEHIND, addresses)}."
    if access == "instruction fetch":
        return f"{did} {shown}, where no code is: the function pointer is wrong."
    if address < _TOO_SMALL_FOR_A_POINTER:
        return f"{did} address {address}: a NULL pointer with a big offset, or a number used as a pointer."
    if address in _USER_SPACE:
        return f"{did} a program's own memory directly ({shown}); copy_from_user() and copy_to_user() do it."
    if is_forbidden:
        return f"{did} memory that is read-only, such as a string literal or a const object ({shown})."
    if kind == "gpf":
        return f"{did} a pointer whose value cannot be an address ({shown}): overwritten, or never set."
    return f"{did} {shown}, where there is no memory."


def _index(texts: Sequence[str]) -> str:
    """Which index of which array, as UBSAN says it (lib/ubsan.c)."""
    found = next((found for text in texts if (found := _INDEX.match(text))), None)
    return f": {found['index']} of {found['type']}" if found else ""


def _null(offset: int, access: str, did: str) -> str:
    if access == "instruction fetch":
        return f"{did} a function through a NULL pointer."
    if offset == 0:
        return f"{did} a NULL pointer."
    return f"{did} a NULL pointer, {offset} bytes on: a member of a struct or an array that is not there."


def _why(reasons: Sequence[tuple[str, str]], addresses: Sequence[Address]) -> str:
    return next(
        reason
        for pattern, reason in reasons
        if not pattern or any(re.match(pattern, a.function) for a in addresses)
    )


def _said(texts: Sequence[str]) -> str:
    """What a WARN() with a text of its own says, in front of the line that names the place."""
    if len(texts) > 2 and texts[0] == patterns.CUT_HERE and not texts[1].startswith("WARNING: "):
        return f": {texts[1].rstrip()}"
    return ""


def _extent(texts: Sequence[str]) -> str:
    for text in texts:
        if found := patterns.OVERWRITTEN.match(text):
            count = int(found["last"], 16) - int(found["first"], 16) + 1
            return f" ({count} byte{'s' * (count != 1)}, the first with {found['value']})"
    return ""


def _lack(groups: Mapping[str, str]) -> str:
    if groups.get("error") == str(errno.ENOENT):
        return "which neither the kernel nor a loaded module exports"
    return "which it may not use: the licence, the version or the namespace does not fit"
