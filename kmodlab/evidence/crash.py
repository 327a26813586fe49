# SPDX-License-Identifier: MIT
"""Reports of a kernel in trouble: found in its log, kept together line by line, and told in plain words."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import PurePosixPath

from kmodlab.evidence import explain, lockdep, patterns
from kmodlab.evidence.finding import Address, Finding, Kind
from kmodlab.evidence.header import Header
from kmodlab.evidence.klog import Level, Record

MOST_LINES = 60  # of the log in one finding
_MOST_ADDRESSES = 40
_LONGEST_PRELUDE = 12  # lines between a ruler and the line that says what it is about
# KASAN names the page that a slab begins with.
_SLAB = re.compile(r"(?:(?:INFO: )?Slab 0x|page:)([0-9a-f]{16}) ")
_CHECK_OF_SLAB = re.compile(r"BUG \S+ \(")
_KASAN = "BUG: KASAN: "
_PANIC = "Kernel panic - not syncing"
_SPINNING = ("soft-lockup", "rcu-stall", "hang")
_STOPPED_ITSELF = ("warn", "bug", "refcount", "list-corruption", "sleep-in-atomic", "overflow", "panic")
_SLAB_CHECK = re.compile(r" validate_slab\w*\+")
_TASK_DIES = re.compile(r" (?:make_task_dead|oops_end|rewind_stack_(?:and_make_dead|do_exit))\+")


@dataclass(slots=True)
class _Report:
    """The lines that belong together, from the first that says something is wrong."""

    lines: list[Record] = field(default_factory=list)
    header: Header | None = None  # None as long as only a ruler was seen
    groups: dict[str, str] = field(default_factory=dict)  # what the header's pattern found
    has_trace: bool = False
    has_ended: bool = False  # lines of the known kinds may still follow
    is_closed: bool = False

    def add(self, record: Record, header: Header | None) -> None:
        """Take a line in; the first header says what the report is about."""
        self.lines.append(record)
        self.has_trace = self.has_trace or record.text.startswith(("Call Trace", "Call trace"))
        self.has_ended = self.has_ended or bool(patterns.END_OF_TRACE.match(record.text))
        if header and not self.header:
            text = record.text
            if (damage := patterns.DAMAGE.match(self.texts[0])) and (said := patterns.DAMAGED.match(text)):
                text = f"{said['slab']}{damage['what']}"
                header = _header_of(text) or header
            found = header.pattern.match(text)
            self.header, self.groups = header, found.groupdict("") if found else {}
            self.is_closed = header.is_one_line

    def goes_on_with(self, text: str, header: Header | None) -> bool:
        """Whether a line belongs to this report."""
        if self.is_closed or not self.lines:
            return False
        if self.header is None:
            follows_damage = len(self.lines) == 1 and bool(patterns.DAMAGE.match(self.texts[0]))
            return len(self.lines) <= _LONGEST_PRELUDE and (follows_damage or not _is_ruler(text))
        if self.has_trace and patterns.DAMAGE.match(text):
            return False
        if header or _is_ruler(
            text
        ):  # list_add corruption, then "cut here", then kernel BUG at, is one report
            return not self.has_trace and (text == patterns.CUT_HERE or bool(header and header.is_generic))
        return bool(patterns.BODY.match(text))

    @property
    def texts(self) -> list[str]:
        return [record.text for record in self.lines]


def read(records: Iterable[Record], modules: Collection[str] | None = None) -> tuple[Finding, ...]:
    """Return what the kernel reported, in order; what one bug made it say again is counted, not repeated.

    `modules` names the learner's own modules; without it any module counts as such. Files and lines are mostly
    unknown yet (see `decode.locate`). What programs wrote into the log through /dev/kmsg is not read.
    """
    findings: dict[tuple[object, ...], Finding] = {}
    headers: dict[tuple[object, ...], Header | None] = {}
    slabs: set[str] = set()
    watched: set[str] = set()  # slabs of which KASAN has told at once what their own checks tell later
    for report in _reports(records):
        finding = _finding(report, modules)
        slab = next((found[1] for text in report.texts if (found := _SLAB.match(text))), "")
        is_echo = slab in watched and any(map(_CHECK_OF_SLAB.match, report.texts))
        is_known = slab in slabs
        if not (
            is_echo or _is_aftermath(report, finding, has_earlier=bool(findings), is_known_slab=is_known)
        ):
            identity = _identity(finding, report)
            known = findings.setdefault(identity, finding)
            is_again = headers.setdefault(identity, report.header) is report.header
            if known is not finding and is_again:  # else the kernel says what the lab's own module has said
                findings[identity] = replace(known, count=(known.count or 1) + 1)
        slabs |= {slab} - {""}
        if any(text.startswith(_KASAN) for text in report.texts):
            watched |= {slab} - {""}
        if any(text.startswith(_PANIC) for text in report.texts):
            break  # what a kernel says after its end is about that
    return tuple(findings.values())


def is_fatal(records: Iterable[Record]) -> bool:
    """Whether something was reported after which the command under way will never end by itself.

    A report's first line tells that: let the rest of it arrive before the log is read.
    """
    return any(
        record.text.startswith("Fixing recursive fault") or ((header := _header(record)) and header.is_fatal)
        for record in records
        if record.facility == 0
    )


def has_oopsed(records: Iterable[Record]) -> bool:
    """Whether the kernel killed what ran, as it does after an error in its own code: nothing is reliable afterwards."""
    return any(
        record.level <= Level.WARNING and record.facility == 0 and patterns.OOPS.search(record.text)
        for record in records
    )


def _header(record: Record) -> Header | None:
    """What a record begins, if it begins a report: those are warnings or worse, whatever other lines say."""
    return _header_of(record.text) if record.level <= Level.WARNING else None


def _header_of(text: str) -> Header | None:
    if not patterns.ANY_HEADER.match(text) or patterns.IGNORED.match(text):
        return None
    return next((header for header in patterns.HEADERS if header.pattern.match(text)), None)


def _is_ruler(text: str) -> bool:
    return text == patterns.CUT_HERE or bool(patterns.RULER.match(text))


def _reports(records: Iterable[Record]) -> list[_Report]:
    reports = [_Report()]
    for record in records:
        if record.facility:
            continue
        header = _header(record)
        current = reports[-1]
        if current.goes_on_with(record.text, header):
            current.add(record, header)
        elif header or _is_ruler(record.text) or patterns.DAMAGE.match(record.text):
            reports.append(_Report())
            reports[-1].add(record, header)
        elif current.has_ended:
            current.is_closed = True
    return [report for report in reports if report.header]


def _finding(report: _Report, modules: Collection[str] | None) -> Finding:
    assert report.header
    kind = report.header.kind
    addresses = (*_culprit(report), *_addresses(report.texts, kind))
    own = next((a for a in addresses if a.module and (modules is None or a.module in modules)), None)
    function = own.function.partition(".")[0] if own else None  # without .cold, .isra.0, .constprop.0
    kind, message = explain.report(report.header, report.groups, report.texts, addresses, function)
    place = report.groups.get("place", "").rpartition(":")
    is_own_place = own is not None and own is addresses[0] and place[0].endswith(".c")
    extent = next((found for text in report.texts if (found := patterns.OVERWRITTEN.match(text))), None)
    return Finding(
        kind=kind,
        message=message,
        file=PurePosixPath(place[0]).name if is_own_place else None,
        line=int(place[2]) if is_own_place else None,
        function=function,
        count=_count(report),
        bytes=int(extent["last"], 16) - int(extent["first"], 16) + 1 if extent else None,
        log=_log(report.lines),
        addresses=addresses,
    )


def _culprit(report: _Report) -> list[Address]:
    """The function that a report is about though no trace leads there: it has returned."""
    module = report.groups.get("module")
    function = report.groups.get("culprit")
    if report.header and report.header.kind == "bad-init-return":
        function = "init_module"  # the second name of each module's init function
    if function and report.groups.get("offset"):
        offset, size = int(report.groups["offset"], 16), int(report.groups["size"], 16)
        return [Address(function, offset, module, "called", size)]
    if function and module:
        return [Address(function, 0, module, "reported")]
    if report.header not in lockdep.HEADERS:
        return []
    locks = (lockdep.LOCK.match(text.strip()) for text in report.texts)
    return [place for found in locks if found for place in _address(found, "called")]


def _count(report: _Report) -> int | None:
    """How many objects a leak is about; None for other reports."""
    if "count" in report.groups:
        return int(report.groups["count"])
    if report.header and report.header.kind == "leak":
        return sum(text.startswith(("Object 0x", "INFO: Object 0x")) for text in report.texts) or None
    return None


def _addresses(texts: Sequence[str], kind: Kind) -> tuple[Address, ...]:
    """The code that a report names, innermost first: where it happened, then who freed and who allocated."""
    instruction = "spinning" if kind in _SPINNING else "reported" if kind in _STOPPED_ITSELF else "accessed"
    found: dict[str, list[Address]] = {"called": [], "freed": [], "allocated": [], "stale": []}
    role = "called"
    for text in texts:
        if text.startswith(patterns.END_OF_REPORT):
            break  # the registers come again
        if stack := patterns.OBJECT_STACK.match(text):
            role = stack["role"].lower()
            found[role] += _address(stack, role)
        elif rip := patterns.INSTRUCTION.match(text):
            found["called"] += _address(rip, instruction)
        elif frame := patterns.TRACE_LINE.match(text):
            found["stale" if frame["stale"] else role] += _address(frame, role)
        else:
            role = "called"
    if not any(a.role == "called" for a in found["called"]):  # the kernel could not walk the stack for sure
        found["called"] += found["stale"]
    order = ("allocated", "called", "freed") if kind == "leak" else ("called", "freed", "allocated")
    ordered = [a for role in order for a in found[role] if role == "called" or a.module or a.offset == 0]
    return tuple(dict.fromkeys(ordered))[:_MOST_ADDRESSES]


def _address(found: re.Match[str], role: str) -> list[Address]:
    """The address in a match of `patterns.CODE`; a bare number counts only where modules live."""
    if found["function"]:
        offset, size = int(found["offset"], 16), int(found["size"], 16)
        return [Address(found["function"], offset, found["module"], role, size)]
    if found["raw"] and int(found["raw"], 16) in patterns.MODULE_SPACE:
        return [Address(f"0x{found['raw']}", 0, None, role)]
    return []


def _is_aftermath(report: _Report, finding: Finding, *, has_earlier: bool, is_known_slab: bool) -> bool:
    """Whether a report only shows the damage of an earlier one.

    So do a task that dies of an oops and complains while it goes, and further checks of a slab that is known to
    be damaged, unless they name a module and are not the lab's own, which name whoever had the object once. That the
    kernel uses such a slab no more, it says whenever anybody frees another object in it.
    """
    if finding.kind == "panic" or not has_earlier:
        return False
    if any(_TASK_DIES.match(text) for text in report.texts):
        return True
    is_check = any(_SLAB_CHECK.match(text) for text in report.texts)
    names_module = any(a.module or a.function.startswith("0x") for a in finding.addresses)
    return is_known_slab and (finding.kind == "bug" or is_check or not names_module)


def _identity(finding: Finding, report: _Report) -> tuple[object, ...]:
    if finding.kind == "hung-task":
        return (finding.kind, report.groups["task"])
    if finding.kind in _SPINNING:
        return (finding.kind, finding.function)
    own = next((a for a in finding.addresses if a.module), None)
    return (finding.kind, own or finding.addresses[:1] or finding.message)


def _log(records: Sequence[Record]) -> tuple[str, ...]:
    """The report as the console showed it; long dumps of memory, and what is beyond `MOST_LINES`, are cut."""
    lines: list[str] = []
    for is_dump, group in groupby(records, key=lambda record: bool(patterns.HEX_DUMP.match(record.text))):
        shown = [f"[{record.seconds:12.6f}] {record.text}" for record in group]
        if is_dump and len(shown) > 4:
            shown = [*shown[:2], f"({len(shown) - 2} more lines of memory are not shown)"]
        lines += shown
    cut = len(lines) - MOST_LINES
    return (*lines[:MOST_LINES], f"({cut} more lines are not shown)") if cut > 0 else tuple(lines)
