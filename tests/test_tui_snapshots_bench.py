# SPDX-License-Identifier: MIT
"""How the pages on the learner's own machine look.

After a change that is meant: pytest tests/test_tui_snapshots_bench.py --snapshot-update, and look at the pictures.
"""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from bench_lab import LIVE, SessionWithBenches, with_value
from test_tui_bench import results, turned_to, until
from textual.pilot import Pilot
from tui_lab import make_app, make_pack

from kmodlab.evidence.evidence import TraceEvidence
from kmodlab.tui.theme import DARK_NAME, LIGHT_NAME
from kmodlab.tui.widgets import bench_page, bench_sysfs

RECORDED = Path(__file__).parent / "data" / "terminal"
TRACED = (
    "          insmod-61      [001] .....    11.196089: hello_init <-do_one_initcall",
    "             cat-64      [000] .....    12.204411: hello_show <-param_attr_show",
    "           rmmod-70      [000] .....    14.310022: hello_exit <-__do_sys_delete_module.constprop.0",
)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SessionWithBenches:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(bench_page, "REFRESH_SECONDS", 0.1)
    monkeypatch.setattr(bench_sysfs, "MARKED_SECONDS", 1000)
    monkeypatch.setattr(time, "strftime", lambda _: "12:34:56  ")
    folder = tmp_path / "pack"
    folder.mkdir()
    return SessionWithBenches(make_pack(folder), tmp_path / "data")


@pytest.mark.parametrize(("size", "theme"), [((120, 40), DARK_NAME), ((80, 24), LIGHT_NAME)])
def test_the_console(
    snap_compare: Callable[..., bool], lab: SessionWithBenches, size: tuple[int, int], theme: str
) -> None:
    async def look_around(pilot: Pilot[None]) -> None:
        app = await turned_to(pilot, "console")
        await until(pilot, lambda: results(app).keeper.has_modules and lab.benches[0].line.sizes)
        await pilot.press("enter")
        printed = [(RECORDED / f"{name}.bin").read_bytes() for name in ("prompt", "colours")]
        lab.benches[0].line.guest.sendall(b"".join(printed))
        await until(pilot, lambda: "sbin" in results(app).query_one("#terminal").text)  # type: ignore[attr-defined]

    assert snap_compare(make_app(lab, theme), terminal_size=size, run_before=look_around)


@pytest.mark.parametrize(("size", "theme"), [((120, 40), LIGHT_NAME), ((80, 24), DARK_NAME)])
def test_sysfs_with_a_value_that_has_changed(
    snap_compare: Callable[..., bool], lab: SessionWithBenches, size: tuple[int, int], theme: str
) -> None:
    bench = lab.benches[0]
    bench.states["hello"] = LIVE

    async def write(pilot: Pilot[None]) -> None:
        app = await turned_to(pilot, "sysfs")
        page = results(app).query_one(bench_sysfs.SysfsPage)
        await until(pilot, lambda: page.shown_rows)
        bench.states["hello"] = with_value(LIVE, "parameters/times", "7")
        await until(pilot, lambda: any("42 → 7" in row.text.plain for row in page.shown_rows))
        await pilot.press("j")

    assert snap_compare(make_app(lab, theme), terminal_size=size, run_before=write)


def test_the_trace(snap_compare: Callable[..., bool], lab: SessionWithBenches) -> None:
    lab.benches[0].recorded = TraceEvidence(TRACED, "function", True, is_cut=True)

    async def look_around(pilot: Pilot[None]) -> None:
        app = await turned_to(pilot, "trace")
        await until(pilot, lambda: "hello_exit" in results(app).query_one("#trace-lines").text)  # type: ignore[attr-defined]

    assert snap_compare(make_app(lab, DARK_NAME), terminal_size=(80, 24), run_before=look_around)


def test_a_machine_that_is_lost(snap_compare: Callable[..., bool], lab: SessionWithBenches) -> None:
    async def lose(pilot: Pilot[None]) -> None:
        app = await turned_to(pilot, "console")
        await until(pilot, lambda: lab.benches[0].line.sizes)
        lab.benches[0].line.guest.sendall(b"kmodlab:/root# echo c >/proc/sysrq-trigger\r\n")
        lab.benches[0].line.guest.close()
        await until(pilot, lambda: results(app).keeper.trouble)

    assert snap_compare(make_app(lab, DARK_NAME), terminal_size=(80, 24), run_before=lose)
