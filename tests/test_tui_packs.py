# SPDX-License-Identifier: MIT
"""The pack browser: what it lists, and how the app goes on with another pack."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from tui_lab import RecordedSession, make_app, make_pack, passing
from tui_pilot import WIDE, editor_of, opened, screen_of, until

from kmodlab import settings
from kmodlab.packs import catalog
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.screens.home import Home
from kmodlab.tui.screens.packs import PackList, Packs


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordedSession]:
    """A session without a machine, at a pack that is installed beside another and a broken one."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    session = RecordedSession(catalog.load(install("drivers", "Drivers", "Devices that answer")), tmp_path)
    install("nets", "Networks", "From a dummy to NAPI")
    (install("broken", "Broken", "") / "pack.toml").write_text("id = ")
    session.events = passing(session.pack.lessons[0])
    yield session
    session.booted.set()


def install(id: str, title: str, description: str) -> Path:
    folder = catalog.installed_folder() / id
    folder.mkdir(parents=True)
    make_pack(folder)
    manifest = folder / "pack.toml"
    text = manifest.read_text().replace('"test"', f'"{id}"').replace('"Tests"', f'"{title}"')
    manifest.write_text(f'{text}description = "{description}"\n' if description else text)
    return folder


async def listed(pilot: Pilot[None]) -> PackList:
    """Go to the packs, and wait until they are there."""
    app = await opened(pilot)
    await app.run_action("packs")
    await until(pilot, lambda: any(packs.options for packs in app.screen.query(PackList)))
    return app.screen.query_one(PackList)


def lines(packs: PackList) -> list[list[str]]:
    return [[line.strip() for line in str(option.prompt).splitlines()] for option in packs.options]


def message(app: KmodlabApp) -> str:
    return next(iter(app._notifications)).message


async def to(pilot: Pilot[None], packs: PackList, title: str) -> None:
    """Put the cursor on a pack."""
    at = next(number for number, entry in enumerate(lines(packs)) if title in entry[0])
    packs.highlighted = at
    await pilot.pause()


async def test_packs_are_listed_with_version_lessons_progress_and_description(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        await opened(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: lab.progress.standings())
        entries = {entry[0]: entry[1:] for entry in lines(await listed(pilot))}
        assert entries["● Drivers  open now"] == ["version 1 · 2 lessons · 1 passed", "Devices that answer"]
        assert entries["Networks"] == ["version 1 · 2 lessons · not begun", "From a dummy to NAPI"]
        assert "Linux kernel modules" in entries


async def test_a_pack_that_cannot_be_read_says_why_and_is_not_opened(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        packs = await listed(pilot)
        await to(pilot, packs, "✗ broken  cannot be opened")
        assert "is not valid TOML" in " ".join(lines(packs)[packs.highlighted or 0])
        await pilot.press("enter")
        await until(pilot, lambda: list(pilot.app._notifications))
        assert isinstance(pilot.app.screen, Packs)


async def test_another_pack_is_opened_with_files_and_progress_of_its_own(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        drivers = lab.workspace
        await pilot.press("f3", *"mine")
        await to(pilot, await listed(pilot), "Networks")
        before = editor_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: not before.is_attached)
        await opened(pilot)
        assert lab.pack.id == "nets"
        assert app.screen_stack == [screen_of(app)]
        assert "mine" not in editor_of(app).text
        assert settings.load().pack == "nets"
        assert "ready" in str(screen_of(app).query_one("#machine").render())
        assert drivers.read(lab.pack.lessons[0])["hello.c"].startswith(b"mine")


async def test_a_pack_that_was_begun_opens_at_home(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: lab.progress.standings())
        await to(pilot, await listed(pilot), "Drivers")
        before = editor_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Home) and not before.is_attached)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen_of(app))
        await opened(pilot)
        assert screen_of(app).lesson.id == "second"


async def test_a_pack_that_vanished_meanwhile_is_told_and_the_app_goes_on(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await to(pilot, await listed(pilot), "Networks")
        shutil.rmtree(catalog.installed_folder() / "nets")
        await pilot.press("enter")
        await until(pilot, lambda: list(app._notifications))
        assert "nets/pack.toml cannot be read" in message(app)
        assert lab.pack.id == "drivers"
        assert settings.load().pack is None


async def test_packs_are_looked_for_again(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        packs = await listed(pilot)
        install("later", "Later", "")
        await pilot.press("r")
        await until(pilot, lambda: any("Later" in entry[0] for entry in lines(packs)))


async def test_a_pack_that_cannot_be_remembered_is_not_opened(
    lab: RecordedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await to(pilot, await listed(pilot), "Networks")
        monkeypatch.setenv("XDG_CONFIG_HOME", "/sys")  # takes no files, not even root's
        await pilot.press("enter")
        await until(pilot, lambda: list(app._notifications))
        assert "cannot be made" in message(app)
