# SPDX-License-Identifier: MIT
"""similar.html: pairs of submissions that share code of their own, side by side. It says nothing about why."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kmodlab.classroom import similarity
from kmodlab.classroom.formats import common, pages
from kmodlab.classroom.grade import Grade, Roster
from kmodlab.classroom.similarity import Pair, Place
from kmodlab.packs.catalog import Pack

FILE = "similar.html"
MOST_PAIRS = 100  # of a lesson


def write(grades: Sequence[Grade], pack: Pack, roster: Roster, folder: Path) -> None:
    """Write similar.html into `folder`; raise LabError when it cannot be written."""
    common.put(folder / FILE, text(grades, pack, roster))


def text(grades: Sequence[Grade], pack: Pack, roster: Roster) -> str:
    """The page, each lesson's most similar pairs first."""
    parts: list[dict[str, Any]] = []
    for id in dict.fromkeys(grade.lesson for grade in grades):
        of_lesson = [grade for grade in grades if grade.lesson == id]
        pairs = similarity.pairs(of_lesson, common.lesson_of(of_lesson[0], pack))
        parts.append(
            {
                "title": common.title(id, pack),
                "pairs": [_shown(pair, roster) for pair in pairs[:MOST_PAIRS]],
                "count": len(pairs),
            }
        )
    return pages.render("similar.html", pack=pack, parts=parts, guarantee=similarity.GUARANTEE)


def _shown(pair: Pair, roster: Roster) -> dict[str, Any]:
    sides = [
        {
            "name": roster.student(grade.student).name,
            "id": grade.student,
            "page": f"{pages.FOLDER}/{pages.page_of(grade.student)}",
            "files": _marked(grade, places),
        }
        for grade, places in zip(pair.grades, pair.places, strict=True)
    ]
    return {"sides": sides, "share": pair.share, "shared": pair.shared}


def _marked(grade: Grade, places: Sequence[Place]) -> list[tuple[str, list[tuple[int, str, bool]]]]:
    """The files that hold something shared, with its lines marked."""
    marked: dict[str, set[int]] = {}
    for place in places:
        marked.setdefault(place.file, set()).update(range(place.first, place.last + 1))
    return [(name, pages.source_lines(grade.files[name], frozenset(lines))) for name, lines in marked.items()]
