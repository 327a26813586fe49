# SPDX-License-Identifier: MIT
"""Keys as a terminal sends them."""

import pytest

from kmodlab.tui.terminal.keys import encoded, pasted


@pytest.mark.parametrize(
    ("key", "character", "sent"),
    [
        ("a", "a", b"a"),
        ("A", "A", b"A"),
        ("question_mark", "?", b"?"),
        ("é", "é", "é".encode()),
        ("enter", "\r", b"\r"),
        ("tab", "\t", b"\t"),
        ("shift+tab", None, b"\x1b[Z"),
        ("escape", "\x1b", b"\x1b"),
        ("backspace", "\x7f", b"\x7f"),
        ("space", " ", b" "),
        ("ctrl+c", "\x03", b"\x03"),
        ("ctrl+q", "\x11", b"\x11"),
        ("ctrl+@", "\0", b"\0"),
        ("ctrl+backslash", "\x1c", b"\x1c"),
        ("up", None, b"\x1b[A"),
        ("ctrl+right", None, b"\x1b[1;5C"),
        ("ctrl+shift+left", None, b"\x1b[1;6D"),
        ("home", None, b"\x1b[H"),
        ("delete", None, b"\x1b[3~"),
        ("shift+delete", None, b"\x1b[3;2~"),
        ("pagedown", None, b"\x1b[6~"),
        ("f1", None, b"\x1bOP"),
        ("f4", None, b"\x1bOS"),
        ("f5", None, b"\x1b[15~"),
        ("f12", None, b"\x1b[24~"),
        ("shift+f5", None, b"\x1b[15;2~"),
        ("alt+b", None, b"\x1bb"),
        ("alt+backspace", None, b"\x1b\x7f"),
        ("super+x", None, None),
    ],
)
def test_what_a_key_sends(key: str, character: str | None, sent: bytes | None) -> None:
    assert encoded(key, character) == sent


def test_programs_that_ask_get_other_arrow_keys() -> None:
    assert encoded("up", None, is_application=True) == b"\x1bOA"
    assert encoded("home", None, is_application=True) == b"\x1bOH"
    assert encoded("ctrl+up", None, is_application=True) == b"\x1b[1;5A"
    assert encoded("delete", None, is_application=True) == b"\x1b[3~"


def test_what_is_pasted_is_as_if_it_was_typed() -> None:
    assert pasted("one\ntwo\r\n", is_bracketed=False) == b"one\rtwo\r"
    assert pasted("one", is_bracketed=True) == b"\x1b[200~one\x1b[201~"
