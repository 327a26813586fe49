# SPDX-License-Identifier: MIT
"""Login: from a command such as `ssh root@board` to the lab's agent in the root shell that it gives."""

import os
import re
import time
import tty
from collections.abc import Callable
from importlib import resources
from typing import Any, NoReturn

import pexpect

from kmodlab.errors import LabError

START_SECONDS = 30.0  # to connect, to see a prompt, and for the agent to greet
QUIET_SECONDS = 1.0  # after which Enter is pressed: a serial line shows its prompt only then
MOST_ENTERS = 5  # then there is a shell without a prompt, or none
TERMINAL = {
    "TERM": "dumb",
    "LC_ALL": "C",
}  # so that prompts and questions come in the form that is known here

# The shell waits for the agent and gets its terminal back as it was. Boards have shells that take 1023 bytes a line.
BOOTSTRAP = (
    b' if [ "$(id -u)" = 0 ]; then unshare -m sh -c \'before=$(stty -g 2>/dev/null); '
    b'trap "stty $before 2>/dev/null" EXIT; stty raw -echo isig 2>/dev/null; printf "\\036ready\\036"; '
    b'read -r length; eval "$(head -c $length)"\' 2>&1; printf "\\036gone\\036"; '
    b'else printf "\\036not root\\036"; fi\n'
)
READY, AGENT, GONE, NOT_ROOT = (
    re.compile(b"\x1e%s\x1e" % word) for word in (b"ready", b"agent", b"gone", b"not root")
)
SECRET = re.compile(rb"(?:password|passphrase|\bPIN\b)[^\r\n]*: ?$", re.IGNORECASE)
QUESTION = re.compile(rb"\(yes/no[^\r\n]*$")
LOGIN_NAME = re.compile(rb"login: ?$")
PROMPT = re.compile(rb"[#$%>] ?(?:\x1b\[[0-9;?]*[a-zA-Z])*$")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|[\x00-\x09\x0b-\x1f\x7f]")

AskSecret = Callable[[str], str]  # has the user answer the prompt of a program that wants a password


def connect(command: str, ask: AskSecret) -> "pexpect.spawn[bytes]":
    """Run `command` on a terminal of its own, and bring up the agent in the shell that it gives.

    Raises LabError that says how far it came.
    """
    spawn: pexpect.spawn[bytes] = pexpect.spawn("/bin/sh", ["-c", command], env={**os.environ, **TERMINAL})
    spawn.delaybeforesend = None
    try:
        _Login(command, spawn, ask).run()
    except BaseException:
        spawn.close(force=True)
        raise
    return spawn


class _Login:
    def __init__(self, command: str, spawn: "pexpect.spawn[bytes]", ask: AskSecret) -> None:
        self._command, self._spawn, self._ask = command, spawn, ask
        self._said = b""
        self._enters = 0
        self._has_begun = False  # the agent's beginning is typed

    def run(self) -> None:
        self._wait_for(READY, self._type_when_it_listens)
        agent = resources.files("kmodlab.machines").joinpath("shell_agent.sh").read_bytes()
        self._spawn.send(b"%d\n%b" % (len(agent), agent))
        self._wait_for(AGENT, lambda found: None)

    def _wait_for(
        self, wanted: re.Pattern[bytes], otherwise: Callable[[re.Pattern[bytes] | None], None]
    ) -> None:
        """Read until `wanted` comes; `otherwise` is told what else has come, None for silence."""
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends:
            patterns: list[Any] = [
                wanted,
                GONE,
                NOT_ROOT,
                SECRET,
                QUESTION,
                LOGIN_NAME,
                pexpect.EOF,
                pexpect.TIMEOUT,
            ]
            if not self._has_begun:
                patterns.append(PROMPT)
            found = patterns[self._spawn.expect(patterns, timeout=QUIET_SECONDS)]
            if found is not pexpect.TIMEOUT:
                self._said += self._spawn.before or b""
            if found is wanted:
                return
            self._refuse(found)
            otherwise(found if isinstance(found, re.Pattern) else None)
        self._fail("does not answer as a shell does")

    def _type_when_it_listens(self, found: re.Pattern[bytes] | None) -> None:
        """What is typed too early answers other questions, or is thrown away when one is asked."""
        if found is SECRET:
            if isinstance(self._spawn.after, bytes):
                self._said += self._spawn.after
            self._spawn.sendline(self._ask(self._last_line()).encode())
            self._has_begun = False
        elif self._has_begun:
            return
        elif found is PROMPT or self._enters == MOST_ENTERS:
            self._has_begun = True
            tty.setraw(self._spawn.child_fd)  # bytes pass as they are; a shell at this end sets what it needs
            self._spawn.send(BOOTSTRAP)
        else:
            self._enters += 1
            self._spawn.send(b"\n")

    def _refuse(self, found: object) -> None:
        if found is pexpect.EOF:
            self._fail("ended before there was a shell")
        elif found is GONE:
            self._fail("gave a shell that cannot be used")
        elif found is QUESTION:
            self._fail("asks whether to go on", hint="Start it once by hand and answer; then try again.")
        elif found is LOGIN_NAME:
            self._fail("asks for a login name", hint="Log in there as root by hand; then try again.")
        elif found is NOT_ROOT:
            self._fail(
                "gave a shell that is not root's",
                hint="Log in as root, or add sudo: --machine 'ssh -t you@board sudo -s'.",
            )

    def _fail(self, what: str, *, hint: str = "") -> NoReturn:
        last = self._last_line()
        raise LabError(
            f"`{self._command}` {what}{f': {last}' if last and not hint else ''}.",
            hint=hint
            or "Start it by hand: it has to give a root shell, with mount, unshare and base64 at hand.",
        )

    def _last_line(self) -> str:
        text = _CONTROL.sub("", self._said.decode(errors="replace").replace("\r", "\n"))
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        return lines[-1].removesuffix(".") if lines else ""
