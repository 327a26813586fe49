# SPDX-License-Identifier: MIT
"""Ways to a root shell that do not lead to one: what is said about each."""

import os
from pathlib import Path

import pytest
from remote_lab import nobody_asks

from kmodlab.errors import LabError
from kmodlab.machines import shell_login


@pytest.fixture
def ordinary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shells that think they are somebody else's than root's."""
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("exit 3", "ended before there was a shell"),
        ("nosuchprogram", "ended before there was a shell: .*nosuchprogram: not found"),
        ("printf 'board login: '; read name", "asks for a login name"),
        ("printf 'Continue (yes/no/[fingerprint])? '; read answer", "asks whether to go on"),
        ("PS1='# ' sh", "not root's"),
        ("PS1='[\\u@\\h \\W]\\$ ' bash --norc", "not root's"),
    ],
)
@pytest.mark.usefixtures("ordinary")
def test_what_is_no_root_shell_is_told(command: str, message: str) -> None:
    with pytest.raises(LabError, match=message) as caught:
        shell_login.connect(command, nobody_asks)
    assert caught.value.hint


@pytest.mark.usefixtures("ordinary")
def test_a_password_is_asked_for_and_passed_on() -> None:
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "open sesame"

    login = (
        'stty -echo; printf "root@board\'s password: "; read word; echo; [ "$word" = \'open sesame\' ] && sh'
    )
    with pytest.raises(LabError, match="not root's"):  # so it came to the shell behind it
        shell_login.connect(login, ask)
    assert asked == ["root@board's password:"]


def test_what_begins_the_agent_fits_into_the_line_of_a_small_shell() -> None:
    assert len(shell_login.BOOTSTRAP) < 1023
