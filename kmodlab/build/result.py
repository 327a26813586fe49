# SPDX-License-Identifier: MIT
"""What a build came to."""

from dataclasses import dataclass, field

from kmodlab.build.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class BuildEvidence:
    """What the build came to. `modinfo` maps module to field to its values, as `modinfo` prints them.

    `exports` maps module to each symbol that it exports, and whether it does so to GPL modules only; `parameters` maps
    module to the names of its parameters. `sources` are the learner's C files.
    """

    succeeded: bool
    diagnostics: tuple[Diagnostic, ...] = ()
    output: str = ""
    modinfo: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    exports: dict[str, dict[str, bool]] = field(default_factory=dict)
    parameters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    is_sandboxed: bool = True
