# SPDX-License-Identifier: MIT
"""The pages about a class: what they count, and that nothing of a student's gets loose in them."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from test_grade_formats import ANN, BOB, CYD, REPORT, ROSTER, VERDICTS

from kmodlab.classroom.formats import pages, pictures, similar
from kmodlab.classroom.grade import Student
from kmodlab.evidence.klog import Level, Record
from kmodlab.grading.verdict import Outcome
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Pack

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;\x1b[2J"
EVIL_CODE = "a evil_token = b[c * 7] / ~d;\n" * 5 + "x(1) ? y <script> : {z} ^ [2];\n" * 5
FORBIDDEN = re.compile(r"https?://|//|javascript:", re.IGNORECASE)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return catalog.load(catalog.shipped_folder())


class Tags(HTMLParser):
    """The tags of a page; those that are opened must be closed in order."""

    EMPTY = frozenset({"meta", "br", "rect", "line"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY:
            assert self.open.pop() == tag


def evil_grade():
    record = Record(1, 0.5, Level.INFO, EVIL)
    verdicts = (VERDICTS[0], replace(VERDICTS[1], reason=EVIL, expected=EVIL, actual=EVIL, log=(record,)))
    report = replace(REPORT, checks=verdicts, build_output=EVIL)
    return replace(
        ANN,
        student=EVIL,
        report=report,
        problem=EVIL,
        files={"hello.c": f"// {EVIL}\u202e\n{EVIL_CODE}".encode()},
    )


def test_what_a_student_wrote_is_text_and_nothing_else(tmp_path: Path, pack: Pack) -> None:
    evil = evil_grade()
    for form in (pages, similar):
        form.write((evil, replace(evil, student=f"{EVIL}2"), BOB, CYD), pack, ROSTER, tmp_path)
    assert EVIL_CODE.split()[1] in (tmp_path / "similar.html").read_text()
    written = [tmp_path / "index.html", tmp_path / "similar.html", *(tmp_path / "students").iterdir()]
    assert len(written) == 6
    for path in written:
        page = path.read_text()
        tags = Tags(page)
        assert not tags.seen & {"script", "img", "iframe", "object", "link", "base", "form"}
        assert not any(name.startswith("on") for name in tags.attributes)
        assert not FORBIDDEN.search(page.replace("// &lt;script&gt;", ""))
        assert "\x1b" not in page
        assert "\u202e" not in page
        assert "default-src 'none'" in page
        for link in tags.links:
            assert (tmp_path / link).is_file()


def test_a_students_page_tells_why_and_shows_the_line(pack: Pack) -> None:
    source = "".join(f"line {number}\n" for number in range(1, 9)).encode()
    page = pages.student_page(ROSTER.student("ann"), (replace(ANN, files={"hello.c": source}),), pack)
    for words in (
        "Ann Lee",
        "ann@example.edu",
        "2.4/4.5 points",
        "12 bytes are lost.",
        "Being late costs 0.6.",
    ):
        assert words in page
    (marked,) = re.findall(r'<span class="line marked">(.*)', page)
    assert "line 7" in marked


def test_a_students_page_tells_of_nobody_else(tmp_path: Path, pack: Pack) -> None:
    pages.write((ANN, replace(CYD, student="cyd")), pack, ROSTER, tmp_path)
    assert "ann" not in (tmp_path / "students/cyd.html").read_text().lower()


def test_code_cannot_be_shown_in_another_order_than_it_is_read() -> None:
    assert pages.clean("a\u202eb") == "a<U+202E>b"


def test_a_long_file_is_cut_and_the_page_says_so() -> None:
    lines = pages.source_lines(b"\n" * 5000, frozenset())
    assert lines[-1] == (3001, "[… 2000 more lines]", False)


def test_scores_are_counted_by_tenths_and_full_marks_apart() -> None:
    grades = [
        replace(ANN, points=points, bonus=0, penalty=0, max_points=10) for points in (0, 0.9, 5, 9.9, 10, 10)
    ]
    grades += [replace(ANN, points=10, bonus=2, penalty=0, max_points=10), replace(BOB, max_points=10)]
    bars = pictures.scores(grades)
    assert [(bar.label, bar.count) for bar in bars if bar.count] == [("0", 2), ("5", 1), ("9", 1), ("10", 3)]


def test_scores_of_tenths_are_not_lost_to_rounding() -> None:
    grades = [replace(ANN, points=0.7, bonus=0, penalty=0, max_points=1)]
    assert [bar.label for bar in pictures.scores(grades) if bar.count] == ["0.7"]


def test_a_lesson_without_points_has_a_picture() -> None:
    grade = replace(ANN, points=0, bonus=0, penalty=0, max_points=0)
    assert sum(bar.count for bar in pictures.scores([grade])) == 1


def test_times_are_counted_of_what_was_graded() -> None:
    bars = pictures.times([replace(ANN, seconds=1.5), replace(ANN, seconds=300), BOB])
    assert [(bar.label, bar.count) for bar in bars if bar.count] == [("1 s", 1), ("60 s", 1)]


def test_a_row_tells_how_often_a_check_does_not_pass() -> None:
    passed = replace(ANN, report=replace(REPORT, checks=(replace(VERDICTS[1], outcome=Outcome.PASS),)))
    hung = replace(ANN, report=replace(REPORT, checks=(replace(VERDICTS[1], outcome=Outcome.HANG),)))
    (row,) = pictures.checks([passed, hung, passed, BOB])
    assert (row.title, row.lost) == ("It greets", 1)
    assert [(part.kind, part.count, part.before, part.whole) for part in row.parts] == [
        ("passed", 2, 0, 3),
        ("crashed or hung", 1, 2, 3),
    ]


def test_students_stand_in_the_order_of_their_last_names(pack: Pack) -> None:
    roster = replace(ROSTER, students={"1": Student("1", "Zoe", "Adams"), "2": Student("2", "Al", "Zorn")})
    page = pages.class_page({"2": [ANN], "1": [ANN]}, pack, roster)
    assert page.index("Zoe Adams") < page.index("Al Zorn")
