# SPDX-License-Identifier: MIT
"""Console: an interactive root shell on the second serial line of a machine."""

import socket

from kmodlab.machines.qemu import QemuMachine

SHELL = "setsid -c sh -c 'cd /root; exec sh -l' </dev/ttyS1 >/dev/ttyS1 2>&1 &"


class Console:
    """A running shell: bytes go both ways through `socket`; a serial line has to be told the window's size."""

    def __init__(self, machine: QemuMachine) -> None:
        """Start the shell; raises as Machine.run does."""
        self._machine = machine
        self.socket: socket.socket = machine.console
        machine.run(SHELL)

    def resize(self, rows: int, columns: int) -> None:
        """Tell the programs in the guest how large the window is; raises as Machine.run does."""
        self._machine.run(f"stty rows {rows:d} cols {columns:d} </dev/ttyS1")
