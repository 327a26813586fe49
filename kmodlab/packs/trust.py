# SPDX-License-Identifier: MIT
"""Trust: whether the code that a pack brings may run. It is given once for its content.

The code of a pack is its checks.py, which runs on this computer with the user's rights, and its test programs and
kernel modules, which are compiled in a sandbox and run in the guest. All else is data. The pack that ships is trusted.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kmodlab import paths
from kmodlab.errors import LabError, UsageError
from kmodlab.packs import catalog, contents
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.packs.manifest import Python, PythonExpectation, Run

CHECKS = "checks.py"


@dataclass(frozen=True, slots=True)
class Code:
    """The code of a pack: paths in it, what of checks.py its lessons name, and a digest of all that would run."""

    on_host: tuple[str, ...]
    functions: tuple[str, ...]
    in_guest: tuple[str, ...]
    digest: str

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.on_host or self.in_guest)

    @property
    def in_words(self) -> str:
        """What would run, and where, in lines."""
        lines = []
        if self.on_host:
            names = ", ".join(self.functions) or "none of its functions"
            lines += ["On this computer, with your rights:", f"  {', '.join(self.on_host)} ({names})"]
        if self.in_guest:
            lines += ["In the throw-away machine only:", *(f"  {path}" for path in self.in_guest)]
        return "\n".join(lines)


class UntrustedError(UsageError):
    """A pack's code may not run yet; `pack` is that pack."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        is_installed = pack.folder.parent == catalog.installed_folder()
        super().__init__(
            f"The pack {pack.id!r} brings code of its own, and you have not allowed it to run.",
            hint=f"See what it is, and allow it: kmodlab pack trust {pack.id if is_installed else pack.folder}",
        )


def code_of(pack: Pack) -> Code:
    """The code that the lessons of `pack` name; raise LabError when it cannot be read."""
    functions = {name for lesson in pack.lessons for name in functions_of(lesson)}
    programs = {path for lesson in pack.lessons for path in (*programs_of(lesson), *helpers_of(lesson))}
    on_host = _python_files(pack.folder) if functions else []
    files = [path for path in sorted({*on_host, *programs}) if path.is_file()]
    digest = hashlib.sha256()
    try:
        for path in files:
            name, content = str(path.relative_to(pack.folder)), path.read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    except OSError as problem:
        raise LabError(
            f"The code of the pack {pack.id!r} cannot be read: {problem.strerror}.",
            hint="Make its files readable for you.",
        ) from problem

    def named(paths: Iterable[Path]) -> tuple[str, ...]:
        return tuple(str(path.relative_to(pack.folder)) for path in sorted(paths))

    return Code(named(on_host), tuple(sorted(functions)), named(programs), digest.hexdigest())


def uses_code(lesson: Lesson) -> bool:
    """Whether anything of the pack's code runs when `lesson` is graded."""
    return bool(functions_of(lesson) or programs_of(lesson) or lesson.manifest.helpers)


def is_trusted(pack: Pack) -> bool:
    """Whether all code of `pack` may run as it is now."""
    if pack.folder == catalog.shipped_folder():
        return True
    code = code_of(pack)
    return not code or (_folder() / code.digest).exists()


def trust(pack: Pack) -> None:
    """Let the code of `pack` run as it is now."""
    folder = paths.make_folder(_folder())
    try:
        words = f"{pack.id} {pack.manifest.version} {datetime.now().isoformat(timespec='seconds')}\n"
        (folder / code_of(pack).digest).write_text(words, encoding="utf-8")
    except OSError as problem:
        raise LabError(
            f"{folder} cannot be written: {problem.strerror}.", hint="Make it writable for you."
        ) from problem


def demand(lesson: Lesson) -> None:
    """Raise UntrustedError when grading `lesson` would run code that may not run."""
    if uses_code(lesson):
        demand_all(lesson.pack_folder)


def demand_all(pack_folder: Path) -> None:
    """Raise UntrustedError when there is code in the pack that may not run."""
    if pack_folder != catalog.shipped_folder() and not is_trusted(pack := catalog.load(pack_folder)):
        raise UntrustedError(pack)


def _folder() -> Path:
    """One file for each digest of code that may run, which says in words whose."""
    return paths.data() / "trusted"


def functions_of(lesson: Lesson) -> set[str]:
    """The functions of checks.py that grading `lesson` calls."""
    asked = (
        item.python for check in lesson.checks for item in check.expect if isinstance(item, PythonExpectation)
    )
    done = (item.python for check in lesson.checks for item in check.do if isinstance(item, Python))
    return {*asked, *done}


def programs_of(lesson: Lesson) -> set[Path]:
    """The test programs that grading `lesson` runs."""
    actions = (action for check in lesson.checks for action in check.single_actions)
    return {lesson.folder / action.run for action in actions if isinstance(action, Run)}


def helpers_of(lesson: Lesson) -> set[Path]:
    """The C files of the pack's own modules that grading `lesson` loads."""
    folders = (lesson.pack_folder / "modules" / name for name in lesson.manifest.helpers)
    return {path for folder in folders for path in folder.glob("*.[ch]")}


def _python_files(folder: Path) -> list[Path]:
    """checks.py, and what it might import of the pack."""
    below = (path for name in contents.FOLDERS for path in (folder / name).rglob("*.py"))
    return [folder / CHECKS, *below]
