# SPDX-License-Identifier: MIT
"""Follower: reads a machine's kernel log while it is being written."""

import time
from collections.abc import Callable

from kmodlab.evidence import crash, klog
from kmodlab.evidence.klog import Record
from kmodlab.machines.machine import Machine

FLOOD_BYTES = 4 << 20  # of kernel log; no lesson needs a hundredth of it
# Of the machine's clock.
MARKER_SECONDS = 5.0  # for the log to arrive after a command; it takes milliseconds
OOPS_SECONDS = (
    1.5  # for a command to end after an oops: one that dies with a lock held may wait for it for ever
)
LAST_WORDS_SECONDS = 2.0  # for a report to be complete after its first line
QUIET_SECONDS = 0.3
POLL_SECONDS = 0.005


class Follower:
    """The records of one machine's log so far, and whether they say that it will not answer any more."""

    def __init__(self, machine: Machine) -> None:
        self.records: list[Record] = []
        self.is_hopeless = False
        self.is_flooded = False
        self._machine = machine
        self._reader = klog.Reader()
        self._offset = 0
        self._oopsed_at: float | None = None

    def read(self) -> list[Record]:
        """Take in what is new, and give it back."""
        chunk = self._machine.log(self._offset)
        self._offset += len(chunk)
        new = self._reader.feed(chunk)
        self.records += new
        self.is_hopeless = self.is_hopeless or crash.is_fatal(new)
        self.is_flooded = self._offset > FLOOD_BYTES
        if self._oopsed_at is None and crash.has_oopsed(new):
            self._oopsed_at = time.monotonic()
        return new

    def should_give_up(self) -> bool:
        """Whether waiting for the machine's answer has become pointless."""
        self.read()
        return self.is_hopeless or self.is_flooded

    def patience(self) -> Callable[[], bool]:
        """The same to be asked about a command that begins now: one that an oops has hit gets a moment to end."""
        began = time.monotonic()

        def is_over() -> bool:
            if self.should_give_up():
                return True
            oopsed_at = self._oopsed_at
            return oopsed_at is not None and time.monotonic() - max(began, oopsed_at) > OOPS_SECONDS

        return is_over

    def read_to(self, marker: str, first: int) -> bool:
        """Read until a program's record from the `first` on says `marker`; return whether the log gets there."""
        ends = self._machine.clock() + MARKER_SECONDS
        while not any(record.facility and record.text == marker for record in self.records[first:]):
            first = len(self.records)
            if self._machine.clock() > ends or self.is_hopeless or self.is_flooded:
                return False
            self._poll()
        return True

    def read_last_words(self) -> None:
        """Read until the log has been quiet for a moment: reports of a crash come in many lines."""
        quiet_since = now = self._machine.clock()
        ends = now + LAST_WORDS_SECONDS
        while now < min(ends, quiet_since + QUIET_SECONDS) and not self.is_flooded:
            has_spoken = self._poll()
            now = self._machine.clock()
            if has_spoken:
                quiet_since = now
        self.records += self._reader.finish()

    def _poll(self) -> list[Record]:
        new = self.read()
        if not new:
            time.sleep(POLL_SECONDS)
        return new
