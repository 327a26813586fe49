# SPDX-License-Identifier: MIT
"""A root shell of a fresh machine in this terminal."""

import os
import select
import signal
import socket
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import click

from kmodlab.bench import Bench
from kmodlab.cli.common import LESSON, chosen_pack, news
from kmodlab.errors import LabError, UsageError
from kmodlab.machines.console import Console
from kmodlab.machines.machine import MachineLostError
from kmodlab.packs.catalog import Lesson
from kmodlab.session import Session

LEAVE = b"\x1d"  # ctrl+], as in telnet: no program in the guest has a use for it
CHUNK = 1 << 16


@click.command("console")
@click.option(
    "--load", "lesson", type=LESSON, metavar="LESSON", help="Have your module of LESSON built and loaded."
)
def console_command(lesson: str | None) -> int:
    """Open a root shell in a fresh machine. Leave with ctrl+]; the machine is thrown away then.

    Nothing that you do there reaches this computer.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "A console needs a terminal.", hint="`kmodlab run FILE.c` shows what a module does without one."
        )
    pack = chosen_pack()
    with Session(pack) as session:
        with news() as listen:
            session.boot(listen)
        with closing(session.bench()) as bench:
            if lesson is not None:
                _put(bench, pack.lesson(lesson), session)
            print(f"Linux {session.kernel}. Leave with ctrl+].")
            has_ended = relay(bench.console())
    print("The machine stopped." if has_ended else "The machine is gone, and all that was in it.")
    return 0


def _put(bench: Bench, lesson: Lesson, session: Session) -> None:
    """Build the learner's modules and load them; one that the kernel refuses can still be looked into."""
    sources = session.workspace.read(lesson)
    bench.build(sources, lesson.manifest.modules, lesson.helpers())
    bench.supply(lesson, sources)
    try:
        for name in lesson.manifest.modules:
            bench.load(name)
    except MachineLostError:
        raise
    except LabError as refusal:
        print(f"{refusal.message}\n{refusal.hint}")


def relay(console: Console) -> bool:
    """Connect the terminal with the console until the user leaves; True when the machine ended before that."""
    with _raw_terminal() as terminal, _window_changes() as changes:
        _tell_size(console)
        pending = b""  # typed, and not taken by the guest yet
        while True:
            writers = [console.socket] if pending else []
            readers: list[Any] = [terminal, console.socket, changes]
            readable, writable, _ = select.select(readers, writers, [])
            if changes in readable:
                changes.recv(CHUNK)
                _tell_size(console)
            if terminal in readable:
                typed = os.read(terminal, CHUNK)
                if not typed or LEAVE in typed:
                    return False
                pending += typed
            if console.socket in readable:
                printed = console.socket.recv(CHUNK)
                if not printed:
                    return True
                _write_all(sys.stdout.fileno(), printed)
            if writable:
                pending = pending[console.socket.send(pending) :]


@contextmanager
def _raw_terminal() -> Iterator[int]:
    """The terminal, every key passed on as it is, and back as it was afterwards."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    sys.stdout.flush()
    try:
        tty.setraw(terminal)
        yield terminal
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
        print()


@contextmanager
def _window_changes() -> Iterator[socket.socket]:
    """A socket with something to read whenever the window's size has changed."""
    ours, signals = socket.socketpair()
    with ours, signals:
        signals.setblocking(False)
        wakeup = signal.set_wakeup_fd(signals.fileno(), warn_on_full_buffer=False)
        before = signal.signal(signal.SIGWINCH, lambda *_: None)
        try:
            yield ours
        finally:
            signal.signal(signal.SIGWINCH, before)
            signal.set_wakeup_fd(wakeup)


def _tell_size(console: Console) -> None:
    size = os.get_terminal_size(sys.stdout.fileno())
    console.resize(size.lines, size.columns)


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
