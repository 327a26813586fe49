# SPDX-License-Identifier: MIT
"""Rosters as spreadsheets and learning platforms write them."""

from pathlib import Path

import pytest

from kmodlab.classroom import roster
from kmodlab.classroom.grade import Student
from kmodlab.errors import UsageError

ANN = Student("ann", "Ann", "Lee", "ann@example.edu")


def read(tmp_path: Path, content: str | bytes) -> dict[str, Student]:
    path = tmp_path / "roster.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return dict(roster.read(path).students)


@pytest.mark.parametrize(
    "text",
    [
        "id,first_name,last_name,email\nann,Ann,Lee,ann@example.edu\n",
        "email,lms_user_id,last_name,first_name,id\nann@example.edu,9,Lee,Ann,ann\n\n",
        "\ufeffLast Name;First Name;SID;Email\r\nLee;Ann;ann;ann@example.edu\r\n",
        'ID\tfirst_name\tlast_name\temail\n"ann"\t"Ann"\t Lee \tann@example.edu',
    ],
)
def test_columns_may_be_in_any_order(tmp_path, text):
    assert read(tmp_path, text) == {"ann": ANN}


def test_only_the_id_is_needed(tmp_path):
    assert read(tmp_path, "id\nann\nbob\n") == {"ann": Student("ann"), "bob": Student("bob")}
    assert Student("ann").name == "ann"
    assert ANN.name == "Ann Lee"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("name,email\nAnn,a@b\n", "has no column id"),
        ("id,email\nann,a\n,b\n", "has no id in line 3"),
        ("id\nann\nbob\nann\n", "has 'ann' a second time in line 4"),
        (b"id,last_name\nann,M\xfcller\n", "it is not UTF-8"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, content, words):
    with pytest.raises(UsageError, match=words):
        read(tmp_path, content)


def test_a_roster_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        roster.read(tmp_path / "none.csv")
