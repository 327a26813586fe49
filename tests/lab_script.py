# SPDX-License-Identifier: MIT
"""A computer on which the start script runs: its tools are there or not, Python and package managers are stand-ins."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).parent.parent / "lab"

DEADLINE = 20.0

SHELL_TOOLS = """
    basename cat chmod cksum cp dirname env flock grep mkdir readlink rm sh sleep sort touch tr
"""

LAB_TOOLS = "qemu-system-x86_64 gcc make ld modinfo bwrap setpriv tmux shellcheck ssh dropbearkey"

PYTHON = """#!/bin/sh
# Stands in for Python: knows `-c CODE`, `-m venv --clear FOLDER` and `-m pip`.
echo "python $*" >>"$NOTES"
case "$*" in
'-c '*) exit 0 ;;
'-m venv --clear '*)
    shift 3
    rm -rf "$1"
    mkdir -p "$1/bin"
    cp "$0" "$1/bin/python"
    printf '#!/bin/sh\\necho "kmodlab:$*"\\n' >"$1/bin/kmodlab"
    chmod +x "$1/bin/kmodlab"
    ;;
'-m pip --version') [ ! -e "$(dirname "$0")/broken" ] ;;
'-m pip install '*)
    echo "noise on stdout"
    while [ -e "$HANG" ]; do sleep 0.05; done
    [ -z "$PIP_SAYS" ] || { echo "$PIP_SAYS" >&2; exit 1; }
    ;;
esac
"""

MANAGER = """#!/bin/sh
echo "$(basename "$0") $*" >>"$NOTES"
case "$*" in
*install*) for tool in $INSTALLS; do cp "$0" "$MACHINE/$tool"; done ;;
esac
"""


@dataclass
class Machine:
    """A checkout, and a PATH that holds the commands in `commands` and nothing else."""

    checkout: Path
    commands: Path
    notes: Path
    environment: dict[str, str]

    def put(self, name: str, text: str = "#!/bin/sh\n") -> None:
        command = self.commands / name
        command.unlink(missing_ok=True)  # it may be a link to the real one
        command.write_text(text)
        command.chmod(0o755)

    def lack(self, *names: str) -> None:
        for name in names:
            (self.commands / name).unlink()

    def lab(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.checkout / "lab", *words],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.checkout / "lab", *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def noted(self, text: str) -> int:
        notes = self.notes.read_text() if self.notes.exists() else ""
        return sum(text in line for line in notes.splitlines())


def made_machine(tmp_path: Path) -> Machine:
    checkout, commands = tmp_path / "check out", tmp_path / "bin"
    checkout.mkdir()
    commands.mkdir()
    shutil.copy(SCRIPT, checkout)
    (checkout / "pyproject.toml").write_text("[project]\n")
    machine = Machine(
        checkout,
        commands,
        tmp_path / "notes",
        {
            "PATH": str(commands),
            "HOME": str(tmp_path / "home"),
            "NOTES": str(tmp_path / "notes"),
            "HANG": str(tmp_path / "hang"),
            "MACHINE": str(commands),
            "PIP_SAYS": "",
            "INSTALLS": "",
        },
    )
    for name in SHELL_TOOLS.split():
        (commands / name).symlink_to(shutil.which(name) or name)
    for name in LAB_TOOLS.split():
        machine.put(name)
    machine.put("python3", PYTHON)
    machine.put("id", "#!/bin/sh\necho 1000\n")
    return machine
