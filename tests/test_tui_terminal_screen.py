# SPDX-License-Identifier: MIT
"""The terminal's screen, fed with what a real guest printed (data/terminal) and with what none should."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from kmodlab.tui.terminal.screen import APPLICATION_CURSOR, BRACKETED_PASTE, Screen, Stream

RECORDED = Path(__file__).parent / "data" / "terminal"


class Terminal:
    """A screen of 80 by 24, or another size, with its stream and what it has answered."""

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        self.answers: list[str] = []
        self.screen = Screen(columns, lines, self.answers.append)
        self._stream = Stream(self.screen)

    def feed(self, printed: bytes | str) -> None:
        self._stream.feed(printed.encode() if isinstance(printed, str) else printed)

    def play(self, *names: str) -> None:
        for name in names:
            self.feed((RECORDED / f"{name}.bin").read_bytes())

    @property
    def lines(self) -> list[str]:
        """What is on the screen, without empty ends."""
        rows = range(self.screen.past, self.screen.past + self.screen.lines)
        return ["".join(text for text, _ in self.screen.row(row)) for row in rows]

    @property
    def scrolled_off(self) -> list[str]:
        return ["".join(text for text, _ in row) for row in self.screen.scrollback]


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def test_the_shell_is_told_where_the_cursor_is(terminal: Terminal) -> None:
    terminal.play("prompt")
    assert terminal.lines[5] == "kmodlab:/root#"
    assert (terminal.screen.cursor.x, terminal.screen.cursor.y) == (15, 5)
    terminal.feed("\x1b[6n")
    assert terminal.answers[-1] == "\x1b[6;16R"


def test_colours(terminal: Terminal) -> None:
    terminal.play("colours")
    looks = {text.strip(): look for text, look in terminal.screen.row(1)}
    assert (looks["bin"].fg, looks["bin"].bold) == ("blue", True)
    assert looks["linuxrc"].fg == "cyan"


def test_vi_takes_the_screen_and_gives_it_back(terminal: Terminal) -> None:
    terminal.play("colours")
    before = terminal.lines
    terminal.play("vi-open")
    assert terminal.screen.is_alternate
    assert terminal.lines[6] == "~"
    assert terminal.lines[23] == "- /etc/profile 1/6 16%"
    terminal.play("vi-insert")
    assert terminal.lines[0] == "hello"
    assert "[Modified]" in terminal.lines[23]
    terminal.play("vi-quit")
    assert not terminal.screen.is_alternate
    assert terminal.lines[:2] == before[:2]
    assert "~" not in terminal.lines
    assert terminal.lines[4] == "kmodlab:/root#"


def test_less_shows_a_page_and_its_bar(terminal: Terminal) -> None:
    terminal.play("less-open")
    assert terminal.lines[0].startswith("# SPDX-License-Identifier")
    assert terminal.lines[23] == "/etc/profile"
    assert terminal.screen.row(terminal.screen.past + 23)[0][1].reverse
    terminal.play("less-quit")
    assert terminal.lines[23] == "kmodlab:/root#"


def test_what_leaves_at_the_top_can_be_scrolled_back_to(terminal: Terminal) -> None:
    terminal.play("flood")
    assert terminal.lines[-2:] == ["60", "kmodlab:/root#"]
    assert terminal.scrolled_off[:3] == ["seq 60", "1", "2"]
    assert [*terminal.scrolled_off, *terminal.lines][1:61] == [str(number) for number in range(1, 61)]


def test_clear_empties_the_screen_and_keeps_the_scrollback(terminal: Terminal) -> None:
    terminal.play("flood", "clear")
    assert terminal.lines[0] == "kmodlab:/root#"
    assert not any(terminal.lines[1:])
    assert terminal.scrolled_off[:2] == ["seq 60", "1"]
    terminal.feed("\x1b[3J")
    assert terminal.scrolled_off == []


def test_a_program_with_the_screen_to_itself_leaves_nothing_in_the_scrollback(terminal: Terminal) -> None:
    terminal.feed("\x1b[?1049h" + "line\r\n" * 100)
    assert terminal.screen.past == 0
    terminal.feed("\x1b[?1049l")
    assert terminal.scrolled_off == []


def test_a_smaller_window_keeps_what_is_above_the_cursor_in_the_scrollback(terminal: Terminal) -> None:
    terminal.feed("\r\n".join(str(number) for number in range(20)))
    terminal.screen.resize(lines=10, columns=40)
    assert terminal.lines == [str(number) for number in range(10, 20)]
    assert terminal.scrolled_off == [str(number) for number in range(10)]
    assert terminal.screen.cursor.y == 9
    terminal.screen.resize(lines=15, columns=90)
    assert terminal.lines[:10] == [str(number) for number in range(10, 20)]


def test_a_smaller_window_takes_the_empty_lines_below_first(terminal: Terminal) -> None:
    terminal.feed("one\r\ntwo")
    terminal.screen.resize(lines=5)
    assert terminal.lines[:2] == ["one", "two"]
    assert terminal.scrolled_off == []


def test_a_window_made_smaller_while_vi_is_open_shows_the_shell_afterwards(terminal: Terminal) -> None:
    terminal.feed("\r\n".join(str(number) for number in range(24)))
    terminal.play("vi-open")
    terminal.screen.resize(lines=8, columns=30)
    terminal.play("vi-quit")
    assert terminal.lines[-1].endswith("kmodlab:/root#")
    assert terminal.screen.cursor.y == 7
    assert len(terminal.lines) == 8


def test_wide_letters_take_two_cells(terminal: Terminal) -> None:
    terminal.feed("日本x")
    assert terminal.lines[0] == "日本x"
    assert terminal.screen.cursor.x == 5


def test_a_wide_letter_that_does_not_fit_goes_to_the_next_line() -> None:
    terminal = Terminal(columns=5)
    terminal.feed("1234日")
    assert terminal.lines[:2] == ["1234", "日"]


def test_an_accent_joins_its_letter(terminal: Terminal) -> None:
    terminal.feed("e\u0301日\u0301")
    assert terminal.lines[0] == "é日\u0301"
    assert terminal.screen.cursor.x == 3


def test_long_lines_wrap(terminal: Terminal) -> None:
    terminal.feed("x" * 170)
    assert [len(line) for line in terminal.lines[:3]] == [80, 80, 10]


def test_a_letter_may_arrive_in_pieces(terminal: Terminal) -> None:
    first, second = "é".encode()[:1], "é".encode()[1:]
    terminal.feed(first)
    terminal.feed(second)
    assert terminal.lines[0] == "é"


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b]0;a title\x07",
        "\x1b]2;[in brackets]\x1b\\",
        "\x1b[?2004h",
        "\x1b[?7727h",
        "\x1b[?1;2c",
        "\x1b[>c",
        "\x1b[?25$p",
        "\x1b[1;2;3;4A",
        "\x1b[9999;9999H\x1b[H",
        "\x1b[7K",
        "\x1b[?6n",
        "\x1b[38;5;999m\x1b[0m",
        "\x1b[99m",
        "\x1b[?6h\x1b[5d\x1b[?6l",
        "\x1b[5X\x1b[4h\x1b[4l",
        "\x01\x02\x9f\u200b",
    ],
)
def test_what_it_does_not_know_changes_nothing(terminal: Terminal, sequence: str) -> None:
    terminal.feed(f"{sequence}after")
    assert terminal.lines[0].endswith("after")
    assert terminal.screen.cursor.x >= 5


def test_programs_can_ask_for_other_keys_and_for_brackets_around_what_is_pasted(terminal: Terminal) -> None:
    terminal.feed("\x1b[?1h\x1b[?2004h")
    assert {APPLICATION_CURSOR, BRACKETED_PASTE} <= terminal.screen.mode
    terminal.feed("\x1b[?1l\x1b[?2004l")
    assert not {APPLICATION_CURSOR, BRACKETED_PASTE} & terminal.screen.mode


@given(
    st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([b"\x1b[", b"\x1b[?1049h", b"\x1b[?1049l"])))
)
def test_no_bytes_whatever_make_it_fail_or_a_row_too_wide(pieces: list[bytes]) -> None:
    terminal = Terminal(columns=12, lines=5)
    for number, piece in enumerate(pieces):
        terminal.feed(piece)
        terminal.screen.resize(lines=3 + number % 4, columns=8 + number % 7)
        for row in range(terminal.screen.past + terminal.screen.lines):
            assert cell_len("".join(text for text, _ in terminal.screen.row(row))) <= 16
