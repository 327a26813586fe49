# SPDX-License-Identifier: MIT
"""Tab completion for the shells that click knows."""

import click
from click.shell_completion import get_completion_class

from kmodlab.cli.main import kmodlab

PLACES = {
    "bash": "kmodlab completion bash > ~/.local/share/bash-completion/completions/kmodlab",
    "zsh": "kmodlab completion zsh > ~/.kmodlab-completion.zsh, and `source` that file in ~/.zshrc",
    "fish": "kmodlab completion fish > ~/.config/fish/completions/kmodlab.fish",
}


@click.command("completion")
@click.argument("shell", type=click.Choice(list(PLACES)))
def completion_command(shell: str) -> None:
    """Print what makes Tab complete kmodlab's commands and lessons in SHELL.

    The first line of what is printed says where to put it.
    """
    completion = get_completion_class(shell)
    assert completion is not None  # click has all of PLACES
    print(f"# {PLACES[shell]}")
    print(completion(kmodlab, {}, "kmodlab", "_KMODLAB_COMPLETE").source())
