# SPDX-License-Identifier: MIT
"""The learner's own machine: real modules in a real kernel, outside of grading."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kmodlab.bench import Bench
from kmodlab.errors import LabError
from kmodlab.learner.progress import Progress
from kmodlab.learner.workspace import Workspace
from kmodlab.machines.machine import DeadlineError, MachineLostError
from kmodlab.packs.catalog import Pack
from kmodlab.session import Session

PARAMETER = "/sys/module/params/parameters/level"
FRAME = """// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/completion.h>
#include <linux/module.h>

static DECLARE_COMPLETION(never);

static int __init odd_init(void)
{
	%s
	return 0;
}

module_init(odd_init);
MODULE_LICENSE("GPL");
"""


@pytest.fixture
def bench(session: Session) -> Iterator[Bench]:
    with closing(session.bench()) as opened:
        yield opened


@pytest.fixture
def params(bench: Bench, pack: Pack) -> Bench:
    """A bench with the module params in /root."""
    bench.build(pack.lesson("params").solution(), ["params"])
    return bench


def values(bench: Bench, module: str) -> dict[str, str | None]:
    return {file.path: file.value for file in bench.look([module])[module].files}


def shell(bench: Bench, command: str, expected: bytes) -> bytes:
    """Type a command into the console and read until what is expected came."""
    connection = bench.console().socket
    connection.settimeout(20)
    connection.sendall(command.encode())
    seen = b""
    while expected not in seen:
        chunk = connection.recv(4096)
        assert chunk, seen
        seen += chunk
    return seen


def test_a_module_is_loaded_looked_at_written_to_and_unloaded(params: Bench) -> None:
    assert not params.look(["params"])["params"].is_loaded
    params.load("params", "my_param=7")
    seen = params.look(["params"])["params"]
    assert (seen.state, seen.references, seen.left_out) == ("Live", 0, 0)
    files = {file.path: file for file in seen.files}
    assert files["parameters/my_param"].value == "7"
    assert files["taint"].value == "OE"
    assert (files["sections/.text"].value or "").startswith("0x")
    params.write(PARAMETER, "8")
    assert values(params, "params")["parameters/level"] == "8"
    params.unload("params")
    assert not params.look(["params"])["params"].is_loaded


def test_holders_are_seen(bench: Bench, pack: Pack) -> None:
    lesson = pack.lesson("extern-symbols")
    bench.build(lesson.solution(), lesson.manifest.modules)
    for name in ("counter_core", "counter_inc"):
        bench.load(name)
    seen = bench.look(lesson.manifest.modules)
    assert seen["counter_core"].holders == ("counter_inc",)
    assert not seen["counter_dec"].is_loaded
    with pytest.raises(LabError, match="rmmod counter_core: EAGAIN"):
        bench.unload("counter_core")


def test_a_refusal_names_the_error_and_what_the_kernel_said(params: Bench) -> None:
    with pytest.raises(
        LabError, match=r"insmod params.ko my_param=abc: EINVAL \(Invalid argument\)"
    ) as refusal:
        params.load("params", "my_param=abc")
    assert "my_param" in refusal.value.hint
    with pytest.raises(LabError, match="rmmod params: ENOENT"):
        params.unload("params")
    params.load("params")
    with pytest.raises(LabError, match="EEXIST"):
        params.load("params")
    with pytest.raises(LabError, match=f"echo abc >{PARAMETER}: write: EINVAL"):
        params.write(PARAMETER, "abc")


def test_what_does_not_build_says_so_and_the_machine_goes_on(bench: Bench) -> None:
    with pytest.raises(LabError, match=r"odd\.c:9:"):
        bench.build({"odd.c": (FRAME % "nonsense").encode()}, ["odd"])
    assert not bench.look(["odd"])["odd"].is_loaded


def test_scripts_and_test_programs_are_at_hand(bench: Bench, pack: Pack) -> None:
    lesson = pack.lesson("kmalloc")
    bench.supply(lesson, lesson.solution())
    bench.put({"trace.sh": b"#!/bin/sh\necho from the script $((6*7))\n"})
    listed = shell(bench, "ls; ./trace.sh\r", b"script 42").decode()
    assert all(name in listed for name in ("block", "trace.sh")), listed


def test_ctrl_c_stops_what_runs_and_the_window_has_a_size(bench: Bench) -> None:
    bench.console().resize(31, 97)
    shell(bench, "stty size\r", b"31 97")
    shell(bench, "sh -c 'echo asl\"\"eep; exec sleep 1000'\r", b"asleep\r\n")
    shell(bench, "\x03", b"# ")
    shell(bench, "echo [$((6*7))]\r", b"[42]")


def test_a_shell_that_ends_is_followed_by_another(bench: Bench) -> None:
    shell(bench, "cd /tmp; exit\r", b"exit\r\n")
    shell(bench, "", b"kmodlab:/root# ")


def test_functions_are_traced_from_init_on_and_again_after_the_next_load(params: Bench) -> None:
    params.trace_functions(["params"])
    params.load("params")
    params.unload("params")
    params.load("params")
    trace = params.trace()
    assert (trace.tracer, trace.is_on, trace.is_cut) == ("function", True, False)
    assert sum("params_init" in line for line in trace.lines) == 2
    assert all("params" in line or "set_level" in line for line in trace.lines)
    params.switch_tracing(False)
    params.clear_trace()
    assert (params.trace().is_on, params.trace().lines) == (False, ())
    params.trace_nothing()
    assert params.trace().tracer == "nop"


def test_a_panic_is_told_in_every_call(bench: Bench) -> None:
    bench.build({"odd.c": (FRAME % 'panic("as I please");').encode()}, ["odd"])
    with pytest.raises(MachineLostError, match="as I please"):
        bench.load("odd")
    for call in (lambda: bench.look(["odd"]), bench.trace, bench.console):
        with pytest.raises(MachineLostError, match="as I please"):
            call()
    assert "fresh" in bench.loss().hint


def test_an_init_that_waits_can_be_looked_at_and_does_not_keep_the_bench_open(bench: Bench) -> None:
    bench.build({"odd.c": (FRAME % "wait_for_completion(&never);").encode()}, ["odd"])
    ended: list[Exception] = []

    def load() -> None:
        try:
            bench.load("odd")
        except LabError as problem:
            ended.append(problem)

    loader = threading.Thread(target=load)
    loader.start()
    while bench.look(["odd"])["odd"].state != "Loading":
        assert loader.is_alive()
    bench.close()
    loader.join(10)
    assert isinstance(ended[0], MachineLostError)
    with pytest.raises(MachineLostError):
        bench.look(["odd"])


def test_what_a_check_cancels_is_not_the_bench(session: Session, bench: Bench) -> None:
    session.cancel()
    assert not bench.look(["params"])["params"].is_loaded


def test_a_guest_that_does_not_answer_is_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kmodlab.bench.LOOK_SECONDS", 0.1)
    bench._machine._monitor.command("stop")
    with pytest.raises(DeadlineError) as problem:
        bench.look(["odd"])
    assert "fresh" in problem.value.hint


def test_the_bench_ends_with_its_session(pack: Pack, tmp_path: Path) -> None:
    progress = Progress(pack, tmp_path / "progress.db")
    with Session(pack, workspace=Workspace(pack, tmp_path), progress=progress) as opened:
        bench = opened.bench()
        assert bench.trace().tracer == "nop"
    with pytest.raises(MachineLostError, match="ended"):
        bench.trace()
