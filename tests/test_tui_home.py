# SPDX-License-Identifier: MIT
"""Home: what it shows of the learner's way, where it leads, and that the app begins with it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot
from textual.widgets import Static
from tui_lab import RecordedSession, failing, passing
from tui_pilot import NARROW, WIDE, checked, opened, screen_of, until

from kmodlab.errors import LabError
from kmodlab.grading.verdict import Outcome, Report
from kmodlab.packs.catalog import Lesson, Pack
from kmodlab.packs.manifest import PackManifest
from kmodlab.tui import overview
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.overview import lesson_to_continue
from kmodlab.tui.screens.home import Home
from kmodlab.tui.screens.lesson import LessonScreen
from kmodlab.tui.theme import DARK_NAME, LIGHT_NAME
from kmodlab.tui.widgets.footer import StillFooter
from kmodlab.tui.widgets.track_map import TrackMap


def attempt(lab: RecordedSession, lesson: Lesson, outcome: Outcome, points: float = 0) -> None:
    best = sum(check.points for check in lesson.checks)
    report = Report(lesson.id, "6.1.0", outcome, best if outcome is Outcome.PASS else points, best, 1.3, ())
    lab.progress.record(lesson.id, report, {})


def make_app(lab: RecordedSession, theme: str | None = None) -> KmodlabApp:
    """The app as it starts for this learner."""
    seen = overview.read(lab.progress)
    lesson = lesson_to_continue(lab.pack, seen)
    return KmodlabApp(lab, lesson, home=seen if seen.last else None, theme=theme)  # type: ignore[arg-type]


def home_of(app: KmodlabApp) -> Home:
    assert isinstance(app.screen, Home)
    return app.screen


def text(app: KmodlabApp, card: str) -> str:
    return str(home_of(app).query_one(f"#card-{card} .text", Static).content)


def stops(app: KmodlabApp) -> list[str]:
    """The lines of the map."""
    prompts = [str(option.prompt) for option in home_of(app).query_one(TrackMap).options]
    return "\n".join(prompts).split("\n")


async def command(pilot: Pilot[None], name: str) -> None:
    """Give a command in the palette."""
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
    await pilot.press(*name)
    found = pilot.app.screen.query_one(CommandList)
    await until(pilot, lambda: found.option_count and name in str(found.options[0].prompt))
    await pilot.press("enter")


@pytest.mark.parametrize(
    ("attempts", "following"),
    [
        ([], "first"),
        ([(0, Outcome.FAIL)], "first"),
        ([(0, Outcome.PASS)], "second"),
        ([(1, Outcome.FAIL)], "second"),
        ([(1, Outcome.PASS)], "first"),
        ([(0, Outcome.PASS), (1, Outcome.PASS)], "first"),
        ([(1, Outcome.PASS), (0, Outcome.PASS), (1, Outcome.FAIL)], "first"),
    ],
)
def test_the_learner_goes_on_with_what_was_tried_last_until_it_is_passed(
    lab: RecordedSession, attempts: list[tuple[int, Outcome]], following: str
) -> None:
    for number, outcome in attempts:
        attempt(lab, lab.pack.lessons[number], outcome)
    assert lesson_to_continue(lab.pack, overview.read(lab.progress)).id == following


async def test_a_first_start_shows_the_first_lesson_at_once(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        assert isinstance(app.screen, LessonScreen)


async def test_whoever_has_been_here_sees_home_with_the_cursor_on_what_to_continue(
    lab: RecordedSession,
) -> None:
    attempt(lab, lab.pack.lessons[0], Outcome.PASS)
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = pilot.app
        assert isinstance(app, KmodlabApp)
        assert home_of(app).query_one(TrackMap).lesson.id == "second"
        await until(pilot, lambda: lab.kernel)  # the machine is got ready all the same
        await pilot.press("enter")
        await opened(pilot)
        assert (app.screen, screen_of(app).lesson.id) == (screen_of(app), "second")


async def test_another_lesson_than_the_one_to_continue_is_opened(lab: RecordedSession) -> None:
    attempt(lab, lab.pack.lessons[0], Outcome.PASS)
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = pilot.app
        assert isinstance(app, KmodlabApp)
        await pilot.press("k", "enter")
        await until(pilot, lambda: screen_of(app).lesson.id == "first")
        await opened(pilot)
        assert "hello.c" in screen_of(app).query_one("EditorPane").editors  # type: ignore[attr-defined]


async def test_home_shows_state_points_and_time_of_every_lesson(lab: RecordedSession) -> None:
    attempt(lab, lab.pack.lessons[0], Outcome.FAIL, 2.5)
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = pilot.app
        assert isinstance(app, KmodlabApp)
        shown = " ".join(" ".join(stops(app)).split())
        assert "▸ ◐ A module that says hello" in shown
        assert "begun · 15 min · 2.5/4.5 points · 1 attempt, just now" in shown
        assert "○ Two files that work together" in shown
        assert "new · 20 min · 0/1 points" in shown


async def test_home_shows_the_last_attempt_and_what_was_done_so_far(lab: RecordedSession) -> None:
    attempt(lab, lab.pack.lessons[0], Outcome.PASS)
    attempt(lab, lab.pack.lessons[1], Outcome.CRASH, 0.5)
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = pilot.app
        assert isinstance(app, KmodlabApp)
        assert text(app, "last") == "✗ crashed · Two files that work together · 0.5/1 points · just now"
        assert text(app, "total") == "1 of 2 lessons passed · 5 of 5.5 points · 2 attempts"
        assert text(app, "next").startswith("Two files that work together\n◐ begun")


async def test_the_card_follows_the_cursor_and_names_what_a_lesson_requires(lab: RecordedSession) -> None:
    first, second = lab.pack.lessons
    manifest = second.manifest.model_copy(update={"requires": ("first",)})
    lab.pack = Pack(
        lab.pack.folder,
        lab.pack.manifest,
        (first, Lesson(second.folder, second.solution_folder, manifest)),
    )
    attempt(lab, first, Outcome.PASS)
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = pilot.app
        assert isinstance(app, KmodlabApp)
        await until(pilot, lambda: "requires ✓ A module that says hello" in text(app, "next"))
        label = home_of(app).query_one("#card-next .label", Static)
        assert "Continue" in str(label.content)
        await pilot.press("up")
        await until(pilot, lambda: text(app, "next").startswith("A module that says hello"))
        assert "Open" in str(label.content)


async def test_every_track_has_a_heading_with_its_progress(lab: RecordedSession) -> None:
    table = lab.pack.manifest.model_dump() | {
        "track": [
            {"title": "Core", "description": "First things", "lessons": ["first"]},
            {"title": "Craft", "description": "The rest", "lessons": ["second"]},
        ]
    }
    lab.pack = Pack(lab.pack.folder, PackManifest.model_validate(table), lab.pack.lessons)
    attempt(lab, lab.pack.lessons[0], Outcome.PASS)
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = pilot.app
        assert isinstance(app, KmodlabApp)
        headings = [" ".join(line.split()) for line in stops(app) if "of 1 passed" in line]
        assert headings == [
            "Core First things ━━━━━━━━━━ 1 of 1 passed",
            "Craft The rest ╌╌╌╌╌╌╌╌╌╌ 0 of 1 passed",
        ]


async def test_home_is_reached_from_the_lesson_and_left_to_it(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f3", "ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, Home))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen_of(app))


async def test_a_key_is_in_the_footer_as_a_whole_or_not_at_all(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = await opened(pilot)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, Home))
        footer = app.screen.query_one(StillFooter)
        await until(pilot, lambda: "Settings" in str(footer.render()))
        assert "…" not in str(footer.render())
        assert str(footer.render()).endswith("Commands ")


async def test_home_shows_what_was_checked_meanwhile(lab: RecordedSession) -> None:
    lab.events = passing(lab.pack.lessons[0])
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: screen_of(app).report is not None)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, Home) and "✓ passed" in text(app, "last"))
        await until(pilot, lambda: home_of(app).query_one(TrackMap).lesson.id == "second")


async def test_the_card_shows_what_was_checked_meanwhile_where_the_cursor_stays(lab: RecordedSession) -> None:
    lab.events = failing(lab.pack.lessons[0])
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await checked(pilot)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, Home) and "✗ failed" in text(app, "last"))
        assert "begun · 15 minutes · 1/4.5 points" in text(app, "next")


async def test_the_palette_leads_home_and_to_a_lesson_from_there(lab: RecordedSession) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await command(pilot, "Home")
        await until(pilot, lambda: isinstance(app.screen, Home))
        await pilot.press("down", "enter")
        await until(pilot, lambda: screen_of(app).lesson.id == "second")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, Home))
        await command(pilot, "Lesson: A module that says hello")
        await until(pilot, lambda: app.screen is screen_of(app) and screen_of(app).lesson.id == "first")


async def test_a_click_opens_a_lesson(lab: RecordedSession) -> None:
    attempt(lab, lab.pack.lessons[0], Outcome.FAIL)
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = pilot.app
        assert isinstance(app, KmodlabApp)
        row = next(number for number, line in enumerate(stops(app)) if "Two files" in line)
        await pilot.click(TrackMap, offset=(20, row))
        await until(pilot, lambda: screen_of(app).lesson.id == "second")


async def test_a_click_on_the_card_continues(lab: RecordedSession) -> None:
    attempt(lab, lab.pack.lessons[0], Outcome.PASS)
    async with make_app(lab).run_test(size=NARROW) as pilot:
        app = pilot.app
        assert isinstance(app, KmodlabApp)
        await pilot.click("#card-next .text")
        await until(pilot, lambda: app.screen is screen_of(app))
        assert screen_of(app).lesson.id == "second"


@pytest.mark.parametrize(("key", "name"), [("p", "Packs"), ("d", "Doctor")])
async def test_a_letter_leads_on(
    lab: RecordedSession, monkeypatch: pytest.MonkeyPatch, key: str, name: str
) -> None:
    monkeypatch.setattr("kmodlab.doctor.examine", lambda _cancelled=None: iter(()))
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, Home))
        home = app.screen
        await pilot.press(key)
        await until(pilot, lambda: type(app.screen).__name__ == name)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: app.screen is home)


async def test_home_without_progress_says_why_and_stays(
    lab: RecordedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise LabError("progress.db is damaged.", hint="Start kmodlab again.")

    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        monkeypatch.setattr(lab.progress, "standings", fail)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: list(app._notifications))
        assert next(iter(app._notifications)).message == "progress.db is damaged.\nStart kmodlab again."
        assert isinstance(app.screen, Home)


async def test_a_pack_that_vanishes_while_the_app_runs_is_told_and_the_app_goes_on(
    lab: RecordedSession,
) -> None:
    lab.events = failing(lab.pack.lessons[0])
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await opened(pilot)
        (lab.pack.folder / "pack.toml").unlink()
        for lesson in lab.pack.lessons:
            (lesson.folder / "lesson.md").unlink()
            (lesson.folder / "passed.md").unlink(missing_ok=True)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, Home))
        await pilot.press("down", "enter")
        await until(pilot, lambda: list(app._notifications))
        told = next(iter(app._notifications)).message
        assert "lesson.md cannot be read" in told
        assert told.endswith("install it again.")
        assert screen_of(app).lesson.id == "first"
        await pilot.press("f5")
        await until(pilot, lambda: screen_of(app).report is not None)


async def test_without_a_place_for_files_the_lesson_can_be_read(lab: RecordedSession) -> None:
    lab.workspace = type(lab.workspace)(lab.pack, Path("/sys"))  # takes no files, not even root's
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = pilot.app
        assert isinstance(app, KmodlabApp)
        await until(pilot, lambda: list(app._notifications))
        assert "cannot be made" in next(iter(app._notifications)).message
        document = screen_of(app).query_one("LessonText")
        await until(pilot, lambda: "pieces of the kernel" in document.source)  # type: ignore[attr-defined]


@pytest.mark.parametrize("theme", [DARK_NAME, LIGHT_NAME])
@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_home_looks_as_before(
    lab: RecordedSession, snap_compare: Callable[..., bool], size: tuple[int, int], theme: str
) -> None:
    lab.pack = _course(lab.pack)
    for id, outcome, points in (
        ("hello", Outcome.PASS, 0),
        ("kmalloc", Outcome.PASS, 0),
        ("params", Outcome.FAIL, 2.5),
    ):
        attempt(lab, lab.pack.lesson(id), outcome, points)

    async def ready(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, KmodlabApp)
        await until(pilot, lambda: "requires" in text(app, "next"))
        await until(pilot, lambda: "ready" in str(home_of(app).query_one("#machine", Static).content))

    assert snap_compare(make_app(lab, theme), terminal_size=size, run_before=ready)


def _course(pack: Pack) -> Pack:
    """A pack with as many lessons, and as many ways through them, as a real one."""
    titles = {
        "hello": ("A module that says hello", ()),
        "kmalloc": ("Memory of the kernel's own", ("hello",)),
        "params": ("Module parameters", ("hello",)),
        "symbols": ("Modules that use each other", ("params",)),
        "chardev": ("A character device", ("hello",)),
        "list": ("A linked list", ("kmalloc",)),
        "ftrace": ("Watching functions run", ("params",)),
        "errors": ("Three resources, and the way back", ("chardev",)),
        "oops": ("Reading an oops", ()),
        "gdb": ("A debugger on a kernel", ("oops",)),
    }
    first = pack.lessons[0]
    lessons = tuple(
        Lesson(
            first.folder,
            first.solution_folder,
            first.manifest.model_copy(update={"id": id, "title": title, "requires": requires}),
        )
        for id, (title, requires) in titles.items()
    )
    core, craft = list(titles)[:7], list(titles)[7:]
    table = pack.manifest.model_dump() | {
        "title": "Linux kernel modules",
        "lessons": list(titles),
        "track": [
            {"title": "Core", "description": "What every module author does", "lessons": core},
            {"title": "Craft", "description": "What makes an author trusted", "lessons": craft},
        ],
    }
    return Pack(pack.folder, PackManifest.model_validate(table), lessons)
