# SPDX-License-Identifier: MIT
"""The models of actions: what a check does to a machine.

An action is a TOML table with one distinguishing key. `load params my_param=7` is short for
`{ load = "params my_param=7" }`. An action that names no `errno` or `exit` has to succeed.
"""

import errno
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from kmodlab.packs.model import (
    GuestPath,
    Model,
    ModuleName,
    PythonName,
    Seconds,
    Shorthand,
    Text,
    compiles,
    key_among,
)

DEADLINE = 7.5  # later than the kernel's own watchdogs, and in all within 10 seconds
LONGEST_WRITE = 1 << 20  # bytes
_NAMES = frozenset(errno.errorcode.values())


def _known_error(name: str) -> str:
    number = name.removeprefix("errno ")
    if name not in _NAMES and not (number != name and number.isdigit()):
        raise ValueError(f"{name!r} is no error's name, such as EINVAL; one without a name is 'errno 512'")
    return name


ErrorName = Annotated[str, AfterValidator(_known_error)]
HexBytes = Annotated[str, StringConstraints(pattern=r"^([0-9a-fA-F]{2} ?)*$")]
ProgramName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*\.c$", max_length=64)]


class Load(Model):
    """Load a module: `load = "NAME PARAMETER=VALUE…"`."""

    load: str
    """The module's name, and its parameters."""
    errno: ErrorName | None = None
    """The error it has to fail with; without it, it has to succeed."""
    deadline: Seconds = DEADLINE
    """Seconds after which it counts as a hang."""

    @property
    def module(self) -> str:
        """The name of the module."""
        return self.load.partition(" ")[0]


class Unload(Model):
    """Unload a module: `unload = "NAME"`."""

    unload: ModuleName
    """The module's name."""
    errno: ErrorName | None = None
    """The error it has to fail with; without it, it has to succeed."""
    deadline: Seconds = DEADLINE
    """Seconds after which it counts as a hang."""


class Shell(Model):
    """Run a shell command as root in the guest: `sh = "COMMAND"`, with the exit status it has to give.

    `title` says for people what it does; without one they are shown the command.
    """

    sh: str
    """The command; the guest has busybox, and kmod's insmod and rmmod in /sbin."""
    title: Text | None = None
    """What it does, in words for people; without it they are shown the command."""
    exit: int = 0
    """The exit status it has to give; 128 + N when signal N killed it."""
    stdout: str | None = None
    """What it has to print, all of it; a final line end does not matter."""
    deadline: Seconds = DEADLINE
    """Seconds after which it counts as a hang."""


class Write(Model):
    """Call write(2) once: `write = "/dev/x"`, with `text` or bytes in `hex`, written `repeat` times in a row.

    `count` is how many bytes it has to take, by default all. `title` says for people what it does.
    """

    write: GuestPath
    """The file."""
    text: str | None = None
    """What is written."""
    hex: HexBytes | None = None
    """What is written, as bytes: `00 ff`."""
    repeat: Annotated[int, Field(ge=1)] = 1
    """How many times in a row, in the one call."""
    title: Text | None = None
    """What it does, in words for people."""
    errno: ErrorName | None = None
    """The error it has to fail with; without it, it has to succeed."""
    count: Annotated[int, Field(ge=0)] | None = None
    """How many bytes it has to take; without it, all."""
    deadline: Seconds = DEADLINE
    """Seconds after which it counts as a hang."""

    @property
    def pattern(self) -> bytes:
        """The bytes that are written `repeat` times."""
        return bytes.fromhex(self.hex) if self.hex is not None else (self.text or "").encode()

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if (self.text is None) == (self.hex is None):
            raise ValueError("write needs either text or hex")
        if len(self.pattern) * self.repeat > LONGEST_WRITE:
            raise ValueError(f"it writes more than {LONGEST_WRITE} bytes")
        if self.errno is not None and self.count is not None:
            raise ValueError("a write that fails with errno has no count")
        return self


class Read(Model):
    """Call read(2) once: `read = "/dev/x"`, for `size` bytes from `offset`, and exactly `text` or `hex` has to come.

    An empty `text` is the end of the file.
    """

    read: GuestPath
    """The file."""
    size: Annotated[int, Field(ge=0, le=1 << 20)] = 4096
    """How many bytes are asked for."""
    offset: Annotated[int, Field(ge=0)] = 0
    """From where."""
    text: str | None = None
    """What has to come, exactly; an empty text is the end of the file."""
    hex: HexBytes | None = None
    """What has to come, as bytes."""
    title: Text | None = None
    """What it does, in words for people."""
    errno: ErrorName | None = None
    """The error it has to fail with; without it, it has to succeed."""
    deadline: Seconds = DEADLINE
    """Seconds after which it counts as a hang."""

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if sum(wanted is not None for wanted in (self.text, self.hex, self.errno)) > 1:
            raise ValueError("read takes only one of text, hex and errno")
        return self


class Run(Model):
    """Run a C test program of the lesson's folder: `run = "test.c"`. It is compiled by the lab, statically.

    `title` says for people what it does; without one they are shown the program's name.
    """

    run: ProgramName
    """The program's source in the lesson's folder."""
    args: tuple[str, ...] = ()
    """What it is called with."""
    title: Text | None = None
    """What it does, in words for people."""
    exit: int = 0
    """The exit status it has to give; 128 + N when signal N killed it."""
    stdout: str | None = None
    """What it has to print, all of it; a final line end does not matter."""
    deadline: Seconds = DEADLINE
    """Seconds after which it counts as a hang."""

    @property
    def program(self) -> str:
        """Its name in the guest."""
        return self.run.removesuffix(".c")


class WaitFor(Model):
    """What is waited for: `log` (text of a line, or with `regex` a pattern) or `file` (there, or `absent`)."""

    log: str | None = None
    """A part of a line that the kernel logs; what the check logged before counts, too."""
    regex: bool = False
    """`log` is a regular expression (Python's)."""
    file: GuestPath | None = None
    """A file."""
    absent: bool = False
    """The file has to be gone."""

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.log is None) == (self.file is None):
            raise ValueError("wait needs either log or file")
        if self.absent and self.file is None:
            raise ValueError("only a file can be waited for to be absent")
        if self.regex and self.file is not None:
            raise ValueError("regex belongs to log")
        if self.regex and self.log is not None:
            compiles(self.log)
        return self


class Wait(Model):
    """Wait until something is so: `wait = { log = "…" }` or `wait = { file = "/…" }`, at most `deadline` seconds."""

    wait: WaitFor
    """What has to be so."""
    deadline: Seconds = DEADLINE
    """Seconds after which the check fails."""


class Python(Model):
    """Call a function of the pack's checks.py that drives the machine: `python = "NAME"`.

    `stdout` is the text that it has to return, all of it. `title` says for people what it does.
    """

    python: PythonName
    """The function's name."""
    title: Text | None = None
    """What it does, in words for people."""
    stdout: str | None = None
    """What it has to return, all of it."""
    deadline: Seconds = DEADLINE
    """Seconds after which what it runs in the machine counts as a hang, all together."""


def _table(value: Any) -> Any:
    """Turn `load params` into `{"load": "params"}`."""
    if not isinstance(value, str):
        return value
    verb, _, rest = value.partition(" ")
    return {verb: rest.strip()}


_SHORTHAND = Shorthand({"type": "string", "pattern": "^(load|unload|sh|read|run) ."})
_SINGLE = ("load", "unload", "sh", "write", "read", "run")
SingleAction = Annotated[
    Annotated[Load, Tag("load")]
    | Annotated[Unload, Tag("unload")]
    | Annotated[Shell, Tag("sh")]
    | Annotated[Write, Tag("write")]
    | Annotated[Read, Tag("read")]
    | Annotated[Run, Tag("run")],
    key_among(_SINGLE),
    BeforeValidator(_table),
    _SHORTHAND,
]


class Parallel(Model):
    """Do several things at the same time, each on a CPU of its own where there are: `parallel = [ACTION, …]`.

    It ends when all have ended, within `deadline` seconds; those of its actions do not count.
    """

    parallel: Annotated[tuple[SingleAction, ...], Field(min_length=2, max_length=16)]
    """2 to 16 actions, but none that wait, call Python or are parallel themselves."""
    deadline: Seconds = DEADLINE
    """Seconds after which it counts as a hang."""


Action = Annotated[
    Annotated[Load, Tag("load")]
    | Annotated[Unload, Tag("unload")]
    | Annotated[Shell, Tag("sh")]
    | Annotated[Write, Tag("write")]
    | Annotated[Read, Tag("read")]
    | Annotated[Run, Tag("run")]
    | Annotated[Wait, Tag("wait")]
    | Annotated[Python, Tag("python")]
    | Annotated[Parallel, Tag("parallel")],
    key_among((*_SINGLE, "wait", "python", "parallel")),
    BeforeValidator(_table),
    _SHORTHAND,
]
