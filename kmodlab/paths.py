# SPDX-License-Identifier: MIT
"""Where kmodlab keeps things on this computer (XDG base directories, by platformdirs)."""

from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_data_path

from kmodlab.errors import LabError


def cache() -> Path:
    """What can be fetched or made again: kernels, initramfs images, saved machines, builds."""
    return user_cache_path("kmodlab", appauthor=False)


def data() -> Path:
    """What is the learner's and must never be lost: their files and their progress."""
    return user_data_path("kmodlab", appauthor=False)


def config() -> Path:
    """What the user chose."""
    return user_config_path("kmodlab", appauthor=False)


def make_folder(folder: Path) -> Path:
    """Make `folder` with its parents and give it back; raise LabError when the system refuses."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise LabError(
            f"The folder {folder} cannot be made: {problem.strerror}.",
            hint="Make it writable, free some space, or set XDG_CACHE_HOME and XDG_DATA_HOME to another place.",
        ) from problem
    return folder
