# SPDX-License-Identifier: MIT
"""Kernel log records: what the kernel printed, in order.

The guest's kernel writes its log to a serial port with `printk.console_msg_format=syslog`, so each line is
`<FACILITY*8+LEVEL>[SECONDS.MICROSECONDS] TEXT` (Documentation/admin-guide/kernel-parameters.txt).
"""

import re
from dataclasses import dataclass, replace
from enum import IntEnum


class Level(IntEnum):
    """Severity of a record, as in include/linux/kern_levels.h."""

    EMERG = 0
    ALERT = 1
    CRIT = 2
    ERR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6
    DEBUG = 7


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the kernel log."""

    sequence: int  # counts from 0 within one machine's log
    seconds: float  # since the guest booted
    level: Level
    text: str
    facility: int = 0  # 0: the kernel itself; anything else was written by a program through /dev/kmsg
    is_benign: bool = False  # said of any module out of tree, or with trace_printk(): no sign of a mistake
    is_witnessed: bool = (
        True  # False: when the actions had ended, the kernel's own log buffer did not hold it
    )


UNKNOWN_LEVEL = (
    Level.WARNING
)  # of lines in the console's default format, which does not tell; printk's own default

_LINE = re.compile(
    r"(?:<(?P<priority>[0-9]{1,4})>)?"
    r"\[ *(?P<seconds>[0-9]{1,10}\.[0-9]{6})\]"
    r"(?: ?\[ *[CT][0-9]+\])?"  # the caller, with CONFIG_PRINTK_CALLER
    r"(?: (?P<text>.*)|$)",
    re.DOTALL,
)
_BENIGN = re.compile(
    r"\S+: loading out-of-tree module taints kernel\.?$"
    r"|\S+: module verification failed: signature and/or required key missing - tainting kernel$"
    r"|Disabling lock debugging due to kernel taint$"
    r"|hrtimer: interrupt took \d+ ns$"  # kernel/time/hrtimer.c, once, on a computer that is slow or busy
)
# said from Linux 3.17 on when the first module with trace_printk() is loaded
_TRACE_PRINTK_BOX = """
**********************************************************
**   NOTICE NOTICE NOTICE NOTICE NOTICE NOTICE NOTICE   **
**                                                      **
** trace_printk() being used. Allocating extra memory.  **
**                                                      **
** This means that this is a DEBUG kernel and it is     **
** unsafe for production use.                           **
**                                                      **
** If you see this message and you are not debugging    **
** the kernel, report this immediately to your vendor!  **
**                                                      **
**   NOTICE NOTICE NOTICE NOTICE NOTICE NOTICE NOTICE   **
**********************************************************""".splitlines()
_LONGEST_LINE = 4096  # PRINTKRB_RECORD_MAX is 1024 and PRINTK_MESSAGE_MAX 2048: what is longer is noise


class Reader:
    """Turns the bytes of a serial console into records as they arrive."""

    def __init__(self) -> None:
        """Start at the beginning of a machine's log."""
        self._partial = b""
        self._sequence = 0
        self._box: list[Record] = []  # what may be the beginning of the box, until that is known

    def feed(self, chunk: bytes) -> list[Record]:
        """Return the records that `chunk` completes.

        A line without its end waits for the next chunk, and so does what may be the beginning of a benign box.
        """
        *lines, partial = (self._partial + chunk).split(b"\n")
        self._partial = partial[:_LONGEST_LINE]
        return [record for line in lines for record in self._judge(self._read(line))]

    def finish(self) -> list[Record]:
        """Return what the machine's last line gave, though it ends in the middle."""
        line, self._partial = self._partial, b""
        records = [*self._judge(self._read(line)), *self._box]
        self._box = []
        return records

    def _judge(self, record: Record | None) -> list[Record]:
        """The records that are known, with this one, to belong to the box or not to."""
        if record is None:
            return []
        if record.text != _TRACE_PRINTK_BOX[len(self._box)]:
            others, self._box = self._box, []
            return [*others, *self._judge(record)] if others else [record]
        self._box.append(record)
        if len(self._box) < len(_TRACE_PRINTK_BOX):
            return []
        box, self._box = self._box, []
        return [replace(line, is_benign=True) for line in box]

    def _read(self, raw: bytes) -> Record | None:
        line = raw[:_LONGEST_LINE].decode(errors="replace").removesuffix("\r")
        # The firmware leaves its last words in front of the first record, on the same line.
        found = _LINE.match(line) if self._sequence else _LINE.search(line)
        if not found:
            return None
        priority = found["priority"]
        text = found["text"] or ""
        record = Record(
            sequence=self._sequence,
            seconds=float(found["seconds"]),
            level=UNKNOWN_LEVEL if priority is None else Level(int(priority) & 7),
            text=text,
            facility=int(priority or 0) >> 3,
            is_benign=is_benign(text),
        )
        self._sequence += 1
        return record


def is_benign(text: str) -> bool:
    """Whether the kernel says that whatever the module does, so that it is no sign of a mistake."""
    return bool(_BENIGN.match(text))


_BUFFERED = re.compile(r"(?P<priority>\d{1,5}),\d+,(?P<microseconds>\d{1,18}),[^;]*;(?P<text>.*)")
_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")

Identity = tuple[int, int, str]  # priority, microseconds, text: the same on the console and in the buffer


def identity(record: Record) -> Identity:
    """What tells a record of the console from others."""
    return record.facility << 3 | record.level, round(record.seconds * 1e6), record.text


def buffered(dump: bytes) -> frozenset[Identity]:
    """The records that reading /dev/kmsg gave, line by line as the console shows them.

    Whoever writes to the serial port directly shows on the console lines that are not among these. Format:
    Documentation/ABI/testing/dev-kmsg.
    """
    identities: set[Identity] = set()
    for line in dump.split(b"\n"):
        found = _BUFFERED.fullmatch(line.decode(errors="surrogateescape"))
        if found is None:
            continue  # the rest of a record: its device, for example
        raw = found["text"].encode(errors="surrogateescape")
        text = _ESCAPED.sub(lambda escaped: bytes([int(escaped[1], 16)]), raw).decode(errors="replace")
        place = int(found["priority"]), int(found["microseconds"])
        identities.update((*place, part.removesuffix("\r")) for part in text.split("\n"))
    return frozenset(identities)


def parse(text: str) -> tuple[Record, ...]:
    """Return the records in what a serial console printed.

    Lines in the console's default format, `[SECONDS.MICROSECONDS] TEXT`, count as `UNKNOWN_LEVEL`. Lines that
    are no record (the firmware's, a program's, the rest of a line whose beginning was cut) are skipped.
    """
    reader = Reader()
    return tuple(reader.feed(text.encode(errors="replace")) + reader.finish())
