# SPDX-License-Identifier: MIT
"""Console: an interactive root shell on the second serial line of a machine."""

import socket
import time
from collections.abc import Callable

DEVICE = "/dev/ttyS1"
PROMPT = b"# "
START_SECONDS = 5.0


class Console:
    """A running shell: bytes go both ways through `socket`; a serial line has to be told the window's size."""

    def __init__(self, connection: socket.socket, run: Callable[[str], object]) -> None:
        """Start the shell on the line that ends in `connection`; `run` runs a command of the guest.

        Raises as `run` does.
        """
        self.socket = connection
        self._run = run
        run(f"modctl console {DEVICE}")
        self._wait_for_prompt()

    def _wait_for_prompt(self) -> None:
        """Wait until the shell listens, for what is typed earlier would be lost; its prompt remains to be read."""
        ends = time.monotonic() + START_SECONDS
        self.socket.settimeout(START_SECONDS)
        try:
            while PROMPT not in (seen := self.socket.recv(1 << 12, socket.MSG_PEEK)):
                if not seen or time.monotonic() > ends:
                    return
                time.sleep(0.01)
        except OSError:
            return  # whoever reads will see how it is
        finally:
            self.socket.settimeout(None)

    def resize(self, rows: int, columns: int) -> None:
        """Tell the programs in the guest how large the window is; raises as `run` does."""
        self._run(f"stty rows {rows:d} cols {columns:d} <{DEVICE}")
