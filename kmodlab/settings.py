# SPDX-License-Identifier: MIT
"""What the user chose, in settings.toml: read, and changed without losing what else stands there."""

import os
import re
import tempfile
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from kmodlab import paths
from kmodlab.errors import LabError


@dataclass(frozen=True, slots=True)
class Settings:
    """The user's choices; None where the lab chooses."""

    kernel: str | None = None  # the release of the kernel to run
    theme: str | None = None  # the app's theme
    editor: str | None = None  # the command that edits a file, in place of $VISUAL and $EDITOR
    keys: Mapping[str, str] = field(default_factory=dict)  # ids of the app's commands, and their keys
    language: str | None = None  # of the lessons' texts, such as de; without one, that of the system
    pack: str | None = None  # the id of the pack to open; without one, the pack that ships


def path() -> Path:
    """Name the file that holds the settings."""
    return paths.config() / "settings.toml"


def load() -> Settings:
    """Read the settings; raise LabError that names the file when it is damaged."""
    return _settings(_table())


def change(**choices: str | Mapping[str, str] | None) -> Settings:
    """Write the given `choices` (fields of Settings; None or nothing forgets one) and give what they are now."""
    table = _table()
    _settings(table)  # a damaged file is for the user to look at, not for us to write over
    for name, value in choices.items():
        if name not in Settings.__dataclass_fields__:
            raise TypeError(f"there is no setting {name!r}")
        if not value:
            table.pop(name, None)
        elif isinstance(value, Mapping):
            _fill(table.setdefault(name, tomlkit.table()), value)
        else:
            table[name] = value
    _replace(path(), tomlkit.dumps(table))
    return _settings(table)


def language() -> str | None:
    """The language that the user wants to read, such as `de`: the one of the settings, else that of the system."""
    try:
        chosen = load().language
    except LabError:  # whoever needs the settings says so
        chosen = None
    locale = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    found = re.match(r"[a-z]{2,3}(?![a-z])", chosen or locale)
    return found[0] if found else None


def _table() -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except OSError as problem:
        raise LabError(
            f"{path()} cannot be read: {problem.strerror}.", hint="Make the file readable for you."
        ) from problem
    except (TOMLKitError, UnicodeDecodeError) as problem:
        raise LabError(
            f"{path()} is not valid TOML: {problem}.", hint="Correct the file, or delete it to start afresh."
        ) from problem


def _settings(table: tomlkit.TOMLDocument) -> Settings:
    return Settings(
        kernel=_text(table, "kernel"),
        theme=_text(table, "theme"),
        language=_text(table, "language"),
        pack=_text(table, "pack"),
        editor=_text(table, "editor"),
        keys=_texts(table, "keys"),
    )


def _fill(table: MutableMapping[str, Any], values: Mapping[str, str]) -> None:
    """Let `table` hold `values` and nothing else."""
    for name in [name for name in table if name not in values]:
        del table[name]
    table.update(values)


def _text(table: dict[str, Any], name: str) -> str | None:
    value = table.get(name)
    if value is not None and not isinstance(value, str):
        raise LabError(
            f"{path()}: {name} has to be a text.", hint="Correct the file, or delete it to start afresh."
        )
    return None if value is None else str(value)


def _texts(table: dict[str, Any], name: str) -> dict[str, str]:
    """A table of texts; `a.b = "c"` is as good as `"a.b" = "c"`."""
    found: dict[str, str] = {}
    waiting = [("", table.get(name, {}))]
    while waiting:
        prefix, values = waiting.pop()
        if not isinstance(values, dict):
            raise LabError(
                f"{path()}: {name} has to be a table of texts.",
                hint="Correct the file, or delete it to start afresh.",
            )
        for key, value in values.items():
            if isinstance(value, str):
                found[prefix + key] = str(value)
            else:
                waiting.append((f"{prefix}{key}.", value))
    return found


def _replace(file: Path, text: str) -> None:
    """Write `text` to `file` so that it is there whole or not at all, whenever the writing is cut short."""
    folder = paths.make_folder(file.parent)
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=folder, prefix=f".{file.name}-", delete=False
        ) as new:
            try:
                new.write(text)
                new.flush()
                os.fsync(new.fileno())
                Path(new.name).replace(file)
            except BaseException:
                Path(new.name).unlink(missing_ok=True)
                raise
    except OSError as problem:
        raise LabError(
            f"{file} cannot be written: {problem.strerror}.",
            hint="Make its folder writable, or free some disk space.",
        ) from problem
