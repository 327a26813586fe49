# SPDX-License-Identifier: MIT
"""The rows of the page sysfs: modules with their files, values, and what of them has just changed."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from textual.content import Content

from kmodlab.evidence import sysfs
from kmodlab.evidence.sysfs import Change, ModuleSnapshot, SysfsFile
from kmodlab.tui import words

LONGEST_VALUE = 60  # characters of a value that are shown
NAME_WIDTH = 14  # at least
CHANGED = "◆"

Marks = Mapping[tuple[str, str], Change]  # what has just changed, by module and path


@dataclass(frozen=True, slots=True)
class SysfsRow:
    """One row: of a module when `folder` is empty and `file` None, of a folder that can be opened, or of a file."""

    module: str
    text: Content
    folder: str = ""
    file: SysfsFile | None = None

    @property
    def key(self) -> str:
        """What tells it from other rows."""
        return "/".join((self.module, self.folder, self.file.name if self.file else ""))


def rows(snapshots: Iterable[ModuleSnapshot], opened: Collection[str], marks: Marks) -> Iterator[SysfsRow]:
    """The rows of these modules; of folders but parameters the files are shown when `opened` has their key."""
    for snapshot in snapshots:
        yield SysfsRow(snapshot.name, _module_line(snapshot, marks))
        files = sorted(snapshot.files, key=_order)
        direct = [file for file in files if file.folder in ("", sysfs.PARAMETERS)]
        yield from _files(snapshot.name, direct, marks)
        for folder, group in groupby(files[len(direct) :], key=lambda file: file.folder):
            row = _folder(snapshot.name, folder, [*group], opened, marks)
            yield from row
        if snapshot.left_out:
            rest = words.count(snapshot.left_out, "more file")
            yield SysfsRow(snapshot.name, Content.styled(f"    … {rest}", "$muted"), folder="…")


def _order(file: SysfsFile) -> tuple[int, str, str]:
    """Parameters first, then what lies in the module's own folder, then the other folders."""
    return {sysfs.PARAMETERS: 0, "": 1}.get(file.folder, 2), file.folder, file.name


def _module_line(snapshot: ModuleSnapshot, marks: Marks) -> Content:
    mark = _mark((snapshot.name, "") in marks)
    if not snapshot.is_loaded:
        return Content.assemble(mark, ("○ ", "$muted"), (snapshot.name, "bold"), ("  not loaded", "$muted"))
    state = snapshot.state or "not in /proc/modules"
    users = f"used by {snapshot.references}" if snapshot.references else "not in use"
    holders = f": {', '.join(snapshot.holders)}" if snapshot.holders else ""
    return Content.assemble(
        mark, ("● ", "$success"), (snapshot.name, "bold"), (f"  {state} · {users}{holders}", "$muted")
    )


def _folder(
    module: str, folder: str, files: list[SysfsFile], opened: Collection[str], marks: Marks
) -> Iterator[SysfsRow]:
    row = SysfsRow(module, Content(), folder=folder)
    is_open = row.key in opened
    has_changed = any((module, file.path) in marks for file in files)
    text = Content.assemble(
        _mark(has_changed),
        f"{'▾' if is_open else '▸'} {folder}/",
        (f"  {words.count(len(files), 'file')}", "$muted"),
    )
    yield SysfsRow(module, text, folder=folder)
    if is_open:
        yield from _files(module, files, marks)


def _files(module: str, files: list[SysfsFile], marks: Marks) -> Iterator[SysfsRow]:
    width = max((NAME_WIDTH, *(len(file.path) for file in files)))
    for file in files:
        change = marks.get((module, file.path))
        text = Content.assemble(
            _mark(change is not None),
            f"  {file.path:<{width}}  ",
            (_value(file), "bold $accent" if change else "$code" if file.value is not None else "$muted"),
            (f"   {in_words(change)}" if change else "", "$accent"),
            ("   w writes" if file.is_writable and file.folder == sysfs.PARAMETERS else "", "$muted"),
        )
        yield SysfsRow(module, text, folder=file.folder, file=file)


def _mark(has_changed: bool) -> tuple[str, str]:
    return (f"{CHANGED} ", "bold $accent") if has_changed else ("  ", "")


def _value(file: SysfsFile) -> str:
    if file.value is None:
        return "(can only be written)" if not file.mode & 0o444 else "(no text)"
    return shown(file.value)


def shown(value: str) -> str:
    """A value on one line."""
    line = value.replace("\n", "⏎").expandtabs(1)
    return line if len(line) <= LONGEST_VALUE else f"{line[:LONGEST_VALUE]}…"


def in_words(change: Change) -> str:
    """What has changed, such as 42 → 7."""
    before = "(nothing)" if change.before is None else shown(change.before) or "(empty)"
    after = "(nothing)" if change.after is None else shown(change.after) or "(empty)"
    return f"{before} → {after}"


def sentence(change: Change) -> str:
    """A change for the list of them: which file, or which module, and what became of it."""
    if change.path:
        return f"{change.path} {in_words(change)}"
    return f"{change.module} loaded" if change.after is not None else f"{change.module} unloaded"
