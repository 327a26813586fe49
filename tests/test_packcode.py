# SPDX-License-Identifier: MIT
"""Functions of a pack drive a machine and judge evidence, and what is wrong with them is the pack's fault."""

import threading
import time
from pathlib import Path

import pytest

from kmodlab.checks import Machine
from kmodlab.errors import LabError
from kmodlab.evidence.evidence import CheckEvidence
from kmodlab.grading import packcode
from kmodlab.grading.packcode import drive_of, judge_of
from kmodlab.machines.machine import CommandResult, DeadlineError, MachineLostError
from kmodlab.packs import authoring, catalog, trust

EVIDENCE = CheckEvidence("c", seconds=3)


class Guest:
    """Answers every command, each of which takes two seconds of its clock."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.files: dict[str, bytes] = {}

    def clock(self) -> float:
        return self.seconds

    def run(self, command: str, *, deadline: float = 10, give_up: object = None) -> CommandResult:
        self.seconds += 2
        if command == "halt":
            raise MachineLostError
        return CommandResult(3, command.encode(), b"\xff", 2.0)

    def push(self, path: str, content: bytes) -> None:
        self.files[path] = content

    def pull(self, path: str) -> bytes:
        return self.files[path]


def machine(deadline: float = 100) -> Machine:
    return Machine(Guest(), deadline, lambda: lambda: False)  # type: ignore[arg-type]


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pack without code, whose lesson names the functions `judge` and `drive`."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    authoring.new(tmp_path / "drivers")
    lesson = tmp_path / "drivers/lessons/01-answer/lesson.toml"
    check = (
        '\n[[check]]\nid = "p"\ntitle = "P"\ndo = [{ python = "drive" }]\nexpect = [{ python = "judge" }]\n'
    )
    lesson.write_text(lesson.read_text() + check)
    return tmp_path / "drivers"


def with_code(pack: Path, text: str) -> Path:
    (pack / "checks.py").write_text(text)
    trust.trust(catalog.load(pack))
    return pack


@pytest.mark.parametrize(
    ("line", "reason", "expected", "actual"),
    [
        ("expect.that(evidence.seconds < 2, 'It is slow.')", "It is slow.", None, None),
        ("expect.that(False, 'x', expected='a', actual='b')", "x", "a", "b"),
        ("expect.equal(evidence.seconds, 2, 'It is slow.')", "It is slow.", "2", "3"),
        ("expect.within(evidence.seconds, 'x', at_most=2)", "x", "at most 2", "3"),
        ("expect.within(1.5, 'x', at_least=2, at_most=3)", "x", "at least 2 and at most 3", "1.5"),
    ],
)
def test_the_first_thing_that_is_not_so_is_told(
    pack: Path, line: str, reason: str, expected: str | None, actual: str | None
) -> None:
    judge = judge_of(with_code(pack, f"def judge(evidence, expect):\n    {line}\n    1/0\n"))
    mismatch = judge("judge", EVIDENCE)
    assert mismatch is not None
    assert (mismatch.reason, mismatch.expected, mismatch.actual) == (reason, expected, actual)


def test_what_is_so_is_none(pack: Path) -> None:
    code = "def judge(evidence, expect):\n    expect.equal('a', 'a', 'x')\n    expect.within(2, 'x', at_least=2)\n"
    assert judge_of(with_code(pack, code))("judge", EVIDENCE) is None


def test_texts_that_differ_are_compared(pack: Path) -> None:
    code = "def judge(evidence, expect):\n    expect.equal('a\\nb', 'a\\nc', 'x')\n"
    mismatch = judge_of(with_code(pack, code))("judge", EVIDENCE)
    assert mismatch is not None
    assert mismatch.difference is not None
    assert mismatch.difference.heading == "line 2 is the first that differs"


def test_a_function_drives_the_machine_and_all_of_it_is_evidence(pack: Path) -> None:
    code = "def drive(machine):\n    machine.write('/x', b'y')\n    result = machine.run('one')\n"
    code += "    machine.run('two')\n    return f'{result.status} {result.stdout} {machine.read(\"/x\")}'\n"
    guest = machine()
    assert drive_of(with_code(pack, code))("drive", guest) == "3 one b'y'"
    assert [(part.title, part.status, part.stderr) for part in guest.done] == [
        ("one", 3, "\\xff"),
        ("two", 3, "\\xff"),
    ]


def test_all_that_a_function_does_has_one_deadline(pack: Path) -> None:
    code = "def drive(machine):\n    while True:\n        machine.run('x')\n"
    guest = machine(deadline=5)
    with pytest.raises(DeadlineError, match="within 5 seconds"):
        drive_of(with_code(pack, code))("drive", guest)
    assert len(guest.done) == 3


def test_a_machine_that_stops_is_no_mistake_of_the_pack(pack: Path) -> None:
    with pytest.raises(MachineLostError):
        drive_of(with_code(pack, "def drive(machine):\n    machine.run('halt')\n"))("drive", machine())


def test_a_file_may_use_dataclasses(pack: Path) -> None:
    code = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n\n"
        "@dataclass\nclass Seen:\n    text: str\n\n"
        "def drive(machine):\n    return repr(Seen(machine.run('a').stdout))\n"
    )
    assert drive_of(with_code(pack, code))("drive", machine()) == "Seen(text='a')"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x = 1", "there is no function judge"),
        ("judge = 1", "there is no function judge"),
        ("def judge(", "SyntaxError"),
        ("import nothing_of_the_kind", "ModuleNotFoundError"),
        ("def judge(evidence, expect): return evidence.none", "judge() raises AttributeError"),
        ("def judge(evidence): pass", "judge() raises TypeError"),
        ("def judge(evidence, expect): return 'It is slow.'", "it has to tell `expect`"),
    ],
)
def test_what_is_wrong_with_the_file_is_told(pack: Path, text: str, sentence: str) -> None:
    with pytest.raises(LabError) as raised:
        judge_of(with_code(pack, text))("judge", EVIDENCE)
    assert str(pack / "checks.py") in raised.value.message
    assert sentence in raised.value.message


def test_a_file_that_is_missing_is_told(pack: Path) -> None:
    with pytest.raises(LabError, match="FileNotFoundError"):
        judge_of(pack)("judge", EVIDENCE)


def test_a_function_that_drives_gives_a_text(pack: Path) -> None:
    with pytest.raises(LabError, match="neither None nor a text"):
        drive_of(with_code(pack, "def drive(machine):\n    return 3\n"))("drive", machine())


def test_nothing_of_the_file_runs_that_is_not_trusted(pack: Path) -> None:
    trace = pack / "ran"
    (pack / "checks.py").write_text(f"open({str(trace)!r}, 'w')\ndef judge(evidence, expect): pass\n")
    with pytest.raises(trust.UntrustedError):
        judge_of(pack)("judge", EVIDENCE)
    assert not trace.exists()


def has_ended() -> bool:
    """Whether no function of a pack runs any more, or will soon have ended."""
    ends = time.monotonic() + 10
    while any(thread.name == trust.CHECKS for thread in threading.enumerate()):
        if time.monotonic() > ends:
            return False
        time.sleep(0.01)
    return True


def test_a_judge_without_end_is_stopped_and_the_packs_fault(
    pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packcode, "JUDGE_SECONDS", 0.1)
    judge = judge_of(with_code(pack, "def judge(evidence, expect):\n    while True:\n        pass\n"))
    with pytest.raises(LabError, match=r"judge\(\) does not come to an end"):
        judge("judge", EVIDENCE)
    assert has_ended()


def test_a_drive_without_end_is_stopped_after_the_deadline(
    pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packcode, "GRACE_SECONDS", 0.1)
    monkeypatch.setattr(Guest, "clock", lambda guest: time.monotonic())
    drive = drive_of(with_code(pack, "def drive(machine):\n    while True:\n        pass\n"))
    with pytest.raises(LabError, match=r"drive\(\) does not come to an end"):
        drive("drive", machine(0.1))
    assert has_ended()


def test_code_that_would_leave_the_lab_is_the_packs_fault(pack: Path) -> None:
    judge = judge_of(with_code(pack, "import sys\n\ndef judge(evidence, expect):\n    sys.exit(3)\n"))
    with pytest.raises(LabError, match=r"judge\(\) raises SystemExit: 3"):
        judge("judge", EVIDENCE)


def test_a_file_without_end_is_stopped_too(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packcode, "JUDGE_SECONDS", 0.1)
    judge = judge_of(with_code(pack, "while True:\n    pass\n"))
    with pytest.raises(LabError, match="does not come to an end"):
        judge("judge", EVIDENCE)
    assert has_ended()
