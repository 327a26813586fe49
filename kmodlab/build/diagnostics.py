# SPDX-License-Identifier: MIT
"""What the compiler and modpost said, as data."""

import re
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class FixIt:
    """What the compiler proposes: `text` in place of first to last, both counted from 1, last excluded."""

    first_line: int
    first_column: int
    last_line: int
    last_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message of the build. `file` is None when it concerns the module as a whole; lines count from 1."""

    severity: Severity
    text: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    option: str | None = None  # the warning option it came from, such as -Wunused-variable
    fix_its: tuple[FixIt, ...] = ()


# What makes gcc speak in the form that `parse` reads: fix-its in lines of their own, and columns that count
# bytes (as those of fix-its do), not the width of a tab.
GCC_OPTIONS = (
    "-fdiagnostics-parseable-fixits",
    "-fdiagnostics-column-unit=byte",
    "-fmessage-length=0",
    "-fdiagnostics-color=never",
)
MOST_KEPT = 50

_LONGEST_TEXT = 600
_PLACE = r"(?P<file>[^\s:][^:]*)(?::(?P<line>[0-9]{1,9})(?::(?P<column>[0-9]{1,9}))?)?"
_MESSAGE = re.compile(
    rf"(?!make)(?:{_PLACE}: )?"
    r"(?P<severity>(?:fatal )?error|warning|note|internal compiler error|sorry, unimplemented): "
    r"(?P<text>.*?)(?: \[(?P<option>-W[^\]]+)\])?$",
    re.IGNORECASE,  # the assembler writes Error
)
_INCLUDED = re.compile(rf"(?:In file included)? +from {_PLACE}[,:]$")
_INLINED = re.compile(rf" +(?P<via>inlined from .*) at {_PLACE}[,:]$")
_MACRO = re.compile(r"in (?:expansion|definition) of macro ")
_STRING = r'"((?:[^"\\]|\\.)*)"'
_FIX_IT = re.compile(
    rf"fix-it:{_STRING}:\{{([0-9]{{1,9}}):([0-9]{{1,9}})-([0-9]{{1,9}}):([0-9]{{1,9}})\}}:{_STRING}$"
)
_LINKER = re.compile(
    rf"(?:ld[.\w]*: )?(?:[^\s:]+\.o:)?{_PLACE}: "
    r"(?P<text>(?:multiple definition of|undefined reference to) .*)$"
)
_WITHOUT_PLACE = re.compile(
    r"cc1: (?P<memory>out of memory .*)$|make\S*: \*\*\* (?P<rule>No rule to make target '[^']*')"
)
_IN_PLAIN_WORDS = (
    (
        r'modpost: "(?P<symbol>[^"]+)" \[[^\]]*\] undefined!',
        '"{symbol}" is used, but nothing in the kernel or the module defines or exports it',
    ),
    (
        r"modpost: missing MODULE_LICENSE\(\)",
        'the module states no licence; add a line such as MODULE_LICENSE("GPL");',
    ),
    (
        r"modpost: GPL-incompatible module \S+ uses GPL-only symbol '(?P<symbol>[^']+)'",
        '"{symbol}" is exported to GPL modules only, and MODULE_LICENSE says otherwise',
    ),
    (
        r"modpost: .*section mismatch in reference: (?P<user>\S+) .*-> (?P<used>\S+) \(section: \.init",
        '"{used}" is __init or __initdata, so it is gone once loading is done, yet "{user}" uses it later',
    ),
    (
        r"modpost: .*section mismatch in reference: (?P<user>\S+) .*-> (?P<used>\S+) \(section: \.exit",
        '"{used}" is __exit or __exitdata, so it may be missing, yet "{user}" uses it',
    ),
    (r"negative width in bit-field", "a check that the kernel's headers make while compiling fails here"),
    (
        r"(?P<header>(?:assert|errno|pthread|signal|std\w+|string|unistd|sys/\w+)\.h): No such file",
        "{header} belongs to the C library, which the kernel does without",
    ),
    (r"No rule to make target '(?P<object>.*)\.o'", "there is no file {object}.c to build"),
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the compiler says something is; a file of the learner's own or one of the kernel's."""

    file: str
    line: int
    column: int | None
    is_own: bool


@dataclass(slots=True)
class _Message:
    """One message as the build gave it, and what leads from there to the learner's own line."""

    severity: Severity
    text: str
    place: _Place | None
    option: str | None
    origin: _Place | None = None  # the learner's line that included, inlined or expanded `place`
    via: str = ""  # how
    fix_its: list[FixIt] = field(default_factory=list)


def parse(output: str, folder: PurePath | str = "") -> tuple[Diagnostic, ...]:
    """Return the messages in what Kbuild printed about the module in `folder`; files are relative to that.

    gcc, the assembler, the linker, modpost and objtool are understood; make's own report that a step failed
    is no message. What gcc reports inside a kernel header is given the learner's line that included or
    expanded it, and a note keeps where it was. Of one message repeated at one place the first is kept, and
    `MOST_KEPT` in all, errors first; a last note then tells how many are missing.
    """
    if str(folder):
        output = re.sub(rf"(?<![\w./-]){re.escape(str(folder))}/", "", output)
    groups: dict[Diagnostic, list[Diagnostic]] = {}
    notes: list[Diagnostic] = []
    for message in _read(output):
        head, *rest = _diagnostics(message)
        if head.severity == "note" and groups:
            notes += [head, *rest]
            continue
        notes = rest
        groups.setdefault(head, notes)
    return _capped([part for head, notes in groups.items() for part in (head, *dict.fromkeys(notes))])


def _read(output: str) -> list[_Message]:
    messages: list[_Message] = []
    includers: dict[str, _Place] = {}  # header to the learner's line that included it
    includer: _Place | None = None
    caller: tuple[_Place | None, str] = (None, "")
    for line in output.split("\n"):
        if found := _INCLUDED.match(line):
            includer = None if line.startswith("In") else includer
            includer = includer or _own(_place(found))
        elif found := _INLINED.match(line):
            caller = caller if caller[0] else (_own(_place(found)), found["via"])
        elif (found := _FIX_IT.match(line)) and messages:
            _add_fix_it(messages[-1], found)
        elif (message := _message(line)) and not (messages and _follows(messages[-1], message)):
            messages.append(message)
            message.origin, message.via = caller
            if message.place and includer:
                includers[message.place.file] = includer
            includer, caller = None, (None, "")
    for message in messages:
        if message.place and message.origin is None and message.severity != "note":
            message.origin, message.via = includers.get(message.place.file), "included from here"
    return messages


def _message(line: str) -> _Message | None:
    if found := _LINKER.match(line):
        return _Message("error", found["text"], _place(found), None)
    if found := _WITHOUT_PLACE.match(line):
        return _Message("error", found["memory"] or found["rule"], None, None)
    found = _MESSAGE.match(line)
    if not found:
        return None
    word, option = found["severity"].lower(), found["option"]
    severity: Severity = "warning" if word == "warning" else "note" if word == "note" else "error"
    return _Message(severity, found["text"], _place(found), option and option.replace("-Werror=", "-W"))


def _place(found: re.Match[str]) -> _Place | None:
    """The place in a match of `_PLACE`; None where a program or a whole object file speaks."""
    file, line, column = found["file"], found["line"], found["column"]
    if line is None or file.startswith(("<", "{")):
        return None
    is_own = not file.startswith(("/", "./", "../", "include/", "arch/"))
    if not is_own:  # as one finds it in the kernel's source: include/linux/slab.h
        file = re.sub(r"^.*?/(?=(?:include|arch)/)", "", file)
    return _Place(file, int(line), int(column) if column else None, is_own)


def _own(place: _Place | None) -> _Place | None:
    return place if place and place.is_own else None


def _follows(message: _Message, step: _Message) -> bool:
    """Whether `step` only tells through which macros `message` came about; the learner's own line is kept."""
    if step.severity != "note" or not _MACRO.match(step.text):
        return False
    place = _own(step.place)
    if place and message.place and message.place.is_own:
        return place.line == message.place.line
    if place and message.origin is None:
        message.origin, message.via = place, step.text
    return True


def _add_fix_it(message: _Message, found: re.Match[str]) -> None:
    file, *numbers, text = found.groups()
    if message.place and message.place.file == _unescaped(file):
        first_line, first_column, last_line, last_column = map(int, numbers)
        message.fix_its.append(FixIt(first_line, first_column, last_line, last_column, _unescaped(text)))


def _unescaped(text: str) -> str:
    """Undo how gcc writes strings: backslashes, and octal for bytes that do not print."""

    def byte(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8) & 255]) if code.isdigit() else {b"n": b"\n", b"t": b"\t"}.get(code, code)

    return re.sub(rb"\\([0-7]{3}|.)", byte, text.encode(errors="replace")).decode(errors="replace")


def _in_plain_words(text: str) -> str:
    for pattern, words in _IN_PLAIN_WORDS:
        if found := re.match(pattern, text):
            return f"{words.format(**found.groupdict())} ({text})"
    return text


def _diagnostics(message: _Message) -> list[Diagnostic]:
    """The message at the learner's line; when it was met elsewhere, a note that says where."""
    place, text = message.place, message.text
    text = _in_plain_words(text) if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]} … (cut)"
    diagnostic = Diagnostic(message.severity, text, option=message.option, fix_its=tuple(message.fix_its))
    if place is None:
        return [diagnostic]
    if place.is_own or message.origin is None:
        return [replace(diagnostic, file=place.file, line=place.line, column=place.column)]
    origin = message.origin
    diagnostic = replace(diagnostic, file=origin.file, line=origin.line, column=origin.column, fix_its=())
    if message.severity == "note":
        return [diagnostic]
    text = f"the compiler met this in the kernel's own code, {message.via}"
    return [diagnostic, Diagnostic("note", text, place.file, place.line, place.column)]


def _capped(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    missing = len(diagnostics) - MOST_KEPT
    if missing <= 0:
        return tuple(diagnostics)
    order = ("error", "warning", "note")
    ranked = sorted(enumerate(diagnostics), key=lambda item: order.index(item[1].severity))
    kept = [diagnostic for _, diagnostic in sorted(ranked[:MOST_KEPT], key=lambda item: item[0])]
    return (*kept, Diagnostic("note", f"{missing} more messages are not shown"))
