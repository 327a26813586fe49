# SPDX-License-Identifier: MIT
"""What students get of a pack holds nothing of what is hidden, and says how much that is."""

import re
import tomllib
from datetime import datetime
from pathlib import Path

import pytest
import tomlkit

from kmodlab.build.result import BuildEvidence
from kmodlab.cli.output import summary
from kmodlab.errors import LabError
from kmodlab.grading.grade import summarise
from kmodlab.grading.reports import report_json, report_junit
from kmodlab.packs import authoring, catalog, contents, student
from kmodlab.packs.catalog import Pack

CHECKS_TOML = """
# The next ones are SECRET.
[[check]]
id = "secret-1"
title = "SECRET"
visibility = "hidden"
after = "told"
do = ["run secret.c", "run probe.c", { python = "secret_drive" }]
expect = [{ python = "secret_judge" }]
hints = ["SECRET"]

[[check]]
id = "secret-2"
title = "SECRET"
visibility = "after_due_date"
hints = ["SECRET"]

[[check]]
id = "open"
title = "Open"
do = ["run probe.c", { load = "answer value=3", errno = "EINVAL" }]
expect = [{ python = "judge" }, { log = ["a", "b"] }]
hints = ["Think."]
"""
CODE = """
# SECRET comment
from kmodlab.checks import Evidence, Expect

LIMIT = 3
SECRET_LIMIT = "SECRET"


def helper():
    return LIMIT


def secret_helper():
    return SECRET_LIMIT


def secret_drive(machine):
    return secret_helper()


def secret_judge(evidence, expect):
    expect.equal(helper(), secret_helper(), "SECRET")


def judge(evidence: Evidence, expect: Expect) -> None:
    expect.equal(helper(), 3, "x")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authoring.new(tmp_path / "drivers")
    lesson = tmp_path / "drivers/lessons/01-answer"
    (lesson / "lesson.toml").write_text((lesson / "lesson.toml").read_text() + CHECKS_TOML)
    for name in ("secret.c", "probe.c"):
        (lesson / name).write_text("int main(void) { return 0; }\n")
    (tmp_path / "drivers/checks.py").write_text(CODE)
    return tmp_path / "drivers"


@pytest.fixture
def edition(folder: Path, tmp_path: Path) -> Pack:
    """What students get, unpacked."""
    _, archive = authoring.build(catalog.load(folder), for_students=True)
    (tmp_path / "student.zip").write_bytes(archive)
    contents.write(contents.read(tmp_path / "student.zip"), tmp_path / "student")
    return catalog.load(tmp_path / "student")


def test_nothing_hidden_is_anywhere_in_it(edition: Pack) -> None:
    files = [path for path in edition.folder.rglob("*") if path.is_file()]
    assert [path for path in files if "secret" in path.name.lower()] == []
    assert [path for path in files if re.search("secret", path.read_text(), re.IGNORECASE)] == []
    assert "probe.c" in {path.name for path in files}
    assert not (edition.folder / "solutions").exists()


def test_what_is_left_means_the_same(folder: Path, edition: Pack) -> None:
    (whole,), (left,) = catalog.load(folder).lessons, edition.lessons
    assert left.manifest == whole.as_learner().manifest
    assert left.manifest.hidden_checks == 2
    assert [check.id for check in left.checks] == ["builds", "default", "told", "open"]


def test_the_functions_that_are_left_work(edition: Pack) -> None:
    names: dict[str, object] = {}
    exec((edition.folder / "checks.py").read_text(), names)
    assert names["LIMIT"] == 3
    assert callable(names["judge"])


def test_code_that_only_hidden_checks_name_is_left_out_as_a_whole(folder: Path) -> None:
    lesson = folder / "lessons/01-answer/lesson.toml"
    lesson.write_text(lesson.read_text().replace('{ python = "judge" }, ', ""))
    assert "checks.py" not in student.edition(catalog.load(folder), contents.read(folder))


def test_statements_that_define_nothing_stay_with_what_they_need() -> None:
    source = b"import os\na = 1\nb = 2\nif a:\n    os.sync()\ndef f():\n    pass\ndef g():\n    return f\n"
    assert student.needed(source, ["f"]).decode() == (
        "import os\na = 1\nif a:\n    os.sync()\n\ndef f():\n    pass\n"
    )


def test_a_lesson_without_hidden_checks_stays_as_it_is(tmp_path: Path) -> None:
    authoring.new(tmp_path / "open")
    found = contents.read(tmp_path / "open")
    left = student.edition(catalog.load(tmp_path / "open"), found)
    assert left == {path: content for path, content in found.items() if not path.startswith("solutions/")}


def test_a_learner_sees_only_how_many_checks_are_hidden(folder: Path) -> None:
    lesson = catalog.for_learner(folder).lessons[0]
    report = summarise(lesson, "6.1.0", BuildEvidence(True, "", ()), [])
    for text in (report_json(report), report_junit(report), str(summary(report))):
        assert "secret" not in text.lower()
    assert '"hidden_checks": 2' in report_json(report)
    assert "2 more checks are hidden; your instructor grades them." in str(summary(report))


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('id = "open"', 'id = "open"\nafter = "secret-2"', "'open' needs 'secret-2', which is hidden when"),
        (
            'visibility = "after_due_date"',
            'visibility = "after_due_date"\nafter = "secret-1"',
            "needs 'secret-1'",
        ),
        ('visibility = "hidden"', 'visibility = "invisible"', "visibility"),
    ],
)
def test_what_is_seen_needs_nothing_that_is_hidden(
    folder: Path, before: str, after: str, sentence: str
) -> None:
    lesson = folder / "lessons/01-answer/lesson.toml"
    lesson.write_text(lesson.read_text().replace(before, after))
    with pytest.raises(LabError, match=sentence):
        catalog.load(folder)


def test_one_check_at_least_is_seen(folder: Path) -> None:
    lesson = folder / "lessons/01-answer/lesson.toml"
    table = tomllib.loads(lesson.read_text())
    for check in table["check"]:
        check["visibility"] = "hidden"
    lesson.write_text(tomlkit.dumps(table))
    with pytest.raises(LabError, match="a check that learners see"):
        catalog.load(folder)


@pytest.mark.parametrize(("now", "ids"), [("2026-11-30", set()), ("2026-12-02", {"secret-2"})])
def test_a_check_for_after_the_due_date_is_seen_then(folder: Path, now: str, ids: set[str]) -> None:
    manifest = folder / "pack.toml"
    manifest.write_text(manifest.read_text() + "[late]\ndue = 2026-12-01T12:00:00Z\n")
    (lesson,) = catalog.load(folder).as_learner(datetime.fromisoformat(f"{now}T00:00:00+00:00")).lessons
    assert {check.id for check in lesson.checks} & {"secret-1", "secret-2"} == ids
    assert lesson.manifest.hidden_checks == 2 - len(ids)
