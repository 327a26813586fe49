# SPDX-License-Identifier: MIT
"""QEMU's monitor: the few commands of the QEMU Machine Protocol (QMP) that the lab needs."""

import json
import socket
from typing import Any

from kmodlab.machines.machine import MachineLostError

ANSWER_SECONDS = 10.0


class Monitor:
    """A QMP connection; the handshake happens with the first command."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(ANSWER_SECONDS)
        self._connection = connection
        self._answers = connection.makefile("r", encoding="utf-8")
        self._is_ready = False

    def command(self, execute: str, *, descriptor: int | None = None, **arguments: Any) -> Any:
        """Send a command, with a file descriptor if one goes along, and give back what it returns."""
        if not self._is_ready:
            self._receive()  # the greeting
            self._is_ready = True
            self.command("qmp_capabilities")
        request = json.dumps({"execute": execute, "arguments": arguments}).encode()
        try:
            socket.send_fds(self._connection, [request], [] if descriptor is None else [descriptor])
        except OSError as problem:
            raise MachineLostError from problem
        while True:
            answer = self._receive()
            if "error" in answer:
                raise MachineLostError(f"QEMU refused {execute}: {answer['error']['desc']}.")
            if "return" in answer:
                return answer["return"]

    def human_command(self, line: str) -> None:
        """Send what QMP has no command for to the monitor for people; its answer is not looked at."""
        arguments: dict[str, Any] = {"command-line": line}
        self.command("human-monitor-command", **arguments)

    def _receive(self) -> dict[str, Any]:
        try:
            line = self._answers.readline()
        except OSError as problem:
            raise MachineLostError from problem
        if not line:
            raise MachineLostError
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Close the host's end."""
        self._answers.close()
        self._connection.close()
