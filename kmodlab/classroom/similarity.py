# SPDX-License-Identifier: MIT
"""Similar submissions: pairs that share code which is not the lesson's own.

Files are read as C tokens, in which names, numbers and texts are all alike, so renaming hides nothing. Every run of RUN
tokens is hashed, the lesson's runs are left out, and of the rest the smallest hash in each window is kept (Schleimer,
Wilkerson, Aiken, "Winnowing", 2003): any GUARANTEE tokens in common are noticed.

The lexer is our own because a submission can be made to keep a general one busy for hours; this one looks at no
character more than a few times.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from kmodlab.classroom.grade import Grade
from kmodlab.packs.catalog import Lesson

RUN = 8  # tokens
WINDOW = 4  # runs
GUARANTEE = RUN + WINDOW - 1
MOST_TOKENS = 20_000  # of a file; real ones have a tenth of it
LEAST_SHARED = 6  # fingerprints; fewer say nothing
LEAST_SHARE = 0.5  # of what the smaller one has of its own
TOKEN = re.compile(
    rb"""
      (?P<space> \s+ | //[^\n]* | /\*(?: .*?\*/ | .* ) )
    | (?P<text> "(?: \\. | [^"\\\n] )*"? | '(?: \\. | [^'\\\n] )*'? )
    | (?P<word> [A-Za-z_]\w* )
    | (?P<number> \d[\w.]* )
    | (?P<sign> . )
    """,
    re.VERBOSE | re.DOTALL,
)
KEYWORDS = frozenset(
    b"auto break case char const continue default do double else enum extern float for goto if inline int long register"
    b" return short signed sizeof static struct switch typedef union unsigned void volatile while".split()
)


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a file, both included."""

    file: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two grades of one lesson whose files have `shared` fingerprints in common, that `share` of the smaller one's.

    The places of what they share stand in the order of the two.
    """

    grades: tuple[Grade, Grade]
    shared: int
    share: float
    places: tuple[tuple[Place, ...], tuple[Place, ...]]


def pairs(grades: Sequence[Grade], lesson: Lesson | None) -> list[Pair]:
    """The similar ones among grades of `lesson`, the most similar first; None: the pack has that lesson no more."""
    left_out = _of_lesson(lesson)
    seen: dict[str, dict[int, Place]] = {}  # grades with one fingerprint have the same files
    for grade in grades:
        if grade.files and grade.fingerprint not in seen:
            seen[grade.fingerprint] = _fingerprints(grade.files, left_out)
    prints = [(grade, seen[grade.fingerprint]) for grade in grades if grade.files]
    worth_a_look = [item for item in prints if len(item[1]) >= LEAST_SHARED]
    found = (_pair(one, other) for one, other in combinations(worth_a_look, 2))
    return sorted(filter(None, found), key=lambda pair: (-pair.share, -pair.shared))


def _pair(one: tuple[Grade, Mapping[int, Place]], other: tuple[Grade, Mapping[int, Place]]) -> Pair | None:
    shared = one[1].keys() & other[1].keys()
    share = len(shared) / min(len(one[1]), len(other[1]))
    if len(shared) < LEAST_SHARED or share < LEAST_SHARE:
        return None
    places = tuple(tuple(prints[hash] for hash in sorted(shared)) for _, prints in (one, other))
    return Pair((one[0], other[0]), len(shared), share, (places[0], places[1]))


def _of_lesson(lesson: Lesson | None) -> frozenset[int]:
    """The runs of what every student of the lesson has seen, or may have."""
    if lesson is None:
        return frozenset()
    texts = (lesson.text, lesson.aftermath or "", *(hint for check in lesson.checks for hint in check.hints))
    files = (lesson.starter(), lesson.solution(), *(wrong for _, wrong in lesson.mistakes().values()))
    code = (*(text.encode() for text in texts), *(content for of in files for content in of.values()))
    return frozenset(hash for text in code for hash, _, _ in _runs(text))


def _fingerprints(files: Mapping[str, bytes], left_out: frozenset[int]) -> dict[int, Place]:
    """The fingerprints of files, each with its first place."""
    found: dict[int, Place] = {}
    for name, content in files.items():
        own = [run for run in _runs(content) if run[0] not in left_out]
        for hash, first, last in _winnowed(own):
            found.setdefault(hash, Place(name, first, last))
    return found


def _winnowed(runs: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    kept = -1
    for start in range(max(1, len(runs) - WINDOW + 1) if runs else 0):
        window = range(start, min(start + WINDOW, len(runs)))
        least = min(window, key=lambda index: (runs[index][0], -index))
        if least != kept:
            kept = least
            yield runs[least]


def _runs(content: bytes) -> list[tuple[int, int, int]]:
    """Each run of tokens: its hash, and its first and last line."""
    tokens = list(islice(_tokens(content), MOST_TOKENS))
    return [
        (_hash(token for token, _ in tokens[at : at + RUN]), tokens[at][1], tokens[at + RUN - 1][1])
        for at in range(len(tokens) - RUN + 1)
    ]


def _hash(tokens: Iterable[bytes]) -> int:
    return int.from_bytes(hashlib.blake2b(b"\0".join(tokens), digest_size=8).digest())


def _tokens(content: bytes) -> Iterator[tuple[bytes, int]]:
    """The tokens with their lines; names, numbers and texts are all alike."""
    line = 1
    for found in TOKEN.finditer(content):
        kind, token = found.lastgroup, found[0]
        if kind == "word":
            yield token if token in KEYWORDS else b"w", line
        elif kind != "space":
            yield {"text": b'"', "number": b"0"}.get(kind or "", token), line
        line += token.count(b"\n")
