# SPDX-License-Identifier: MIT
"""How guests run here: with hardware virtualisation (KVM) or in software (TCG).

/dev/kvm may be there and broken, so KVM counts only after a guest has really booted with it. The answer is
remembered until the host boots again or QEMU changes.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from kmodlab import paths
from kmodlab.machines import qemu

DEVICE = Path("/dev/kvm")


@dataclass(frozen=True, slots=True)
class Accelerator:
    """The one to use, and in one sentence why."""

    name: Literal["kvm", "tcg"]
    reason: str


def usable() -> Accelerator:
    """What the device alone tells; KVM has still to prove itself by booting a guest."""
    if not DEVICE.exists():
        return Accelerator("tcg", "This computer offers no /dev/kvm.")
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return Accelerator(
            "tcg", "You may not open /dev/kvm; `sudo usermod -aG kvm $USER` and a new login let you."
        )
    return Accelerator("kvm", "Hardware virtualisation works.")


def remembered() -> Accelerator | None:
    """What was found out earlier under the same circumstances, if anything was."""
    try:
        found = json.loads(_path().read_text())
        return Accelerator(**found["accelerator"]) if found["circumstances"] == _circumstances() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(found: Accelerator) -> None:
    """Keep what was found out; a cache that cannot be written only means finding out again."""
    try:
        _path().parent.mkdir(parents=True, exist_ok=True)
        _path().write_text(json.dumps({"circumstances": _circumstances(), "accelerator": asdict(found)}))
    except OSError:
        pass


def _path() -> Path:
    return paths.cache() / "accelerator.json"


def _circumstances() -> list[str]:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return [qemu.version(), boot, usable().name]
