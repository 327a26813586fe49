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
    Shorthand,
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
    regex: bool = False
    level: LevelName | None = None
    count: Count | None = None
    absent: bool = False
    during: Count | None = None

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
    equals: str | None = None
    matches: Pattern | None = None
    mode: Mode | None = None
    absent: bool = False

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.absent and (self.equals, self.matches, self.mode) != (None, None, None):
            raise ValueError("a file that is absent has neither content nor mode")
        return self


class Matching(Model):
    """A text that a regular expression is found in."""

    matches: Pattern


class ModuleExpectation(Model):
    """A module after the actions, and what it says of itself.

    `info` maps fields of modinfo to a text that one of the field's values equals, to `{ matches = "…" }`, or to whether
    there is such a field. `license`, `author` and `description` are short for those. `taint` holds the module's
    taint letters.
    """

    module: ModuleName
    loaded: bool | None = None
    refcount: Number | None = None
    holders: tuple[ModuleName, ...] | None = None
    taint: Annotated[str, StringConstraints(pattern=r"^[A-Z]*$")] | None = None
    info: dict[str, bool | str | Matching] = Field(default={})
    license: str | None = None
    author: bool | str | None = None
    description: bool | str | None = None

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
    warnings: int | None = None


class SymbolExpectation(Model):
    """One of the lesson's modules exports `symbol`, or none does; `gpl` says whether to GPL modules only."""

    symbol: SymbolName
    exported: bool = True
    gpl: bool | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if not self.exported and self.gpl is not None:
            raise ValueError("a symbol that is not exported has no gpl")
        return self


class DeviceExpectation(Model):
    """A device node after the actions: `type` c (character) or b (block), its number, its permission bits."""

    device: Annotated[str, StringConstraints(pattern=r"^/dev/.")]
    type: Literal["c", "b"] = "c"
    major: Number | None = None
    minor: Number | None = None
    mode: Mode | None = None
    absent: bool = False

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
    regex: bool = False
    count: Count | None = None
    absent: bool = False

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
    on: bool | None = None


class Bounds(Model):
    """A number that is at least `min` and at most `max`."""

    min: Number | None = None
    max: Number | None = None

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
    count: Amount | None = None
    bytes: Amount | None = None

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
    query: Annotated[str, AfterValidator(_queries)]
    title: str
    count: Count | None = None
    absent: bool = False

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.absent and self.count is not None:
            raise ValueError("what is absent has no count")
        return self


class PythonExpectation(Model):
    """A function of the pack's checks.py: given the evidence, it returns None, or in one sentence what is wrong."""

    python: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


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
