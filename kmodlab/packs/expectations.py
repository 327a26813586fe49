# SPDX-License-Identifier: MIT
"""The models of expectations: what has to be so once a check's actions are done.

An expectation is a TOML table with one distinguishing key, such as `{ log = "my_param = 42" }`.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, Tag, model_validator

from kmodlab.packs.model import (
    FileName,
    GuestPath,
    Mode,
    Model,
    ModuleName,
    Pattern,
    PythonName,
    Shorthand,
    Text,
    compiles,
    key_among,
)

LevelName = Literal["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]
Count = Annotated[int, Field(ge=1)]
SymbolName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$")]
Number = Annotated[int, Field(ge=0)]


class LogExpectation(Model):
    """The kernel log holds `log`, as a part of a record's text (`regex = true`: matched as a regular expression).

    `count` is how often, `level` at which level, `absent = true` turns it round. A list of texts: one record each,
    in this order. `during` is the number of an action, counted from 1: only what is logged meanwhile counts.
    """

    log: str | Annotated[tuple[str, ...], Field(min_length=2)]
    """A part of a line, or parts of several lines in this order."""
    regex: bool = False
    """They are regular expressions (Python's)."""
    level: LevelName | None = None
    """The level that it is logged at."""
    count: Count | None = None
    """How often, exactly."""
    absent: bool = False
    """There is no such line."""
    during: Count | None = None
    """The number of an action, counted from 1: only what is logged meanwhile counts."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The text, or all of them."""
        return (self.log,) if isinstance(self.log, str) else self.log

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.regex:
            for text in self.texts:
                compiles(text)
        if len(self.texts) > 1 and (self.absent or self.count is not None):
            raise ValueError("count and absent are for one text, not for several in order")
        if self.absent and self.count is not None:
            raise ValueError("what is absent has no count")
        return self


class FileExpectation(Model):
    """A file of the guest after the actions: its text without the final newline, its permission bits, its absence."""

    file: GuestPath
    """Its path."""
    equals: str | None = None
    """The whole content, without its last line end."""
    matches: Pattern | None = None
    """A regular expression found in the content."""
    mode: Mode | None = None
    """The permission bits, such as 0444."""
    absent: bool = False
    """There is no such file."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.absent and (self.equals, self.matches, self.mode) != (None, None, None):
            raise ValueError("a file that is absent has neither content nor mode")
        return self


class Matching(Model):
    """A text that a regular expression is found in."""

    matches: Pattern
    """The regular expression (Python's)."""


class ModuleExpectation(Model):
    """A module after the actions, and what it says of itself.

    `info` maps fields of modinfo to a text that one of the field's values equals, to `{ matches = "…" }`, or to whether
    there is such a field. `license`, `author` and `description` are short for those. `taint` holds the module's
    taint letters.
    """

    module: ModuleName
    """Its name."""
    loaded: bool | None = None
    """Whether it is loaded after the actions."""
    refcount: Number | None = None
    """How many use it."""
    holders: tuple[ModuleName, ...] | None = None
    """The modules that use it, in any order."""
    taint: Annotated[str, StringConstraints(pattern=r"^[A-Z]*$")] | None = None
    """The letters of /sys/module/NAME/taint, in any order; a clean module built out of tree has OE."""
    info: dict[str, bool | str | Matching] = Field(default={})
    """Fields of modinfo: what one of the values is, what is found in one, or whether there is one."""
    license: str | None = None
    """Short for that field of modinfo."""
    author: bool | str | None = None
    """Short for that field of modinfo."""
    description: bool | str | None = None
    """Short for that field of modinfo."""

    @property
    def fields(self) -> dict[str, bool | str | Matching]:
        """All that is wanted of modinfo."""
        short = {"license": self.license, "author": self.author, "description": self.description}
        return {**{name: wanted for name, wanted in short.items() if wanted is not None}, **self.info}

    @property
    def asks_guest(self) -> bool:
        """Whether only a running kernel can answer."""
        return (self.loaded, self.refcount, self.holders, self.taint) != (None, None, None, None)


class BuildExpectation(Model):
    """The files build; at most `warnings` warnings, when given."""

    build: Literal[True]
    """The modules build."""
    warnings: int | None = None
    """How many warnings of the compiler are forgiven; without it, all."""


class SymbolExpectation(Model):
    """One of the lesson's modules exports `symbol`, or none does; `gpl` says whether to GPL modules only."""

    symbol: SymbolName
    """Its name."""
    exported: bool = True
    """Whether one of the modules exports it."""
    gpl: bool | None = None
    """Whether it is exported with EXPORT_SYMBOL_GPL."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if not self.exported and self.gpl is not None:
            raise ValueError("a symbol that is not exported has no gpl")
        return self


class DeviceExpectation(Model):
    """A device node after the actions: `type` c (character) or b (block), its number, its permission bits."""

    device: Annotated[str, StringConstraints(pattern=r"^/dev/.")]
    """Its path."""
    type: Literal["c", "b"] = "c"
    """c (character) or b (block)."""
    major: Number | None = None
    """The major number."""
    minor: Number | None = None
    """The minor number."""
    mode: Mode | None = None
    """The permission bits, such as 0600."""
    absent: bool = False
    """There is no such device."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.absent and (self.major, self.minor, self.mode) != (None, None, None):
            raise ValueError("a device that is absent has neither number nor mode")
        return self


class TraceExpectation(Model):
    """The kernel's trace buffer holds `trace` in a line, as text or (`regex = true`) as a regular expression.

    `count` is how often, `absent = true` turns it round.
    """

    trace: str
    """A part of a line of /sys/kernel/tracing/trace."""
    regex: bool = False
    """It is a regular expression (Python's)."""
    count: Count | None = None
    """How often, exactly."""
    absent: bool = False
    """There is no such line."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.regex:
            compiles(self.trace)
        if self.absent and self.count is not None:
            raise ValueError("what is absent has no count")
        return self


class TracerExpectation(Model):
    """The tracer that is set after the actions, such as `nop` or `function`, and whether tracing is `on`."""

    tracer: str
    """Its name, such as nop or function."""
    on: bool | None = None
    """Whether tracing is left switched on."""


class Bounds(Model):
    """A number that is at least `min` and at most `max`."""

    min: Number | None = None
    """At least."""
    max: Number | None = None
    """At most."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("it needs min, max or both")
        return self


def _exactly(value: Any) -> Any:
    return {"min": value, "max": value} if type(value) is int else value


Amount = Annotated[Bounds, BeforeValidator(_exactly), Shorthand({"type": "integer", "minimum": 0})]


class AllocationsExpectation(Model):
    """What the loaded module `allocations` holds after the actions of memory that it asked for itself.

    `count` is the number of blocks and objects, `bytes` their size; each exactly, or with `min` and `max`.
    """

    allocations: ModuleName
    """The module, one of the lesson's, that is loaded."""
    count: Amount | None = None
    """How many blocks and objects."""
    bytes: Amount | None = None
    """How many bytes they are together, as asked for."""

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if self.count is None and self.bytes is None:
            raise ValueError("it needs count, bytes or both")
        return self


def _queries(query: str) -> str:
    import tree_sitter_c  # here, because few lessons ask for it and importing costs time
    from tree_sitter import Language, Query, QueryError

    try:
        captures = Query(Language(tree_sitter_c.language()), query).capture_count
    except QueryError as problem:
        raise ValueError(f"it is no tree-sitter query for C: {problem}") from problem
    if not captures:
        raise ValueError("it names nothing that it finds; mark that with a name such as @here")
    return query


class SourceExpectation(Model):
    """A tree-sitter query that matches in a C file of the learner's: a last resort.

    `count` is how often it matches, `absent = true` turns it round. `title` says for people what is looked for.
    """

    source: FileName
    """The file, one of the learner's."""
    query: Annotated[str, AfterValidator(_queries)]
    """A tree-sitter query for C with a capture: `(goto_statement) @here`."""
    title: Text
    """What is looked for, in words for people: a goto."""
    count: Count | None = None
    """How often, exactly."""
    absent: bool = False
    """It is nowhere."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.absent and self.count is not None:
            raise ValueError("what is absent has no count")
        return self


class PythonExpectation(Model):
    """A function of the pack's checks.py that judges the evidence."""

    python: PythonName
    """The function's name."""


Expectation = Annotated[
    Annotated[LogExpectation, Tag("log")]
    | Annotated[FileExpectation, Tag("file")]
    | Annotated[ModuleExpectation, Tag("module")]
    | Annotated[BuildExpectation, Tag("build")]
    | Annotated[SymbolExpectation, Tag("symbol")]
    | Annotated[DeviceExpectation, Tag("device")]
    | Annotated[TraceExpectation, Tag("trace")]
    | Annotated[TracerExpectation, Tag("tracer")]
    | Annotated[AllocationsExpectation, Tag("allocations")]
    | Annotated[SourceExpectation, Tag("source")]
    | Annotated[PythonExpectation, Tag("python")],
    key_among(
        (
            "log",
            "file",
            "module",
            "build",
            "symbol",
            "device",
            "trace",
            "tracer",
            "allocations",
            "source",
            "python",
        )
    ),
]
