# SPDX-License-Identifier: MIT
"""What a lesson needs of a kernel, held against one."""

import re
from collections.abc import Iterator, Mapping

from kmodlab.packs.manifest import KernelNeeds


def unmet(needs: KernelNeeds, release: str, config: Mapping[str, str]) -> Iterator[str]:
    """What the kernel `release` with that configuration (option without CONFIG_ to value) lacks, in words."""
    if needs.min is not None and _numbers(release) < _numbers(needs.min):
        yield f"Linux {needs.min} or newer"
    yield from (f"CONFIG_{option}" for option in needs.config if config.get(option) not in ("y", "m"))


def _numbers(release: str) -> tuple[int, ...]:
    """The version in front of a release: 6.1.0-56-cloud-amd64 is (6, 1, 0)."""
    version = re.match(r"\d+(\.\d+)*", release)
    return tuple(map(int, version[0].split("."))) if version else ()
