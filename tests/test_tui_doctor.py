# SPDX-License-Identifier: MIT
"""The doctor in the app: needs as they are examined, fixes to copy, and how far the machine is."""

import threading
from collections.abc import Iterator

import pytest
from textual.pilot import Pilot
from textual.widgets import Static
from tui_lab import RecordedSession, make_app
from tui_pilot import NARROW, WIDE, editor_of, opened, until

from kmodlab import doctor
from kmodlab.doctor import Need
from kmodlab.errors import LabError
from kmodlab.steps import Step
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.screens.doctor import Doctor, NeedList

PYTHON = Need("Python", "ok", "3.11.7")
QEMU = Need("qemu", "missing", "It runs the throw-away kernels.", "sudo apt-get install qemu-system-x86")
WALLS = Need("bubblewrap", "warning", "Modules are compiled without a sandbox.", "apt-get install bubblewrap")


class Examination:
    """An examination that finds `needs`; the second only once `gate` is open."""

    def __init__(self) -> None:
        self.needs = [PYTHON, QEMU, WALLS]
        self.gate = threading.Event()
        self.gate.set()
        self.times = 0
        self.cancelled: threading.Event | None = None

    def __call__(self, cancelled: threading.Event | None = None) -> Iterator[Need]:
        self.times += 1
        self.cancelled = cancelled
        for need in self.needs:
            yield need
            assert self.gate.wait(10)


def shown(app: KmodlabApp, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).content)


@pytest.fixture
def examination(monkeypatch: pytest.MonkeyPatch) -> Examination:
    planned = Examination()
    monkeypatch.setattr(doctor, "examine", planned)
    return planned


async def at_the_doctor(pilot: Pilot[None]) -> KmodlabApp:
    app = await opened(pilot)
    await pilot.press("f12")
    await until(pilot, lambda: isinstance(app.screen, Doctor) and app.screen.query("#diagnosis"))
    return app


def needs(app: KmodlabApp) -> list[str]:
    options = app.screen.query_one(NeedList).options
    return [" ".join(str(option.prompt).split()) for option in options]


async def test_needs_appear_as_they_are_examined(lab: RecordedSession, examination: Examination) -> None:
    examination.gate.clear()
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await at_the_doctor(pilot)
        await until(pilot, lambda: needs(app) == ["✓ ok Python 3.11.7"])
        assert "Examining" in shown(app, "#diagnosis")
        examination.gate.set()
        await until(pilot, lambda: "missing" in shown(app, "#diagnosis"))
        assert needs(app)[1:] == [
            "✗ missing qemu It runs the throw-away kernels. → sudo apt-get install qemu-system-x86",
            "! warning bubblewrap Modules are compiled without a sandbox. → apt-get install bubblewrap",
        ]


async def test_the_fix_of_what_is_missing_is_copied(lab: RecordedSession, examination: Examination) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await at_the_doctor(pilot)
        await until(pilot, lambda: len(needs(app)) == 3)
        await pilot.press("c")
        assert app.clipboard == QEMU.fix
        await pilot.press("j", "c")
        assert app.clipboard == WALLS.fix


@pytest.mark.parametrize(
    ("found", "diagnosis"),
    [
        ([PYTHON, QEMU, WALLS], "✗ 1 thing missing. Arrows show how to get it."),
        ([PYTHON, WALLS], "! All that is needed is here; 1 thing could be better."),
        ([PYTHON], "✓ Everything that the lab needs is here."),
    ],
)
async def test_the_diagnosis_says_what_comes_of_it(
    lab: RecordedSession, examination: Examination, found: list[Need], diagnosis: str
) -> None:
    examination.needs = found
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await at_the_doctor(pilot)
        await until(pilot, lambda: shown(app, "#diagnosis") == diagnosis)


async def test_everything_is_examined_again(lab: RecordedSession, examination: Examination) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await at_the_doctor(pilot)
        await until(pilot, lambda: "missing" in shown(app, "#diagnosis"))
        examination.needs = [PYTHON]
        await pilot.press("r")
        await until(pilot, lambda: "Everything" in shown(app, "#diagnosis"))
        assert (needs(app), examination.times) == (["✓ ok Python 3.11.7"], 2)


async def test_who_leaves_the_doctor_has_nothing_booted_any_more(
    lab: RecordedSession, examination: Examination
) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        await at_the_doctor(pilot)
        await until(pilot, lambda: examination.cancelled is not None)
        cancelled = examination.cancelled
        assert cancelled is not None
        assert not cancelled.is_set()
        await pilot.press("escape")
        await until(pilot, cancelled.is_set)


async def test_a_failure_of_the_examination_itself_is_one_sentence(
    lab: RecordedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(_cancelled: threading.Event | None = None) -> Iterator[Need]:
        yield PYTHON
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(doctor, "examine", explode)
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await at_the_doctor(pilot)
        await until(pilot, lambda: list(app._notifications))
        assert "ZeroDivisionError" in next(iter(app._notifications)).message
        await until(pilot, lambda: "Examining" not in shown(app, "#diagnosis"))


async def test_the_set_up_shows_what_is_done_and_how_many_megabytes(
    lab: RecordedSession, examination: Examination
) -> None:
    lab.step = Step("Downloading Linux 6.1 (49 MB)", 0.5, 49_000_000)
    lab.booted.clear()
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await at_the_doctor(pilot)
        await until(pilot, lambda: "Downloading Linux 6.1 (49 MB) · 24 MB here" in shown(app, "#set-up"))
        assert "50%" in shown(app, "#set-up")
        app.machine.hear(Step("Booting Linux 6.1 once"))
        await until(pilot, lambda: "Booting" in shown(app, "#set-up"))
        assert "✓ Downloading" in shown(app, "#set-up")
        await pilot.press("escape", "f3", "x")  # the learner can write meanwhile
        assert editor_of(app).text.startswith("x")
        await pilot.press("f12")
        lab.booted.set()
        await until(pilot, lambda: "is ready (TCG)" in shown(app, "#set-up"))


async def test_when_there_is_no_machine_the_doctor_is_named_and_tries_again(
    lab: RecordedSession, examination: Examination
) -> None:
    lab.trouble = LabError("QEMU is missing.", hint="Install it.")
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await until(pilot, lambda: list(app._notifications))
        assert "F12 opens the doctor" in next(iter(app._notifications)).message
        await pilot.press("f12")
        await until(pilot, lambda: "QEMU is missing.\n→ Install it." in shown(app, "#set-up"))
        await until(pilot, lambda: "missing" in shown(app, "#diagnosis"))
        lab.trouble = None
        examination.needs = [PYTHON]
        await pilot.press("f8")
        await until(pilot, lambda: "is ready" in shown(app, "#set-up"))
        await until(pilot, lambda: "Everything" in shown(app, "#diagnosis"))  # it looked again by itself


@pytest.mark.slow
async def test_this_computer_is_examined_from_within_the_app(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await at_the_doctor(pilot)
        await until(pilot, lambda: "Examining" not in shown(app, "#diagnosis"), seconds=120)
        assert needs(app)[-1].startswith("✓ ok machine A machine starts")
