# SPDX-License-Identifier: MIT
"""What lockdep says: locks that are used in a way that can deadlock, whether or not they have done harm this time.

Wording: kernel/locking/lockdep.c.
"""

import re
from collections.abc import Sequence

from kmodlab.evidence.header import Header, header

_SYMBOL = (
    r"(?P<function>[A-Za-z_][\w.$]*)\+0x(?P<offset>[0-9a-f]{1,8})/0x(?P<size>[0-9a-f]{1,8})"
    r"(?: \[(?P<module>\w+)[^\]]*\])?"
)
_RAW = r"0x(?P<raw>[0-9a-f]{16})"
CODE = rf"(?:{_SYMBOL}|{_RAW})"
# A lock: where in memory, its name in the source, and the code that takes it or has taken it.
LOCK = re.compile(
    r"(?:#\d+: +)?[0-9a-f]{16} \((?P<lock>.+?)(?:#\d+)?(?:/\d+)?\)\{.*\}-\{\d+:\d+\}" rf"(?:, at: {CODE})?$"
)

_OTHERS = "bad unlock balance|Nested lock was not taken"

HEADERS: tuple[Header, ...] = (
    header(
        "warn",
        r"WARNING: possible circular locking",
        "{who} takes {lock} while it holds {held}, and elsewhere it is the other way round, which can deadlock.",
    ),
    header(
        "warn",
        r"WARNING: possible recursive locking",
        "{who} takes {lock} while it holds it already, or another one that was set up in the same place.",
    ),
    header(
        "warn",
        r"WARNING: (?:inconsistent lock state|possible irq lock inversion|\S+ -> \S+ lock order detected)",
        "{who} takes {lock} both in an interrupt and where that interrupt can come: it can wait for itself.",
    ),
    header("warn", r"WARNING: held lock freed", "{who} freed memory in which {lock} is still held."),
    header(
        "warn",
        r"WARNING: (?:lock held when returning|.* still has locks held)",
        "A call into the kernel ended with {lock} still held: nobody else can take it any more.",
    ),
    header(
        "warn",
        r"WARNING: suspicious RCU usage",
        "{who} used a pointer that RCU protects, without rcu_read_lock().",
    ),
    header(
        "warn", rf"WARNING: (?P<text>{_OTHERS})", "{who} does not take and release {lock} in turn: {text}."
    ),
)


def names(texts: Sequence[str]) -> dict[str, str]:
    """The lock that is complained of, and the one that is held, for the meaning of a report."""
    found = [lock["lock"] for text in texts if (lock := LOCK.match(text.strip()))]
    return {"lock": found[0] if found else "a lock", "held": found[1] if len(found) > 1 else "another one"}
