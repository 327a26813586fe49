# SPDX-License-Identifier: MIT
"""What grades are written as: for nbgrader, Gradescope, Classroom 50 and CI."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from kmodlab.classroom.formats import classroom50, common, gradescope, junit, nbgrader, pages
from kmodlab.classroom.grade import NOTHING, Grade, Roster, Student
from kmodlab.cli.checking import FORMATS
from kmodlab.errors import LabError
from kmodlab.evidence.finding import Finding
from kmodlab.grading.verdict import CheckVerdict, Outcome, Report
from kmodlab.packs import catalog
from kmodlab.packs.catalog import Pack

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
DUE = datetime.fromisoformat("2026-11-27T12:00:00+01:00")
ROSTER = Roster({"ann": Student("ann", "Ann", "Lee", "ann@example.edu")})
LEAK = Finding("leak", "12 bytes are lost.", file="hello.c", line=7)
VERDICTS = (
    CheckVerdict("builds", "It builds", Outcome.PASS, 2, 2, 0.5),
    CheckVerdict("greets", "It greets", Outcome.FAIL, 0, 1.5, 0.5, "No \x1b[1m<greeting>.", findings=(LEAK,)),
    CheckVerdict("leaves", "It leaves", Outcome.SKIP, 0, 1, reason="It needs `greets`."),
)
REPORT = Report("hello", "6.1", Outcome.FAIL, 2, 4.5, 1.0, VERDICTS, findings=(LEAK,))
ANN = Grade("ann", "hello", REPORT, None, 2, 4.5, 1, 0.6, 1, "f00", NOW, submitted=NOW, due=DUE)
BOB = Grade("b,b", "hello", None, "The lab failed.", None, 10, 0, 0, 0, "", NOW)
CYD = Grade("../cyd", "hello", None, NOTHING, 0, 10, 0, 0, 0, "", NOW)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return catalog.load(catalog.shipped_folder())


@pytest.fixture
def pack_with_bonus(pack: Pack) -> Pack:
    """Of `hello` the check called `greets` is extra credit."""
    hello = pack.lesson("hello")
    checks = tuple(check.model_copy(update={"bonus": check.id == "greets"}) for check in hello.checks)
    lesson = replace(hello, manifest=hello.manifest.model_copy(update={"check": checks}))
    return replace(pack, lessons=(lesson,))


def test_nbgraders_columns(tmp_path: Path, pack: Pack) -> None:
    nbgrader.write((ANN, BOB), pack, ROSTER, tmp_path)
    with (tmp_path / "grades.csv").open(newline="") as file:
        ann, bob = csv.DictReader(file)
    assert ann == {
        "assignment": "hello",
        "duedate": "2026-11-27 11:00:00+00:00",
        "timestamp": "2026-11-27 12:00:00+00:00",
        "student_id": "ann",
        "last_name": "Lee",
        "first_name": "Ann",
        "email": "ann@example.edu",
        "raw_score": "3",
        "late_submission_penalty": "0.6",
        "score": "2.4",
        "max_score": "4.5",
    }
    assert (bob["student_id"], bob["raw_score"], bob["score"], bob["max_score"]) == ("b,b", "", "", "10")


def test_junit_has_a_suite_a_grade_and_a_case_a_check() -> None:
    root = xml.fromstring(junit.text((ANN, BOB, CYD)))
    assert root.attrib == {"name": "kmodlab", "tests": "5", "failures": "2", "errors": "1", "skipped": "1"}
    ann, bob, cyd = root
    assert ann.get("name") == "ann.hello"
    assert [[child.tag for child in case] for case in ann.findall("testcase")] == [
        [],
        ["failure"],
        ["skipped"],
    ]
    assert ann.find("testcase/failure").get("message") == "No �[1m<greeting>."
    assert "hello.c:7: leak: 12 bytes are lost." in ann.find("testcase/failure").text
    assert ann.find("properties/property[@name='score']").get("value") == "2.4/4.5"
    assert bob.find("testcase/error").get("message") == "The lab failed."
    assert cyd.find("testcase/failure").get("message") == NOTHING


def test_gradescopes_results(pack_with_bonus: Pack) -> None:
    results = json.loads(gradescope.text(ANN, pack_with_bonus))
    assert results["score"] == pytest.approx(2.4)
    assert results["output"] == "It was handed in late, which costs 0.6 points."
    builds, greets, leaves = results["tests"]
    assert (builds["status"], builds["score"], builds["max_score"]) == ("passed", 2, 2)
    assert greets["name"] == "It greets (extra credit)"
    assert greets["output"] == "No �[1m<greeting>.\nhello.c:7: leak: 12 bytes are lost."
    assert (leaves["status"], leaves["output"]) == ("failed", "It needs `greets`.")


def test_classroom_50_counts_in_whole_points_and_without_being_late(pack_with_bonus: Pack) -> None:
    environment = {"CLASSROOM": "os", "ASSIGNMENT": "a1", "SUBMISSION_TAG": "submit/1", "COMMIT_URL": "c"}
    result = json.loads(classroom50.text(ANN, pack_with_bonus, environment))
    assert result["schema"] == "classroom50/result/v1"
    assert (result["classroom"], result["assignment"], result["submission"]) == ("os", "a1", "submit/1")
    assert (result["commit"], result["review"], result["datetime"]) == ("c", "c", "2026-11-27T12:00:00Z")
    assert (result["score"], result["max-score"]) == (4, 6)
    assert [(test["passed"], test["score"], test["max-score"]) for test in result["tests"]] == [
        (True, 4, 4),
        (False, 0, 0),
        (False, 0, 2),
    ]
    assert {type(result[key]) for key in ("score", "max-score")} == {int}


def test_no_text_of_classroom_50s_is_empty(pack: Pack) -> None:
    for grade in (ANN, CYD):
        result = json.loads(classroom50.text(grade, pack, {}))
        assert all(value for value in result.values() if isinstance(value, str))


def test_one_report_alone_is_written_in_the_formats_of_the_classroom(pack: Pack) -> None:
    results = json.loads(FORMATS["gradescope"](REPORT, pack))
    assert (results["score"], results["output"], len(results["tests"])) == (2, "", 3)
    assert json.loads(FORMATS["classroom50"](REPORT, pack))["score"] == 4
    verdicts = (VERDICTS[0], replace(VERDICTS[1], outcome=Outcome.ERROR))
    for name in ("gradescope", "classroom50"):
        with pytest.raises(LabError, match="The lab could not run `greets`"):
            FORMATS[name](replace(REPORT, checks=verdicts), pack)


def test_who_handed_in_nothing_has_failed_every_check(pack: Pack) -> None:
    tests = json.loads(gradescope.text(CYD, pack))["tests"]
    assert [test["name"] for test in tests] == [check.title for check in pack.lesson("hello").checks]
    assert {(test["status"], test["score"], test["output"]) for test in tests} == {("failed", 0, NOTHING)}


def test_where_the_lab_failed_there_is_no_file_that_says_otherwise(tmp_path: Path, pack: Pack) -> None:
    path = tmp_path / "gradescope/ann/hello/results.json"
    gradescope.write((ANN, CYD), pack, ROSTER, tmp_path)
    assert path.is_file()
    gradescope.write((replace(ANN, points=None),), pack, ROSTER, tmp_path)
    assert not path.exists()


@pytest.mark.parametrize(
    "id", ["ann", "ann.lee+1@example.edu", "../../ann", "..", "Ann Lee", "a" * 300, "é", "-o"]
)
def test_a_students_file_name_leads_nowhere_else(id: str) -> None:
    name = common.file_name(id)
    assert "/" not in name
    assert not name.startswith((".", "-"))
    assert len(name) <= 100
    assert common.file_name(f"{id}!") != name


def test_a_file_that_says_the_same_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "a/b.txt"
    common.put(path, "same")
    before = path.stat().st_ino
    common.put(path, "same")
    assert path.stat().st_ino == before
    common.put(path, "other")
    assert path.read_text() == "other"


def test_a_lesson_that_the_pack_has_no_more_is_written_all_the_same(tmp_path: Path, pack: Pack) -> None:
    gone = replace(ANN, lesson="gone", report=replace(REPORT, lesson="gone"))
    for form in (nbgrader, junit, gradescope, classroom50):
        form.write((gone, replace(CYD, lesson="gone")), pack, ROSTER, tmp_path)
    assert json.loads((tmp_path / "classroom50/ann/gone/result.json").read_text())["assignment"] == "gone"


@pytest.fixture
def pack_with_hidden(pack: Pack) -> Pack:
    """Of `hello` the check called `greets` is hidden, and `leaves` until the due date."""
    hello = pack.lesson("hello")
    visibility = {"greets": "hidden", "leaves": "after_due_date"}
    checks = tuple(
        hello.checks[0].model_copy(update={"id": id, "visibility": visibility.get(id, "visible")})
        for id in ("builds", "greets", "leaves")
    )
    lesson = replace(hello, manifest=hello.manifest.model_copy(update={"check": checks}))
    return replace(pack, lessons=(lesson,))


def test_gradescope_is_told_who_may_see_a_check(pack_with_hidden: Pack) -> None:
    tests = json.loads(gradescope.text(ANN, pack_with_hidden))["tests"]
    assert [test["visibility"] for test in tests] == ["visible", "hidden", "after_due_date"]


@pytest.mark.parametrize(("due", "hidden"), [(None, 2), (datetime(2020, 1, 1, tzinfo=UTC), 1)])
def test_what_a_student_gets_says_of_hidden_checks_how_many_there_are(
    pack_with_hidden: Pack, due: datetime | None, hidden: int
) -> None:
    grade = replace(ANN, due=due)
    page = pages.student_page(ROSTER.student("ann"), [grade], pack_with_hidden)
    assert f"Hidden checks: {hidden}." in page
    for secret in ("It greets", "greeting", "12 bytes are lost"):
        assert secret not in page
        assert secret not in classroom50.text(grade, pack_with_hidden)
    assert ("It leaves" in page) is (hidden == 1)
    result = json.loads(classroom50.text(grade, pack_with_hidden))
    assert result["score"], result["max-score"] == (4, 9)
