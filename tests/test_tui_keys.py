# SPDX-License-Identifier: MIT
"""Which commands there are, and which keys they can have."""

import ast
import re
from pathlib import Path

import pytest

from kmodlab import tui
from kmodlab.tui.keys import Command, commands, complaint, display, judge, keys_of, split


def command(id: str) -> Command:
    return commands()[id]


def test_every_command_has_a_meaning_and_an_id_of_its_own() -> None:
    assert {"check", "quit", "checks.down", "history.restore", "read.top", "settings"} <= set(commands())
    assert all(one.meaning and one.keys for one in commands().values())


def test_by_default_no_key_has_two_meanings_in_one_place() -> None:
    said = [complaint(one, key, {}) for one in commands().values() for key in one.keys]
    assert [sentence for sentence in said if sentence] == []


@pytest.mark.parametrize(
    ("id", "key"),
    [
        ("check", "f19"),
        ("check", "f5"),  # its own
        ("hint", "x"),
        ("quit", "f19"),
        ("checks.down", "ctrl+j"),
        ("history.restore", "x"),
        ("read.down", "x"),
    ],
)
def test_a_key_that_is_free_where_the_command_works_can_be_had(id: str, key: str) -> None:
    assert complaint(command(id), key, {}) is None


@pytest.mark.parametrize(
    ("id", "key", "why"),
    [
        ("hint", "f5", "F5 means “Check” already."),
        ("hint", "ctrl+q", "“Quit”"),
        ("read.down", "n", "“Next lesson”"),
        ("checks.down", "left", "“Tab before”"),  # the list of checks is a part of the results
        ("history.restore", "f1", "“Keys”"),
        ("quit", "x", "x is needed for typing"),
        ("quit", "alt+x", "alt+x is needed for typing"),
        ("check", "f6", "F6 is the editor's: select line."),
        ("theme", "ctrl+a", "the editor's"),
        ("check", "ctrl+nonsense", "There is no key called ctrl+nonsense."),
        ("check", "strg+r", "There is no key called strg+r."),
    ],
)
def test_a_key_that_is_taken_is_refused_with_the_reason(id: str, key: str, why: str) -> None:
    assert why in (complaint(command(id), key, {}) or "")


def test_a_key_that_was_given_away_is_free_and_the_new_one_is_taken() -> None:
    keymap = {"check": "f19"}
    assert keys_of(command("check"), keymap) == ("f19",)
    assert complaint(command("hint"), "f5", keymap) is None
    assert "“Check”" in (complaint(command("hint"), "f19", keymap) or "")


def test_a_command_gets_no_own_key_back_that_another_has_now() -> None:
    assert "“Hint”" in (complaint(command("check"), "f5", {"hint": "f5"}) or "")


def test_two_commands_can_change_places() -> None:
    assert judge({"lesson": "f3", "code": "f2"}) == ({"lesson": "f3", "code": "f2"}, [])


def test_of_a_keymap_what_cannot_be_used_is_left_out_and_told() -> None:
    usable, complaints = judge(
        {"chek": "f19", "hint": "f5", "next": "f19,?", "quit": "", "prepare": "hyper+f8"}
    )
    assert usable == {"prepare": "hyper+f8"}
    assert complaints == [
        "There is no command called chek.",
        "quit has no key.",
        "hint: F5 means “Check” already.",
        "next: ? means “Keys” already.",
    ]


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("f5", "F5"),
        ("ctrl+r", "ctrl+r"),
        ("question_mark", "?"),
        ("G", "G"),
        ("f", "f"),
        ("shift+f2", "shift+F2"),
    ],
)
def test_keys_are_shown_as_people_write_them(key: str, shown: str) -> None:
    assert display(key) == shown


def test_a_list_of_keys_is_split_and_signs_get_their_names() -> None:
    assert split("f1, ?,G") == ("f1", "question_mark", "G")


def test_no_text_names_a_key_that_may_have_been_changed() -> None:
    texts = [
        (path.name, node.value)
        for path in Path(tui.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [text for text in texts if re.search(r"\bF\d+ [a-z]", text[1])] == []
