# SPDX-License-Identifier: MIT
"""What this computer lacks for the lab, and how to get it."""

import click
from rich.text import Text

from kmodlab import doctor
from kmodlab.cli.output import Look, screen

LOOKS = {
    "ok": Look("✓", "ok", "green"),
    "warning": Look("!", "warning", "yellow"),
    "missing": Look("✗", "missing", "red"),
}


@click.command("doctor")
def doctor_command() -> int:
    """Look at everything that the lab needs, and say how to get what is missing.

    Exit status: 0 when nothing is missing, 3 otherwise.
    """
    console = screen()
    needs = []
    for need in doctor.examine():
        needs.append(need)
        look = LOOKS[need.state]
        console.print(
            Text.assemble((f"{look.glyph} {look.word:<8}", look.style), f" {need.name:<19} ", need.text)
        )
        if need.fix and need.state != "ok":
            console.print(Text(f"{'':>11}→ {need.fix}"), soft_wrap=True)  # whole, so that it can be copied
    if doctor.is_fit(needs):
        console.print("Everything that the lab needs is here.")
        return 0
    console.print("Something is missing. Each arrow shows how to get it.")
    return 3
