# SPDX-License-Identifier: MIT
"""Running system commands: watched, cancelled, and never left behind."""

from threading import Event

import pytest

from kmodlab.errors import CancelledError, LabError
from kmodlab.kernels.command import Finished, run


def test_a_command_gives_status_and_output_apart() -> None:
    assert run(["sh", "-c", "echo out; echo err >&2; exit 3"]) == Finished(3, "out\n", "err\n")


def test_lines_are_told_as_they_come() -> None:
    lines: list[str] = []
    run(["sh", "-c", "printf 'one\\ntwo\\nhalf'"], on_line=lines.append)
    assert lines == ["one", "two"]


def test_messages_are_in_english_whatever_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert run(["sh", "-c", "echo $LC_ALL"]).stdout == "C\n"


def test_a_cancelled_command_ends_with_its_children() -> None:
    cancel = Event()
    with pytest.raises(CancelledError):
        run(["sh", "-c", "echo $$; sleep 60 & sleep 60"], on_line=lambda line: cancel.set(), cancel=cancel)


def test_a_command_that_says_nothing_for_long_is_given_up() -> None:
    with pytest.raises(LabError, match="sleep has not moved"):
        run(["sleep", "60"], silence=0.1)


def test_a_command_that_is_not_there_is_named() -> None:
    with pytest.raises(LabError, match="no-such-command"):
        run(["no-such-command"])


def test_output_that_is_no_text_does_no_harm() -> None:
    assert run(["printf", "\\377"]).stdout == "\N{REPLACEMENT CHARACTER}"
