# SPDX-License-Identifier: MIT
"""The models of pack.toml and lesson.toml, and how they are read.

What a check does stands in actions.py, what it expects in expectations.py.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar, get_args

from pydantic import Field, ValidationError, field_validator, model_validator

from kmodlab.errors import LabError
from kmodlab.packs.actions import (
    Action,
    ErrorName,
    Load,
    Parallel,
    Python,
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
from kmodlab.packs.late import Late
from kmodlab.packs.model import FileName, FunctionName, Model, ModuleName, Name, Text, TextLine, Version

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
    "Python",
    "PythonExpectation",
    "Read",
    "Run",
    "Shell",
    "SingleAction",
    "SourceExpectation",
    "SymbolExpectation",
    "TraceExpectation",
    "TracerExpectation",
    "Track",
    "Unload",
    "Wait",
    "Write",
    "read",
]


# from what everybody sees to what only the instructor does; how other programs call it, too
Visibility = Literal["visible", "after_due_date", "hidden"]


class Check(Model):
    """One graded unit: what is done, and what is expected of it.

    `same` names a check before it whose `do` is also this one's; once the lesson is read, `do` says so.
    With `faults` it is repeated, and each time another call fails: of those that allocate memory (`true`), or of the
    kernel's functions that are named. Loading must then end with `fault_errno`, and nothing may be left.
    The points of a `bonus` come on top of what is all when a class is graded.
    """

    id: Name
    """Unique in the lesson."""
    title: Text
    """A statement that is true when the check passes."""
    points: Annotated[float, Field(ge=0)] = 1
    """What it is worth."""
    bonus: bool = False
    """Its points come on top, and the lesson is passed without it."""
    partial: bool = False
    """Each expectation that is met gives its share of the points, as long as nothing else is wrong."""
    visibility: Visibility = "visible"
    """Who sees it: everybody, learners once the lesson was due, or the instructor alone."""
    after: Name | None = None
    """A check before this one; when that one does not pass, this one is skipped."""
    do: tuple[Action, ...] = ()
    """What is done, in order."""
    same: Name | None = None
    """In place of `do`: a check before this one, whose actions are also this one's."""
    expect: tuple[Expectation, ...] = ()
    """What has to be so once all is done."""
    hints: Annotated[tuple[Text, ...], Field(max_length=3)] = ()
    """A nudge, a pointer, nearly the answer. They are shown one at a time."""
    allow: tuple[Kind, ...] = ()
    """Kinds of findings that are forgiven; a crash or a hang never is."""
    faults: bool | tuple[FunctionName, ...] = False
    """Repeat it, and make calls fail: those that allocate memory, or those of the functions named."""
    fault_errno: ErrorName = "ENOMEM"
    """The error that loading has to end with when a call fails."""

    @model_validator(mode="after")
    def _says_once_what_is_done(self) -> Self:
        if self.same is not None and self.do:
            raise ValueError("a check has either do or same")
        return self

    @model_validator(mode="after")
    def _has_parts(self) -> Self:
        if self.partial and len(self.expect) < 2:
            raise ValueError("a check with partial points has several expectations")
        return self

    @property
    def single_actions(self) -> Iterator[SingleAction | Wait | Python]:
        """The actions, those that are done in parallel one by one."""
        for action in self.do:
            yield from action.parallel if isinstance(action, Parallel) else (action,)


class Mistake(Model):
    """mistake.toml: a wrong solution that people really write, and how it must be caught."""

    title: str
    """What the mistake is."""
    fails: Name
    """The check that must not pass."""
    outcome: Literal["fail", "crash", "hang", "build-error"] = "fail"
    """How that check ends."""
    shows: str
    """A text that the learner gets to see there: in the reason, in what was expected or seen, in a finding, a
    hint, or a message of the compiler.
    """


class KernelNeeds(Model):
    """What the lesson needs of a kernel."""

    config: tuple[str, ...] = ()
    """Options that are y or m, without CONFIG_."""
    min: str | None = None
    """The oldest version, such as 5.10."""


class LessonManifest(Model):
    """lesson.toml."""

    format: Literal[1]
    """Always 1."""
    id: Name
    """Progress is kept under it, so never change it."""
    title: Text
    """For people."""
    minutes: Annotated[int, Field(gt=0)]
    """How long it takes a learner."""
    requires: tuple[Name, ...] = ()
    """Lessons that are taught before."""
    modules: Annotated[tuple[ModuleName, ...], Field(min_length=1)]
    """The modules to build, one .ko each: Kbuild's obj-m."""
    files: Annotated[tuple[FileName, ...], Field(min_length=1)]
    """What the learner edits; nothing else is ever taken from them."""
    helpers: tuple[ModuleName, ...] = ()
    """Modules of the pack's own, each in modules/NAME/: checks may load them, and the lesson's modules use them."""
    kernel: KernelNeeds = KernelNeeds()
    """What it needs of a kernel."""
    check: Annotated[tuple[Check, ...], Field(min_length=1)]
    """What is graded: one table `[[check]]` each."""
    hidden_checks: Annotated[int, Field(ge=0)] = 0
    """How many checks were left out for students; `kmodlab pack build --student` writes it."""

    @field_validator("check")
    @classmethod
    def _share_actions(cls, checks: tuple[Check, ...]) -> tuple[Check, ...]:
        actions: dict[str, tuple[Action, ...]] = {}
        filled: list[Check] = []
        for check in checks:
            if check.same is not None and check.same not in actions:
                raise ValueError(
                    f"check {check.id!r} does the same as {check.same!r}, which no check before it is called"
                )
            do = check.do if check.same is None else actions[check.same]
            filled.append(check.model_copy(update={"do": do}))
            actions[check.id] = do
        return tuple(filled)

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

    @model_validator(mode="after")
    def _can_be_graded_without_what_is_hidden(self) -> Self:
        levels = {check.id: get_args(Visibility).index(check.visibility) for check in self.check}
        if all(levels.values()):
            raise ValueError("there has to be a check that learners see")
        for check in self.check:
            for needed in (check.after, check.same):
                if needed is not None and levels[needed] > levels[check.id]:
                    raise ValueError(f"check {check.id!r} needs {needed!r}, which is hidden when it is not")
        return self

    @model_validator(mode="after")
    def _helpers_are_others(self) -> Self:
        for name in self.helpers:
            if name in self.modules or self.helpers.count(name) > 1:
                raise ValueError(f"two modules are called {name!r}")
        return self

    def _is_about_the_lesson(self, check: Check) -> None:
        for action in check.single_actions:
            if isinstance(action, Load) and action.module not in (*self.modules, *self.helpers):
                raise ValueError(f"check {check.id!r} loads {action.module!r}, which is none of the modules")
        for expectation in check.expect:
            if isinstance(expectation, LogExpectation) and (expectation.during or 0) > len(check.do):
                number = expectation.during
                raise ValueError(f"check {check.id!r} asks about action {number}, and does {len(check.do)}")
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


class Track(Model):
    """A part of a pack: lessons that belong together."""

    title: TextLine
    """Its name."""
    description: TextLine
    """What it is about, in one line."""
    lessons: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Its lessons, in order."""


class PackManifest(Model):
    """pack.toml."""

    format: Literal[1]
    """Always 1."""
    id: Name
    """Learners' files are kept under it, so never change it."""
    title: Text
    """For people."""
    version: Version
    """Of the pack."""
    description: TextLine | None = None
    """What it teaches, in one line."""
    lessons: tuple[Name, ...]
    """In the order they are taught."""
    track: tuple[Track, ...] = ()
    """Parts of the pack: one table `[[track]]` each, or none. With tracks, each lesson is in one."""
    late: Late = Late()

    @model_validator(mode="after")
    def _tracks_hold_the_lessons(self) -> Self:
        if not self.track:
            return self
        in_tracks = tuple(id for track in self.track for id in track.lessons)
        for id in in_tracks:
            if id not in self.lessons:
                raise ValueError(f"the tracks hold {id!r}, which is none of the lessons")
            if in_tracks.count(id) > 1:
                raise ValueError(f"the tracks hold {id!r} twice")
        for id in self.lessons:
            if id not in in_tracks:
                raise ValueError(f"lesson {id!r} is in no track")
        if in_tracks != self.lessons:
            raise ValueError(
                "the tracks, one after another, have the lessons in another order than `lessons`"
            )
        return self

    @model_validator(mode="after")
    def _is_due_what_is_taught(self) -> Self:
        for name in self.late.lessons:
            if name not in self.lessons:
                raise ValueError(f"late says when {name!r} is due, which is none of the lessons")
        return self


# pydantic's words for some errors, in plainer ones
PLAINER = {
    "extra_forbidden": "there is no such key",
    "missing": "this key is missing",
    "timezone_aware": "it needs its time zone, as in 2026-12-01T23:59:00+01:00",
}

# how pydantic names the kinds that a value can have, in between its keys
UNION_MEMBERS = ("str", "bool", "tuple[", "Matching", "function-before[", "constrained-")

AnyModel = TypeVar("AnyModel", bound=Model)


def read(path: Path, model: type[AnyModel], language: str | None = None) -> AnyModel:
    """Read the manifest at `path`, its texts in `language`; raise LabError that names file, key and reason.

    A text that is not there in that language is read in the first one that it is there in.
    """
    try:
        return model.model_validate(
            tomllib.loads(path.read_text(encoding="utf-8")), context={"language": language}
        )
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
            hint="Correct that key; docs/handbook/reference.md lists what each may hold.",
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
