# SPDX-License-Identifier: MIT
"""The models of pack.toml and lesson.toml, and how they are read.

What a check does stands in actions.py, what it expects in expectations.py.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from kmodlab.errors import LabError
from kmodlab.packs.actions import (
    Action,
    ErrorName,
    Load,
    Parallel,
    Read,
    Run,
    Shell,
    SingleAction,
    Unload,
    Wait,
    Write,
)
from kmodlab.packs.expectations import (
    AllocationsExpectation,
    BuildExpectation,
    DeviceExpectation,
    Expectation,
    FileExpectation,
    LogExpectation,
    ModuleExpectation,
    PythonExpectation,
    SourceExpectation,
    SymbolExpectation,
    TraceExpectation,
    TracerExpectation,
)
from kmodlab.packs.kinds import Kind
from kmodlab.packs.model import FileName, FunctionName, Model, ModuleName, Name

__all__ = [
    "Action",
    "AllocationsExpectation",
    "BuildExpectation",
    "Check",
    "DeviceExpectation",
    "Expectation",
    "FileExpectation",
    "KernelNeeds",
    "LessonManifest",
    "Load",
    "LogExpectation",
    "Mistake",
    "ModuleExpectation",
    "PackManifest",
    "Parallel",
    "PythonExpectation",
    "Read",
    "Run",
    "Shell",
    "SingleAction",
    "SourceExpectation",
    "SymbolExpectation",
    "TraceExpectation",
    "TracerExpectation",
    "Unload",
    "Wait",
    "Write",
    "read",
]


class Check(Model):
    """One graded unit: what is done, and what is expected of it.

    With `faults` it is repeated, and each time another call fails: of those that allocate memory (`true`), or of the
    kernel's functions that are named. Loading must then end with `fault_errno`, and nothing may be left.
    """

    id: Name
    title: str
    points: Annotated[float, Field(ge=0)] = 1
    after: Name | None = None
    do: tuple[Action, ...] = ()
    expect: tuple[Expectation, ...] = ()
    hints: Annotated[tuple[str, ...], Field(max_length=3)] = ()
    allow: tuple[Kind, ...] = ()  # kinds of findings that are forgiven
    faults: bool | tuple[FunctionName, ...] = False
    fault_errno: ErrorName = "ENOMEM"

    @model_validator(mode="after")
    def _numbers_actions(self) -> Self:
        for item in self.expect:
            if isinstance(item, LogExpectation) and (item.during or 0) > len(self.do):
                raise ValueError(f"there is no action number {item.during}")
        return self

    @property
    def single_actions(self) -> Iterator[SingleAction | Wait]:
        """The actions, those that are done in parallel one by one."""
        for action in self.do:
            yield from action.parallel if isinstance(action, Parallel) else (action,)


class Mistake(Model):
    """mistake.toml: a wrong solution that people really write, and how it must be caught."""

    title: str
    fails: Name  # the check that must not pass
    outcome: Literal["fail", "crash", "hang", "build-error"] = "fail"  # of that check
    shows: str  # a text that its reason, expectation, findings, compiler messages or hints contain


class KernelNeeds(Model):
    """What the lesson needs of a kernel."""

    config: tuple[str, ...] = ()
    min: str | None = None


class LessonManifest(Model):
    """lesson.toml."""

    format: Literal[1]
    id: Name
    title: str
    minutes: Annotated[int, Field(gt=0)]
    requires: tuple[Name, ...] = ()
    modules: Annotated[tuple[ModuleName, ...], Field(min_length=1)]
    files: Annotated[tuple[FileName, ...], Field(min_length=1)]
    kernel: KernelNeeds = KernelNeeds()
    check: Annotated[tuple[Check, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        seen: list[str] = []
        for check in self.check:
            if check.id in seen:
                raise ValueError(f"two checks have the id {check.id!r}")
            if check.after is not None and check.after not in seen:
                raise ValueError(
                    f"check {check.id!r} comes after {check.after!r}, which no check before it is called"
                )
            seen.append(check.id)
            self._is_about_the_lesson(check)
        return self

    def _is_about_the_lesson(self, check: Check) -> None:
        for action in check.single_actions:
            if isinstance(action, Load) and action.module not in self.modules:
                raise ValueError(f"check {check.id!r} loads {action.module!r}, which is none of the modules")
        for expectation in check.expect:
            if isinstance(expectation, SourceExpectation) and expectation.source not in self.files:
                raise ValueError(
                    f"check {check.id!r} reads {expectation.source!r}, which is none of the files"
                )
            if (
                isinstance(expectation, AllocationsExpectation)
                and expectation.allocations not in self.modules
            ):
                name = expectation.allocations
                raise ValueError(f"check {check.id!r} asks about {name!r}, which is none of the modules")


class PackManifest(Model):
    """pack.toml."""

    format: Literal[1]
    id: Name
    title: str
    version: str
    lessons: tuple[Name, ...]  # in the order they are taught


# pydantic's words for some errors, in plainer ones
PLAINER = {"extra_forbidden": "there is no such key", "missing": "this key is missing"}

# how pydantic names the kinds that a value can have, in between its keys
UNION_MEMBERS = ("str", "bool", "tuple[", "Matching", "function-before[", "constrained-")

AnyModel = TypeVar("AnyModel", bound=Model)


def read(path: Path, model: type[AnyModel]) -> AnyModel:
    """Read the manifest at `path`; raise LabError that names file, key and reason."""
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as problem:
        raise LabError(
            f"{path} cannot be read: {problem.strerror}.",
            hint="Check that the pack is complete and readable.",
        ) from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise LabError(
            f"{path} is not valid TOML: {problem}.", hint="Correct the file at that place."
        ) from problem
    except ValidationError as problem:
        # of the kinds that a value could have been of, the one that it looks like says most
        errors = problem.errors()
        first = next((error for error in errors if not error["type"].endswith("_type")), errors[0])
        reason = PLAINER.get(first["type"], first["msg"].removeprefix("Value error, "))
        raise LabError(
            f"{path}: {_key(first['loc'])}: {reason}.",
            hint="Correct that key; docs/lessons.md lists what each may hold.",
        ) from problem


def _key(location: tuple[int | str, ...]) -> str:
    """Name a key as an author sees it: ("check", 1, "expect", 0, "log", "level") is `check 2, expect 1, log, level`."""
    words: list[str] = []
    for part in location:
        if isinstance(part, str) and part.startswith(UNION_MEMBERS):
            continue
        if isinstance(part, int) and words:
            words[-1] += f" {part + 1}"
        else:
            words.append(str(part))
    return ", ".join(words) or "the whole file"
