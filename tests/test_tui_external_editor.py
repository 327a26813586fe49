# SPDX-License-Identifier: MIT
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pexpect
import pyte
import pytest
from tui_lab import RecordedSession, make_app
from tui_pilot import WIDE, editor_of, opened, until

from kmodlab.errors import LabError
from kmodlab.tui import external_editor

APP = """
import sys
from pathlib import Path
from tui_lab import RecordedSession, make_app, make_pack
folder = Path(sys.argv[1])
make_app(RecordedSession(make_pack(folder / "pack"), folder / "data")).run()
"""

EDITOR = """#!/bin/sh
[ -t 0 ] && [ -t 1 ] && echo "EDITING ${1} OF $(basename "$2")"
read -r answer
sed -i "s/hello kernel/$answer/" "$2"
"""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of the PATH, with a program called `vi`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "vi").write_text("#!/bin/sh\n")
    (folder / "vi").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return folder


# Which editor


@pytest.mark.parametrize(
    ("setting", "environment", "expected"),
    [
        ("vi -n", {"VISUAL": "other", "EDITOR": "another"}, ["vi", "-n"]),
        (None, {"VISUAL": "vi", "EDITOR": "another"}, ["vi"]),
        (None, {"VISUAL": "", "EDITOR": "vi '-c x'"}, ["vi", "-c x"]),
        (None, {}, ["vi"]),
    ],
)
@pytest.mark.usefixtures("tools")
def test_the_setting_comes_first_then_visual_then_editor_then_what_there_is(
    setting: str | None, environment: dict[str, str], expected: list[str]
) -> None:
    assert external_editor.chosen(setting, environment) == expected


@pytest.mark.parametrize(
    ("line", "complaint"),
    [("missing --wait", "missing is not installed"), ("vi 'x", "is no command"), (" ", "is no command")],
)
@pytest.mark.usefixtures("tools")
def test_an_editor_that_cannot_be_run_is_told_in_a_sentence(line: str, complaint: str) -> None:
    with pytest.raises(LabError, match=complaint):
        external_editor.chosen(line, {})


def test_without_any_editor_that_is_told(tools: Path) -> None:
    (tools / "vi").unlink()
    with pytest.raises(LabError, match="There is no editor"):
        external_editor.chosen(None, {})


@pytest.mark.parametrize(
    ("editor", "expected"),
    [
        (["vi"], ["vi", "+7", "hello.c"]),
        (["/usr/bin/nano", "-l"], ["/usr/bin/nano", "-l", "+7", "hello.c"]),
        (["gedit"], ["gedit", "hello.c"]),
    ],
)
def test_the_line_is_given_to_editors_that_take_one(editor: list[str], expected: list[str]) -> None:
    assert external_editor.command(editor, Path("hello.c"), 7) == expected


def test_an_editor_that_ends_with_trouble_is_told_and_interrupts_are_ours_again(tools: Path) -> None:
    handler = signal.getsignal(signal.SIGINT)
    (tools / "vi").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(LabError, match="vi ended with status 3"):
        external_editor.run(["vi"])
    (tools / "vi").write_text("no program")
    with pytest.raises(LabError, match="vi cannot be started: Exec format error"):
        external_editor.run(["vi"])
    assert signal.getsignal(signal.SIGINT) is handler


# From the app


@pytest.mark.parametrize(
    ("editor", "complaint"), [("sh", "cannot be lent"), ("no-such-editor", "no-such-editor is not installed")]
)
async def test_where_it_is_not_possible_the_app_says_so_and_what_was_typed_is_saved(
    lab: RecordedSession, monkeypatch: pytest.MonkeyPatch, editor: str, complaint: str
) -> None:
    monkeypatch.setenv("VISUAL", editor)
    path = lab.workspace.path(lab.pack.lessons[0], "hello.c")
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f3", "e", "f2", "e")
        await until(pilot, lambda: list(app._notifications))
        assert complaint in next(iter(app._notifications)).message
        assert path.read_text() == editor_of(app).text
        assert editor_of(app).text.startswith("e//")


def seen_through(app: "pexpect.spawn[str]") -> Callable[[str], None]:
    """A wait until a text stands on the terminal's screen; what is written at once may be less."""
    screen = pyte.Screen(120, 40)
    stream = pyte.Stream(screen)

    def wait(text: str) -> None:
        ends = time.monotonic() + 60
        while not any(text in line for line in screen.display):
            assert time.monotonic() < ends, "\n".join(screen.display)
            with suppress(pexpect.TIMEOUT):
                stream.feed(app.read_nonblocking(65536, timeout=1))

    return wait


def test_the_app_lends_its_terminal_and_comes_back_with_what_was_saved(tmp_path: Path) -> None:
    editor = tmp_path / "nano"
    editor.write_text(EDITOR)
    editor.chmod(0o755)
    (tmp_path / "pack").mkdir()
    environment = os.environ | {
        "VISUAL": str(editor),
        "TERM": "xterm-256color",
        "PYTHONPATH": str(Path(__file__).parent),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "COLUMNS": "120",  # a runner of tests may have set others
        "LINES": "40",
    }
    app = pexpect.spawn(
        sys.executable, ["-c", APP, str(tmp_path)], env=environment, dimensions=(40, 120), encoding="utf-8"
    )
    shows = seen_through(app)
    shows('pr_info("hello kernel')
    app.send("e")
    shows("EDITING +1 OF hello.c")
    app.sendintr()  # the interrupt is the editor's, and ends it; the app goes on
    shows("nano was ended by SIGINT")
    app.send("e")
    shows("EDITING +1 OF hello.c")
    app.sendline("from elsewhere")
    shows('pr_info("from elsewhere')
    app.sendcontrol("q")
    app.expect(pexpect.EOF)
    app.close()
    assert app.exitstatus == 0
    (file,) = (tmp_path / "data").rglob("hello.c")
    assert "from elsewhere" in file.read_text()
