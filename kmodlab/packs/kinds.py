# SPDX-License-Identifier: MIT
"""The kinds of findings, by the names that reports and lessons use; docs/findings.md says what each means."""

from typing import Literal

Kind = Literal[
    "build-error", "load-error", "leak", "use-after-free", "double-free", "invalid-free", "overflow",
    "null-deref", "page-fault", "gpf", "bug", "warn", "panic", "hang", "soft-lockup", "rcu-stall",
    "hung-task", "sleep-in-atomic", "list-corruption", "refcount", "bad-init-return", "unload-error",
    "residue", "taint", "lost-machine",
]  # fmt: skip
