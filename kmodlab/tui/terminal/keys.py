# SPDX-License-Identifier: MIT
"""Keys as a terminal sends them (xterm's ctlseqs): Textual's names in, bytes for the guest out."""

LEAVE = "ctrl+right_square_bracket"  # as in telnet: no program in the guest has a use for it

_PLAIN = {
    "enter": "\r",
    "tab": "\t",
    "escape": "\x1b",
    "backspace": "\x7f",
    "space": " ",
    "shift+tab": "\x1b[Z",
}
_CONTROLS = {
    "ctrl+@": "\0",
    "ctrl+space": "\0",
    "ctrl+backslash": "\x1c",
    "ctrl+circumflex_accent": "\x1e",
    "ctrl+underscore": "\x1f",
} | {f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"}
_LETTERS = {"up": "A", "down": "B", "right": "C", "left": "D", "end": "F", "home": "H"} | {
    f"f{number}": letter for number, letter in enumerate("PQRS", start=1)
}
_NUMBERS = {"insert": 2, "delete": 3, "pageup": 5, "pagedown": 6} | {
    f"f{number}": code for number, code in enumerate((15, 17, 18, 19, 20, 21, 23, 24), start=5)
}
_MODIFIERS = {"shift": 1, "alt": 2, "ctrl": 4}


def encoded(key: str, character: str | None, *, is_application: bool = False) -> bytes | None:
    """What the key with this name sends; None when it sends nothing.

    `character` is what it prints, if anything. In application mode the arrow keys send other bytes.
    """
    text = _text(key, character, is_application)
    return None if text is None else text.encode()


def pasted(text: str, *, is_bracketed: bool) -> bytes:
    """Text from the clipboard, as if it was typed; in brackets for programs that have asked for them."""
    typed = text.replace("\r\n", "\r").replace("\n", "\r")
    return f"\x1b[200~{typed}\x1b[201~".encode() if is_bracketed else typed.encode()


def _text(key: str, character: str | None, is_application: bool) -> str | None:
    if key in _PLAIN:
        return _PLAIN[key]
    if key in _CONTROLS:
        return _CONTROLS[key]
    *modifiers, name = key.split("+")
    if name in _LETTERS or name in _NUMBERS:
        return _sequence(name, sum(_MODIFIERS.get(modifier, 0) for modifier in modifiers), is_application)
    if modifiers[:1] == ["alt"]:
        rest = _text(
            key.removeprefix("alt+"), character or (name if len(name) == 1 else None), is_application
        )
        return None if rest is None else f"\x1b{rest}"
    return character


def _sequence(name: str, modifiers: int, is_application: bool) -> str:
    if name in _NUMBERS:
        return f"\x1b[{_NUMBERS[name]};{modifiers + 1}~" if modifiers else f"\x1b[{_NUMBERS[name]}~"
    if modifiers:
        return f"\x1b[1;{modifiers + 1}{_LETTERS[name]}"
    is_short = name[0] == "f" or is_application
    return f"\x1b{'O' if is_short else '['}{_LETTERS[name]}"
