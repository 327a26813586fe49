# SPDX-License-Identifier: MIT
"""The pages on the learner's own machine, on a bench that plays what it is told."""

import pytest
from bench_lab import LIVE, SessionWithBenches, make_pages, with_value
from bench_pilot import bench_session, in_console, line, results, turned_to
from textual.widgets import Input
from tui_lab import failing, make_app
from tui_pilot import WIDE, until

from kmodlab.build.result import BuildEvidence
from kmodlab.errors import LabError
from kmodlab.evidence.evidence import TraceEvidence
from kmodlab.grading.events import Built, Event
from kmodlab.machines.machine import DeadlineError
from kmodlab.tui.app import KmodlabApp
from kmodlab.tui.screens.entry import Entry
from kmodlab.tui.widgets import bench_sysfs
from kmodlab.tui.widgets.bench_page import BenchPage, KeyHint
from kmodlab.tui.widgets.bench_sysfs import SysfsPage
from kmodlab.tui.widgets.log_view import LogView
from kmodlab.tui.widgets.terminal import Terminal

lab = pytest.fixture(bench_session)


async def test_a_machine_is_started_when_a_page_on_it_is_opened_first(lab: SessionWithBenches) -> None:
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        await turned_to(pilot, "log")
        assert lab.handed_out == []
        app = await turned_to(pilot, "sysfs")
        await until(pilot, lambda: results(app).keeper.has_modules)
        await turned_to(pilot, "trace")
        await turned_to(pilot, "console")
        assert len(lab.handed_out) == 1
        assert lab.benches[0].files == {"hello.ko": b"built"}
        await until(pilot, lambda: "supply first" in lab.benches[0].did)


async def test_what_a_check_has_built_replaces_what_is_there(lab: SessionWithBenches) -> None:
    build = BuildEvidence(True, parameters={"hello": ()})
    events: list[Event] = [Built(build, {"hello.ko": b"newer"}), *failing(lab.pack.lessons[0])[1:]]
    lab.events = events
    async with make_app(lab).run_test(size=WIDE) as pilot:
        await turned_to(pilot, "sysfs")
        await until(pilot, lambda: lab.benches[0].files)
        await pilot.press("f5")
        await until(pilot, lambda: lab.benches[0].files == {"hello.ko": b"newer"})


async def test_a_machine_that_comes_later_gets_what_the_last_check_has_built(lab: SessionWithBenches) -> None:
    build = BuildEvidence(True, parameters={"hello": ()})
    lab.events = [Built(build, {"hello.ko": b"newer"}), *failing(lab.pack.lessons[0])[1:]]
    lab.benches[0].build_trouble = LabError("It was not to be built.", hint="")
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "log")
        await pilot.press("f5")
        await until(pilot, lambda: app.screen_stack[0].report)  # type: ignore[attr-defined]
        await turned_to(pilot, "sysfs")
        await until(pilot, lambda: lab.benches[0].files == {"hello.ko": b"newer"})


async def test_what_does_not_build_is_told_and_the_shell_works(lab: SessionWithBenches) -> None:
    lab.benches[0].build_trouble = LabError("hello.c:3: expected ‘;’", hint="")
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "console")
        await until(pilot, lambda: "hello.c:3: expected ‘;’" in line(app, "console"))
        assert "F5 tells more" in line(app, "console")
        await pilot.press("a")
        await until(pilot, lambda: lab.benches[0].line.sizes)
        await until(pilot, lambda: lab.benches[0].line.has_heard(b"a"))


async def test_where_no_machine_can_be_had_the_page_says_why_and_a_key_tries_again(
    lab: SessionWithBenches,
) -> None:
    lab.bench_trouble = LabError("QEMU is missing.", hint="Install it.")
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "sysfs")
        await until(pilot, lambda: "QEMU is missing" in line(app, "sysfs"))
        lab.bench_trouble = None
        await pilot.press("r")
        await until(pilot, lambda: "Nothing is loaded" in line(app, "sysfs"))


async def test_a_machine_that_is_lost_is_told_on_every_page_and_a_fresh_one_comes(
    lab: SessionWithBenches,
) -> None:
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        for page in ("sysfs", "trace"):
            await turned_to(pilot, page)
        app, terminal = await in_console(pilot, lab.benches[0])
        lab.benches[0].line.guest.sendall(b"last words")
        lab.benches[0].line.guest.close()
        await until(pilot, lambda: "stopped for good" in line(app, "console"))
        assert "last words" in terminal.text
        assert not isinstance(app.focused, Terminal)  # so that keys are the app's again
        await until(pilot, lambda: lab.benches[0].is_closed)
        assert all("stopped for good" in line(app, page) for page in ("sysfs", "trace"))
        await pilot.press("r")
        await until(pilot, lambda: lab.benches[1].line.sizes)
        assert terminal.text == ""
        await until(pilot, lambda: "hello.ko is in /root" in line(app, "console"))


async def test_another_lesson_has_a_machine_of_its_own(lab: SessionWithBenches) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "sysfs")
        await until(pilot, lambda: results(app).keeper.has_modules)
        await app.screen_stack[0].open_lesson(lab.pack.lessons[1])  # type: ignore[attr-defined]
        await until(pilot, lambda: lab.benches[0].is_closed)
        assert len(lab.handed_out) == 1
        await turned_to(pilot, "console")
        await until(pilot, lambda: "core.ko is in /root" in line(app, "console"))
        assert lab.benches[1].files == {"core.ko": b"built"}


async def test_the_palette_gets_a_fresh_machine(lab: SessionWithBenches) -> None:
    async with make_app(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "sysfs")
        await until(pilot, lambda: results(app).keeper.has_modules)
        await app.screen.run_action("renew")
        await until(pilot, lambda: len(lab.handed_out) == 2 and lab.benches[0].is_closed)


def tree(app: KmodlabApp) -> list[str]:
    files = results(app).query_one(SysfsPage).files
    return [str(files.get_option_at_index(at).prompt).strip() for at in range(files.option_count)]


def happened(app: KmodlabApp) -> str:
    return results(app).query_one("#sysfs-changes", LogView).text


async def test_a_module_is_loaded_with_arguments_and_unloaded(lab: SessionWithBenches) -> None:
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "sysfs")
        await until(pilot, lambda: results(app).keeper.has_modules and tree(app) == ["○ hello  not loaded"])
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, Entry))
        await pilot.press(*"times=7", "enter")
        await until(pilot, lambda: "load hello times=7" in lab.benches[0].did)
        await until(pilot, lambda: "parameters/times     42   w writes" in tree(app))
        assert "✓ insmod hello.ko times=7" in happened(app)
        assert "hello loaded" in happened(app)
        await pilot.press("u")
        await until(pilot, lambda: any("not loaded" in row for row in tree(app)))
        assert "hello unloaded" in happened(app)


async def test_a_module_without_parameters_is_loaded_at_once(lab: SessionWithBenches) -> None:
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "sysfs")
        await until(pilot, lambda: results(app).keeper.has_modules)
        results(app).keeper.parameters = {"hello": ()}
        await pilot.press("enter")
        await until(pilot, lambda: "load hello" in lab.benches[0].did)


async def test_the_arguments_of_the_last_time_are_offered_again_and_escape_goes_back(
    lab: SessionWithBenches,
) -> None:
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "sysfs")
        await until(pilot, lambda: results(app).keeper.has_modules)
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, Entry))
        await pilot.press("x", "enter")
        await until(pilot, lambda: "load hello x" in lab.benches[0].did)
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, Entry))
        assert app.screen.query_one(Input).value == "x"
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, Entry))
        assert lab.benches[0].did.count("load hello x") == 1


async def test_a_refusal_is_told_by_the_name_of_its_error(lab: SessionWithBenches) -> None:
    lab.benches[0].trouble = LabError("insmod hello.ko: EBUSY (Device or resource busy).", hint="Look there.")
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "sysfs")
        await until(pilot, lambda: tree(app))
        await pilot.press("u")
        await until(pilot, lambda: "✗ insmod hello.ko: EBUSY" in happened(app))
        looks = lab.benches[0].looks
        await until(pilot, lambda: lab.benches[0].looks > looks + 1)
        assert "EBUSY" in line(app, "sysfs")  # until the next action
        lab.benches[0].trouble = None
        lab.benches[0].states["hello"] = LIVE
        await pilot.press("u")
        await until(pilot, lambda: "EBUSY" not in line(app, "sysfs"))


async def test_a_value_that_changes_is_marked_for_a_while_and_listed(
    lab: SessionWithBenches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_sysfs, "MARKED_SECONDS", 0.2)
    bench = lab.benches[0]
    bench.states["hello"] = LIVE
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "sysfs")
        await until(pilot, lambda: len(tree(app)) == 8)
        assert "◆" not in "".join(tree(app))
        bench.states["hello"] = with_value(LIVE, "parameters/times", "7")
        await until(pilot, lambda: "◆   parameters/times     7   42 → 7   w writes" in tree(app))
        assert "parameters/times 42 → 7" in happened(app)
        await until(pilot, lambda: "parameters/times     7   w writes" in tree(app))


async def test_a_value_is_written_to_a_parameter_that_takes_one(lab: SessionWithBenches) -> None:
    bench = lab.benches[0]
    bench.states["hello"] = LIVE
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "sysfs")
        await until(pilot, lambda: len(tree(app)) == 8)
        await pilot.press("j", "w")  # greeting, which can only be read
        assert not isinstance(app.screen, Entry)
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, Entry))
        assert app.screen.query_one(Input).value == "42"
        await pilot.press("backspace", "backspace", "9", "enter")
        await until(pilot, lambda: "write /sys/module/hello/parameters/times 9" in bench.did)


async def test_a_folder_opens_and_shuts_and_the_cursor_stays(lab: SessionWithBenches) -> None:
    lab.benches[0].states["hello"] = LIVE
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "sysfs")
        await until(pilot, lambda: len(tree(app)) == 8)
        await pilot.press("G", "enter")
        await until(pilot, lambda: len(tree(app)) == 10)
        assert results(app).query_one(SysfsPage).files.highlighted == 7
        await pilot.press("enter")
        await until(pilot, lambda: len(tree(app)) == 8)


async def test_nobody_looks_while_the_page_is_not_seen(lab: SessionWithBenches) -> None:
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "sysfs")
        await until(pilot, lambda: lab.benches[0].looks > 2)
        await turned_to(pilot, "console")
        await until(pilot, lambda: not results(app).query_one(SysfsPage).is_seen)
        looks = lab.benches[0].looks
        await pilot.pause(0.2)
        assert lab.benches[0].looks <= looks + 1  # one may have been under way


async def test_a_guest_that_does_not_answer_is_told(lab: SessionWithBenches) -> None:
    bench = lab.benches[0]

    def hang(names: object) -> None:
        raise DeadlineError("look", 5, hint="Ask for a fresh machine.")

    bench.look = hang  # type: ignore[method-assign, assignment]
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "sysfs")
        await until(pilot, lambda: "did not end within 5 seconds" in line(app, "sysfs"))
        assert "fresh machine" in line(app, "sysfs")


async def test_the_tracer_is_chosen_and_what_it_records_is_shown(lab: SessionWithBenches) -> None:
    bench = lab.benches[0]
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "trace")
        log = results(app).query_one("#trace-lines", LogView)
        await until(pilot, lambda: "tracer nop ● on" in line(app, "trace"))
        assert "f traces the functions of hello" in log.text
        for key, told in (("f", "trace hello"), ("o", "switch off"), ("c", "clear"), ("n", "trace nothing")):
            await pilot.press(key)
            await until(pilot, lambda told=told: told in bench.did)  # type: ignore[misc]
        bench.recorded = TraceEvidence(("insmod-61 hello_init <-do_one_initcall",), "function", False)
        await until(pilot, lambda: "hello_init" in log.text)
        assert "tracer function ○ off" in line(app, "trace")


async def test_what_the_page_offers_can_be_clicked(lab: SessionWithBenches) -> None:
    async with make_pages(lab).run_test(size=WIDE) as pilot:
        app = await turned_to(pilot, "trace")
        await until(pilot, lambda: "tracer nop" in line(app, "trace"))
        page = results(app).query_one("#trace", BenchPage)
        assert [str(hint.content) for hint in page.query(KeyHint)] == [
            "f function",
            "n nop",
            "o on/off",
            "c clear",
            "r fresh machine",
        ]
        await pilot.click(page.query(KeyHint).first())
        await until(pilot, lambda: "trace hello" in lab.benches[0].did)
