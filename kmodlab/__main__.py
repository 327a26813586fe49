# SPDX-License-Identifier: MIT
"""The kmodlab command: `python -m kmodlab` and `kmodlab`."""

import gc
import signal
import sys
import tempfile
from contextlib import suppress

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # while modules are imported, Ctrl-C just ends the program


def main() -> None:
    """Run the command line; without a command, the app."""
    from kmodlab.cli.main import run

    _find_temporary_folder()
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run(sys.argv[1:], start_app=_app))


def _find_temporary_folder() -> None:
    """Have Python try once whether it can write there: a Ctrl-C in the middle would leave its file behind."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    with suppress(OSError):  # whoever needs one says so
        tempfile.gettempdir()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _app() -> int:
    gc.disable()  # until the first frame, which it would keep back by a tenth; see KmodlabApp.on_ready
    from kmodlab.tui.app import main as start  # Textual takes 0.2 s to import, and only the app needs it

    return start() or 0


if __name__ == "__main__":
    main()
