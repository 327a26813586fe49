# SPDX-License-Identifier: MIT
"""Fingerprints: what a report depends on, as a short text. The same fingerprint gives the same verdicts."""

import hashlib
from collections.abc import Iterator, Mapping

from kmodlab import __version__
from kmodlab.packs import trust
from kmodlab.packs.catalog import Lesson


def of(files: Mapping[str, bytes], lesson: Lesson, kernel: str) -> str:
    """The fingerprint of `files` graded as `lesson` by this kmodlab; `kernel` is its identity. Raises OSError."""
    digest = hashlib.sha256()
    parts = (__version__.encode(), kernel.encode(), *_of_files(files), *_of_lesson(lesson))
    for part in parts:
        digest.update(b"%d:" % len(part))  # so that no two lists of parts read the same
        digest.update(part)
    return digest.hexdigest()


def _of_files(files: Mapping[str, bytes]) -> Iterator[bytes]:
    for name in sorted(files):
        yield name.encode()
        yield files[name]


def _of_lesson(lesson: Lesson) -> Iterator[bytes]:
    """What is graded: the manifest, the pack's programs and modules, and its functions when the lesson asks them."""
    yield lesson.manifest.model_dump_json().encode()
    for path in sorted(trust.programs_of(lesson) | trust.helpers_of(lesson)):
        yield path.name.encode()
        yield path.read_bytes()
    if trust.functions_of(lesson):
        yield (lesson.pack_folder / trust.CHECKS).read_bytes()
