# SPDX-License-Identifier: MIT
"""The app asks whether a pack's code may run, and checks once it may."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from tui_lab import RecordedSession, make_app, make_pack, passing
from tui_pilot import WIDE, opened, until

from kmodlab.packs import catalog, trust
from kmodlab.packs.trust import UntrustedError
from kmodlab.tui.screens.dialogs import Question


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecordedSession:
    """A session on a pack with a test program, which refuses to check as the real one does."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    (tmp_path / "pack").mkdir()
    make_pack(tmp_path / "pack")
    lesson = next((tmp_path / "pack/lessons").iterdir())
    manifest = lesson / "lesson.toml"
    manifest.write_text(
        manifest.read_text() + '[[check]]\nid = "probes"\ntitle = "P"\ndo = ["run probe.c"]\n'
    )
    (lesson / "probe.c").write_text("int main(void) { return 0; }\n")
    session = RecordedSession(catalog.load(tmp_path / "pack"), tmp_path)
    session.events = passing(session.pack.lessons[0])
    return session


async def asked(pilot: Pilot[None], lab: RecordedSession) -> None:
    await opened(pilot)
    lab.trouble = UntrustedError(lab.pack)
    await pilot.press("f5")
    await until(pilot, lambda: isinstance(pilot.app.screen, Question))
    lab.trouble = None


async def test_who_says_yes_has_it_checked(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        await asked(pilot, lab)
        assert not trust.is_trusted(lab.pack)
        await pilot.press("y")
        await until(pilot, lambda: len(lab.checked) == 2)
        assert trust.is_trusted(lab.pack)


async def test_who_says_no_is_left_alone(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        await asked(pilot, lab)
        await pilot.press("n")
        await until(pilot, lambda: not isinstance(pilot.app.screen, Question))
        assert not trust.is_trusted(lab.pack)
        assert len(lab.checked) == 1
