# SPDX-License-Identifier: MIT
"""How the app starts: with a lesson or with home, and what it says of trouble."""

import gc
import subprocess
import sys
from collections.abc import Callable

import pytest
from tui_lab import RecordedSession
from tui_pilot import WIDE, opened

from kmodlab import paths, settings
from kmodlab.errors import LabError
from kmodlab.grading.verdict import Outcome, Report
from kmodlab.learner.progress import Progress
from kmodlab.packs import catalog
from kmodlab.tui import app as app_module
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.overview import Overview


@pytest.fixture
def start(lab: RecordedSession, monkeypatch: pytest.MonkeyPatch) -> Callable[[], KmodlabApp]:
    """Start the app as `kmodlab` does, and give it once it was left."""
    started: list[KmodlabApp] = []
    monkeypatch.setattr(KmodlabApp, "run", lambda app: started.append(app))

    def main() -> KmodlabApp:
        assert app_module.main() == 0
        return started[-1]

    return main


def test_a_first_start_begins_with_a_lesson_and_a_later_one_with_home(
    start: Callable[[], KmodlabApp],
) -> None:
    assert start()._home is None
    pack = catalog.load(catalog.shipped_folder())
    Progress(pack).record("hello", Report("hello", "6.1.0", Outcome.FAIL, 4, 10, 1.3, ()), {})
    begun = start()._home
    assert isinstance(begun, Overview)
    assert begun.standings["hello"].best_points == 4


def test_a_data_folder_that_takes_no_files_is_told_and_the_app_starts(
    start: Callable[[], KmodlabApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/sys")
    app = start()
    assert app.session.progress.warning is not None
    assert app.session.progress.warning.startswith("The folder /sys/kmodlab cannot be made")
    assert not app.session.progress.path.parent.exists()  # it is gone with the app


def test_a_damaged_record_of_progress_is_told_and_a_new_one_begins(
    start: Callable[[], KmodlabApp],
) -> None:
    paths.data().mkdir(parents=True)
    (paths.data() / "progress.db").write_bytes(b"torn" * 5000)
    app = start()
    assert app.session.progress.warning is not None
    assert "was damaged" in app.session.progress.warning
    assert app._home is None


def test_damaged_settings_are_told_and_the_app_starts(start: Callable[[], KmodlabApp]) -> None:
    settings.path().parent.mkdir(parents=True)
    settings.path().write_text("theme = ")
    app = start()
    assert app.trouble is not None
    assert "not valid TOML" in app.trouble.message


def test_a_chosen_pack_that_vanished_is_told_and_the_one_that_ships_is_opened(
    start: Callable[[], KmodlabApp],
) -> None:
    settings.change(pack="nets")
    app = start()
    assert app.session.pack.id == "kmodlab"
    assert app.trouble is not None
    assert "'nets', which you chose, is not in" in app.trouble.message


async def test_trouble_of_the_start_is_told(lab: RecordedSession) -> None:
    trouble = LabError("The pack is gone.", hint="Choose another.")
    app = KmodlabApp(lab, lab.pack.lessons[0], trouble=trouble)  # type: ignore[arg-type]
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        assert next(iter(app._notifications)).message == "The pack is gone.\nChoose another."


def test_what_builds_and_runs_modules_is_not_imported_before_the_first_frame() -> None:
    script = (
        "import sys, kmodlab.session, kmodlab.tui.app\n"
        "heavy = {'kmodlab.standby', 'kmodlab.grading.runner', 'elftools', 'pexpect'} & sys.modules.keys()\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


async def test_what_was_off_for_the_start_collects_garbage_after_the_first_frame(
    lab: RecordedSession,
) -> None:
    gc.disable()
    try:
        async with KmodlabApp(lab, lab.pack.lessons[0]).run_test(size=WIDE) as pilot:
            await opened(pilot)
            assert gc.isenabled()
            assert gc.get_freeze_count() > 0
    finally:
        gc.enable()
        gc.unfreeze()
