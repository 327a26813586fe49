# SPDX-License-Identifier: MIT
"""Similar submissions: what is noticed, what is left out, and that nobody can keep the search busy."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kmodlab.classroom import similarity
from kmodlab.classroom.formats import similar
from kmodlab.classroom.grade import Grade, Roster
from kmodlab.classroom.similarity import Pair
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Lesson, Pack

ALTERNATIVES = Path(__file__).parent / "alternatives"
OWN = """
static int sum_of(const int *values, int count)
{
	int total = 0, index;

	for (index = 0; index < count; index++) {
		if (values[index] > 100)
			total += values[index] * 2;
		else
			total -= values[index] / 3;
	}
	return total > 0 ? total : -1;
}
"""
RENAMED = """
/* my very own work */
static int zap(const int *v, int n) {
    int t = 7, i;
    for (i = 7; i < n; i++)
    {
        if (v[i] > 4242) t += v[i] * 9; // twice
        else t -= v[i] / 8; }
    return t > 5 ? t : -9;
}
"""


@pytest.fixture(scope="module")
def pack() -> Pack:
    return catalog.load(catalog.shipped_folder())


@pytest.fixture(scope="module")
def hello(pack: Pack) -> Lesson:
    return pack.lesson("hello")


def of(student: str, files: Mapping[str, bytes], lesson: str = "hello") -> Grade:
    return Grade(student, lesson, None, None, 1, 1, 0, 0, 0, student, datetime.now(UTC), files=files)


def found(hello: Lesson, **sources: str) -> list[Pair]:
    return similarity.pairs([of(name, {"hello.c": text.encode()}) for name, text in sources.items()], hello)


def test_renaming_and_laying_out_anew_hides_nothing(hello: Lesson) -> None:
    (pair,) = found(hello, ann=OWN, bob=RENAMED, cyd="int other;\n" * 40)
    assert [grade.student for grade in pair.grades] == ["ann", "bob"]
    assert pair.share == 1


def test_a_copy_among_other_code_is_noticed_where_it_stands(hello: Lesson) -> None:
    solution = hello.solution()["hello.c"].decode()
    (pair,) = found(hello, ann=solution + OWN, bob=RENAMED + solution)
    ann, bob = (
        {line for place in places for line in range(place.first, place.last + 1)} for places in pair.places
    )
    lines = solution.count("\n")
    assert max(bob) <= RENAMED.count("\n")
    assert min(ann) > lines


def test_the_lessons_own_code_says_nothing(hello: Lesson) -> None:
    wrong = next(iter(hello.mistakes().values()))[1]["hello.c"].decode()
    for code in (hello.solution()["hello.c"].decode(), hello.starter()["hello.c"].decode(), wrong):
        assert found(hello, ann=code, bob=code) == []


def test_people_who_solved_a_lesson_on_their_own_are_no_pairs(pack: Pack) -> None:
    folders = [path for path in ALTERNATIVES.glob("*/*") if path.is_dir()]
    assert len(folders) > 10
    for lesson in pack.lessons:
        theirs = [
            of(folder.name, {path.name: path.read_bytes() for path in folder.glob("*.[ch]")}, lesson.id)
            for folder in folders
            if folder.parent.name == lesson.id
        ]
        assert similarity.pairs(theirs, lesson) == []


def test_the_most_similar_come_first(hello: Lesson) -> None:
    more = OWN + "".join(
        f"int a{number}[{number}] = {{ [{number}] = -b(c)->d }};\n" * 3 for number in range(3)
    )
    pairs = found(hello, ann=OWN, bob=more + RENAMED[:120], cyd=RENAMED)
    assert pairs == sorted(pairs, key=lambda pair: -pair.share)
    assert {grade.student for grade in pairs[0].grades} != {"bob"}


@pytest.mark.parametrize("text", [b"\n ", b"/*", b'"\\', b"("])
def test_a_hostile_file_keeps_nobody_busy(hello: Lesson, text: bytes) -> None:
    files = {"hello.c": text * (1_000_000 // len(text))}
    similarity.pairs([of("ann", files), of("bob", files)], hello)


def test_the_page_shows_both_sides_with_marks(hello: Lesson, pack: Pack) -> None:
    page = similar.text(
        [of("ann", {"hello.c": OWN.encode()}), of("bob", {"hello.c": RENAMED.encode()})], pack, Roster()
    )
    assert "100 % · ann and bob" in page
    assert page.count('class="line marked"') >= 15


def test_a_lesson_that_is_gone_is_compared_all_the_same(pack: Pack) -> None:
    grades = [of(name, {"hello.c": OWN.encode()}, "gone") for name in ("ann", "bob")]
    assert "100 % · ann and bob" in similar.text(grades, pack, Roster())
