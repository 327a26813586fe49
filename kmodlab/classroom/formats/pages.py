# SPDX-License-Identifier: MIT
"""index.html, the class in pictures, and students/STUDENT.html: pages that need nothing from elsewhere.

Whatever came from a student is escaped by the templates; nothing in a page can run or load anything.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from kmodlab.classroom.formats import common, pictures
from kmodlab.classroom.grade import NOTHING, Grade, Roster, Student
from kmodlab.evidence.finding import Finding
from kmodlab.grading import reports
from kmodlab.grading.verdict import CheckVerdict, Outcome
from kmodlab.packs.catalog import Pack

FILE = "index.html"
FOLDER = "students"
LINES_SHOWN = 3000  # of a source file
DIRECTIONS = re.compile(
    "[\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)  # they can make code read as what it is not
LOOKS = {
    Outcome.PASS: ("✓", "passed"),
    Outcome.FAIL: ("✗", "failed"),
    Outcome.SKIP: ("–", "skipped"),
    Outcome.CRASH: ("✗", "crashed"),
    Outcome.HANG: ("✗", "hung"),
    Outcome.BUILD_ERROR: ("✗", "no build"),
    Outcome.ERROR: ("!", "lab error"),
}
Look = tuple[str, str, str]  # glyph, word, class in the style sheet


def write(grades: Sequence[Grade], pack: Pack, roster: Roster, folder: Path) -> None:
    """Write the pages into `folder`; raise LabError when they cannot be written."""
    of_student: dict[str, list[Grade]] = {}
    for grade in grades:
        of_student.setdefault(grade.student, []).append(grade)
    for id, theirs in of_student.items():
        common.put(folder / FOLDER / page_of(id), student_page(roster.student(id), theirs, pack))
    common.put(folder / FILE, class_page(of_student, pack, roster))


def class_page(of_student: Mapping[str, Sequence[Grade]], pack: Pack, roster: Roster) -> str:
    """The page about the class."""
    grades = [grade for theirs in of_student.values() for grade in theirs]
    taught = [lesson.id for lesson in pack.lessons]
    graded = {grade.lesson for grade in grades}
    lessons = [id for id in taught if id in graded] + sorted(graded.difference(taught))
    rows = [
        {
            "id": id,
            "name": roster.student(id).name,
            "page": page_of(id),
            "grades": [next((grade for grade in theirs if grade.lesson == id), None) for id in lessons],
        }
        for id, theirs in of_student.items()
    ]
    return render(
        "class.html",
        pack=pack,
        grades=grades,
        students=sorted(rows, key=lambda row: (str(row["name"]).split()[-1:], row["id"])),
        graded=sum(grade.report is not None and grade.score is not None for grade in grades),
        absent=sum(grade.problem == NOTHING for grade in grades),
        looks=sum(grade.problem not in (None, NOTHING) for grade in grades),
        parts=[_part(id, [grade for grade in grades if grade.lesson == id], pack) for id in lessons],
        kinds=list(dict.fromkeys(pictures.KINDS.values())),
    )


def student_page(student: Student, grades: Sequence[Grade], pack: Pack) -> str:
    """The page about one student, fit to be given to them."""
    now = datetime.now(UTC)
    grades = [common.for_student(grade, pack, now) for grade in grades]
    titles = {grade.lesson: common.title(grade.lesson, pack) for grade in grades}
    return render("student.html", student=student, grades=grades, pack=pack, titles=titles)


def render(template: str, **values: Any) -> str:
    """The page that `template` makes of `values`."""
    return _environment().get_template(template).render(**values)


def source_lines(content: bytes, marked: frozenset[int]) -> list[tuple[int, str, bool]]:
    """A file's lines with their numbers, and whether they are among those that are marked."""
    lines = content.decode(errors="replace").splitlines()
    shown = [(number, line, number in marked) for number, line in enumerate(lines[:LINES_SHOWN], 1)]
    cut = len(lines) - LINES_SHOWN
    return [*shown, (LINES_SHOWN + 1, f"[… {cut} more lines]", False)] if cut > 0 else shown


def clean(text: str) -> str:
    """`text` without what a browser would not show as it stands."""
    named = DIRECTIONS.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)
    return reports.printable(named)


def page_of(student: str) -> str:
    """The name of a student's page."""
    return f"{common.file_name(student)}.html"


def _part(lesson: str, grades: Sequence[Grade], pack: Pack) -> dict[str, Any]:
    return {
        "title": common.title(lesson, pack),
        "rows": pictures.checks(grades),
        "scores": pictures.scores(grades),
        "times": pictures.times(grades),
        "max_points": _number(max(grade.max_points for grade in grades)),
    }


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_final,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        look=_look,
        look_of=_look_of,
        score=_score,
        number=_number,
        moment=_moment,
        sources=_sources,
        explanation=_explanation,
    )
    return environment


def _final(value: object) -> object:
    """What a template puts into a page, before it is escaped."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _look(grade: Grade) -> Look:
    if grade.problem == NOTHING:
        return ("–", "nothing", "skipped")
    return _look_of(grade.outcome) if grade.outcome else ("!", "problem", "problem")


def _look_of(outcome: Outcome) -> Look:
    return (*LOOKS[outcome], pictures.KINDS[outcome].split()[0])


def _score(grade: Grade) -> str:
    score = "?" if grade.score is None else _number(grade.score)
    return f"{score}/{_number(grade.max_points)}"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _explanation(verdict: CheckVerdict) -> str:
    return "\n".join(reports.explanation(verdict))


def _sources(grade: Grade) -> Iterator[tuple[str, list[tuple[int, str, bool]]]]:
    findings = grade.report.findings if grade.report else ()
    for name, content in grade.files.items():
        marked = frozenset(line for finding in findings for line in _lines_in(finding, name))
        yield name, source_lines(content, marked)


def _lines_in(finding: Finding, file: str) -> Iterator[int]:
    places = [(finding.file, finding.line), *((place.file, place.line) for place in finding.locations)]
    return (line for name, line in places if name == file and line)
