# SPDX-License-Identifier: MIT
"""The keys of the app: which commands there are, and which keys the learner has given them.

A command is a binding that has an id. Textual exchanges keys by these ids (App.set_keymap), but it neither knows which
ids there are nor notices every clash, so both are found out here.
"""

import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, format_key, key_to_character
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import TextArea

Keymap = Mapping[str, str]  # ids of commands, and the keys that they have by the learner's choice

MODIFIERS = {"ctrl", "shift", "alt", "super", "meta", "hyper"}
_UNICODE_NAMES = {short: long for long, short in KEY_NAME_REPLACEMENTS.items()}


@dataclass(frozen=True, slots=True)
class Command:
    """Something that keys do; `keys` are those it has unless the learner chooses."""

    id: str
    action: str
    name: str
    meaning: str  # in a few words more
    keys: tuple[str, ...]
    owner: type[DOMNode]  # the app, or the screen or widget in which it works
    is_priority: bool  # works before what has the focus sees the key


@cache
def commands() -> dict[str, Command]:
    """Every command by its id: those of the app, of the lesson screen, then of each pane and each other screen."""
    from kmodlab.tui import screens, widgets

    import_module("kmodlab.tui.app")
    for package in (screens, widgets):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    owners = sorted(_classes(DOMNode), key=_rank)
    return {command.id: command for owner in owners for command in commands_of(owner)}


@cache
def commands_of(owner: type[DOMNode]) -> tuple[Command, ...]:
    """The commands that a class itself declares."""
    return tuple(
        Command(
            binding.id,
            binding.action,
            binding.description,
            binding.tooltip or binding.description,
            split(binding.key),
            owner,
            binding.priority,
        )
        for binding in vars(owner).get("BINDINGS", ())
        if isinstance(binding, Binding) and binding.id
    )


def name_of(owner: type[DOMNode]) -> str:
    """What a pane or screen is called: its HELP, otherwise what its class is called."""
    return owner.HELP or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", owner.__name__).capitalize()


def split(keys: str) -> tuple[str, ...]:
    """The keys of a list with commas, by the names that Textual gives them: question_mark for ?."""
    return tuple(binding.key for binding in Binding.make_bindings([Binding(keys, "")]))


def keys_of(command: Command, keymap: Keymap) -> tuple[str, ...]:
    """The keys that a command has now."""
    return split(keymap[command.id]) if command.id in keymap else command.keys


def display(key: str) -> str:
    """A key as people write it: F5, ctrl+r, ?."""
    *modifiers, last = key.split("+")
    return "+".join([*modifiers, last.upper() if re.fullmatch(r"f\d+", last) else format_key(last)])


def key_for(app: App[Any], id: str) -> str:
    """The first key of a command of the app, or of a screen that is open, as the footer shows it."""
    known = next((command for command in _open_commands(app) if command.id == id), None)
    return first_key(app, known or commands()[id])


def key_for_action(app: App[Any], action: str) -> str | None:
    """The first key of what does `action`, as the footer shows it; None when no key does."""
    return next(
        (first_key(app, command) for command in _open_commands(app) if command.action == action), None
    )


def _open_commands(app: App[Any]) -> Iterator[Command]:
    for owner in (*(type(screen) for screen in app.screen_stack), type(app)):
        yield from commands_of(owner)


def first_key(app: App[Any], command: Command) -> str:
    """The first key of a command, as the footer shows it."""
    keymap: Keymap = getattr(app, "keymap", {})
    return app.get_key_display(Binding(keys_of(command, keymap)[0], ""))


def complaint(command: Command, key: str, keymap: Keymap) -> str | None:
    """Why a command cannot have a key, in one sentence; None when it can."""
    name = display(key)
    if not _is_known(key):
        return f"There is no key called {key}."
    if key in command.keys:
        others = [other for other in _sharing(command, key, keymap) if key not in other.keys]
    else:
        if _types(key) and (command.is_priority or _is_typed_into(command.owner)):
            return f"{name} is needed for typing; a function key or one with ctrl is not."
        if _reaches_editor(command) and (meaning := _editor_keys().get(key)):
            return f"{name} is the editor's: {meaning.lower()}."
        others = _sharing(command, key, keymap)
    if others:
        return f"{name} means “{others[0].name}” already."
    return None


def judge(keymap: Keymap) -> tuple[dict[str, str], list[str]]:
    """What of a keymap can be used, and a sentence on each part that cannot."""
    usable: dict[str, str] = {}
    complaints: list[str] = []
    for id, keys in keymap.items():
        if id not in commands():
            complaints.append(f"There is no command called {id}.")
        elif not all(key.strip() for key in keys.split(",")):
            complaints.append(f"{id} has no key.")
        else:
            usable[id] = keys
    for id, keys in list(usable.items()):
        reasons = list(filter(None, (complaint(commands()[id], key, usable) for key in split(keys))))
        if reasons:
            del usable[id]
            complaints.append(f"{id}: {reasons[0]}")
    return usable, complaints


def _sharing(command: Command, key: str, keymap: Keymap) -> list[Command]:
    """The other commands that have a key and work where `command` does."""
    return [
        other
        for other in commands().values()
        if other.id != command.id and key in keys_of(other, keymap) and _meet(command.owner, other.owner)
    ]


def _meet(one: type[DOMNode], other: type[DOMNode]) -> bool:
    """Whether there may be a moment in which the commands of both classes work."""
    if issubclass(one, other) or issubclass(other, one) or issubclass(one, App) or issubclass(other, App):
        return True
    if issubclass(one, Screen) or issubclass(other, Screen):
        return not (issubclass(one, Screen) and issubclass(other, Screen))
    return not (_can_focus(one) and _can_focus(other))  # what cannot have the focus may hold what has it


def _can_focus(owner: type[DOMNode]) -> bool:
    return issubclass(owner, Widget) and owner.can_focus


def _is_typed_into(owner: type[DOMNode]) -> bool:
    from textual.widgets import Input

    return issubclass(owner, TextArea | Input)


def _reaches_editor(command: Command) -> bool:
    from kmodlab.tui.screens.lesson import LessonScreen

    return issubclass(command.owner, App | LessonScreen | TextArea)


@cache
def _editor_keys() -> dict[str, str]:
    """The keys that Textual's editor has by itself, and what they do."""
    return {binding.key: binding.description for binding in Binding.make_bindings(TextArea.BINDINGS)}


def _types(key: str) -> bool:
    character = _character(key.removeprefix("alt+"))  # terminals send both, and Textual types the letter
    return character is not None and character.isprintable()


def _character(key: str) -> str | None:
    """The character of a key; Textual forgets that it calls some by shorter names than Unicode does."""
    return key_to_character(_UNICODE_NAMES.get(key, key))


def _is_known(key: str) -> bool:
    *modifiers, last = key.split("+")
    return set(modifiers) <= MODIFIERS and (
        last in {known.value for known in Keys} or _character(last) is not None
    )


def _classes(base: type[DOMNode]) -> Iterator[type[DOMNode]]:
    for owner in base.__subclasses__():
        if owner.__module__.startswith("kmodlab.tui."):
            yield owner
        yield from _classes(owner)


def _rank(owner: type[DOMNode]) -> tuple[int, str, str]:
    kind = 0 if issubclass(owner, App) else 2 if issubclass(owner, Screen) else 1
    if owner.__module__ == "kmodlab.tui.screens.lesson":
        kind = 0
    return kind, owner.__module__, owner.__name__
