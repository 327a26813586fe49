# SPDX-License-Identifier: MIT
"""The learner's own editor: which one it is, how it is told the line, and running it in this terminal."""

import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from kmodlab.errors import LabError

USUAL = ("nano", "vim", "vi")  # where none is chosen; the first that there is
TAKE_LINE = {  # whose cursor +LINE before the file puts on that line
    *("vi", "vim", "nvim", "nvi", "view", "kak"),
    *("emacs", "emacsclient", "mg", "jed"),
    *("nano", "pico", "micro", "joe", "ne", "mcedit"),
}
HINT = "Set VISUAL to one that is installed, as in: export VISUAL=nano"


def chosen(setting: str | None, environment: Mapping[str, str]) -> list[str]:
    """The words of the editor's command: the setting, else $VISUAL, $EDITOR, or one that is usual.

    Raises LabError when it is no command, or not installed.
    """
    line = setting or environment.get("VISUAL") or environment.get("EDITOR")
    if not line:
        line = next((name for name in USUAL if shutil.which(name)), None)
    if not line:
        raise LabError("There is no editor to open.", hint=HINT)
    try:
        words = shlex.split(line)
    except ValueError:
        words = []
    if not words:
        raise LabError(f"The editor “{line}” is no command.", hint=HINT)
    if shutil.which(words[0]) is None:
        raise LabError(f"The editor {words[0]} is not installed.", hint=HINT)
    return words


def command(editor: Sequence[str], file: Path, line: int) -> list[str]:
    """The command that opens `file`, at `line` (counted from 1) where the editor is known to take one."""
    place = [f"+{line}"] if Path(editor[0]).name in TAKE_LINE else []
    return [*editor, *place, str(file)]


def run(command: Sequence[str]) -> None:
    """Run an editor until it ends; raise LabError when it cannot be started, or ends with trouble.

    An interrupt from the keyboard is the editor's alone meanwhile. Only in the main thread.
    """
    name = Path(command[0]).name
    before = signal.signal(signal.SIGINT, lambda *_: None)  # a handler, which the editor does not inherit
    try:
        status = subprocess.run(command, check=False).returncode
    except OSError as problem:
        raise LabError(f"{name} cannot be started: {problem.strerror}.", hint=HINT) from problem
    finally:
        signal.signal(signal.SIGINT, before)
    if status:
        how = f"ended with status {status}" if status > 0 else f"was ended by {signal.Signals(-status).name}"
        raise LabError(f"{name} {how}.", hint="What it had saved is loaded.")
