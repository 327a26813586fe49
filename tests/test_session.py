# SPDX-License-Identifier: MIT
"""The engine as a whole: what happens to real modules, good and bad, in real kernels."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kmodlab import paths
from kmodlab.errors import CancelledError, UsageError
from kmodlab.grading.events import Built, CheckBegan, CheckEnded, Ended
from kmodlab.grading.verdict import Outcome, Report, RunReport
from kmodlab.kernels.tree import KernelTree
from kmodlab.packs.catalog import Pack
from kmodlab.session import Session
from kmodlab.standby import STANDBY
from kmodlab.steps import Step

FRAME = """// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/delay.h>
#include <linux/module.h>

static int __init bad_init(void)
{
%s
	return 0;
}

static void __exit bad_exit(void)
{
%s
}

module_init(bad_init);
module_exit(bad_exit);
MODULE_LICENSE("GPL");
"""
BODY_LINE = 7  # of FRAME, where the first %s stands


def run(session: Session, init: str = "", exit: str = "", arguments: str = "") -> RunReport:
    return session.run({"bad.c": (FRAME % (init, exit)).encode()}, arguments)


def kinds(report: RunReport) -> list[str]:
    return [finding.kind for finding in report.findings]


def test_a_clean_module_has_no_finding_and_gets_its_arguments_and_a_fresh_machine(session: Session) -> None:
    source = FRAME.replace(
        "static int __init", "static char *word;\nmodule_param(word, charp, 0);\nstatic int __init", 1
    )
    source %= ('\tpr_info("word is <%s>\\n", word);', "")
    first = session.run({"bad.c": source.encode()}, "word='\"a b\"'")
    assert (first.outcome, first.findings) == (Outcome.PASS, ())
    assert "word is <a b>" in [record.text for record in first.log]
    second = session.run({"bad.c": source.encode()}, "word=other")
    assert (second.outcome, second.findings) == (Outcome.PASS, ())
    logged = [record.text for record in second.log]
    assert "word is <other>" in logged
    assert "word is <a b>" not in logged


def test_a_null_dereference_in_init_is_found_at_its_line(session: Session) -> None:
    report = run(session, "\t*(volatile int *)0x10 = 1;")
    assert report.outcome is Outcome.CRASH
    finding = report.findings[0]
    assert (finding.kind, finding.file, finding.line) == ("null-deref", "bad.c", BODY_LINE)
    assert finding.function == "bad_init"
    assert kinds(report) == ["null-deref"]


def test_a_null_dereference_in_exit_is_found_at_its_line(session: Session) -> None:
    report = run(session, exit="\t*(volatile int *)0x10 = 1;")
    assert report.outcome is Outcome.CRASH
    assert (report.findings[0].kind, report.findings[0].line) == ("null-deref", BODY_LINE + 6)


def test_nothing_more_is_done_to_a_kernel_that_has_oopsed(session: Session) -> None:
    function = "static int fall(const char *text, const struct kernel_param *parameter)\n{\n\tBUG();\n}"
    parameter = "module_param_call(fall, fall, NULL, NULL, 0200);"
    source = FRAME.replace("static int __init", f"{function}\n{parameter}\nstatic int __init", 1)
    report = session.run(
        {"bad.c": (source % ("", "")).encode()},
        commands=["echo 1 >/sys/module/bad/parameters/fall", "echo later >/dev/kmsg"],
    )
    assert kinds(report) == ["bug"]
    assert "later" not in [record.text for record in report.log]


def test_an_endless_loop_in_init_is_found_at_its_line(session: Session) -> None:
    report = run(session, "\tfor (;;)\n\t\tcpu_relax();")
    assert report.outcome is Outcome.HANG
    finding = report.findings[0]
    assert finding.kind in (
        "soft-lockup",
        "rcu-stall",
        "hang",
    )  # which watchdog is first depends on the computer
    assert finding.file == "bad.c"
    assert finding.line in (BODY_LINE, BODY_LINE + 1)


def test_a_panic_is_told_as_one(session: Session) -> None:
    report = run(session, '\tpanic("as I please");')
    assert report.outcome is Outcome.CRASH
    assert "panic" in kinds(report)
    assert "as I please" in report.findings[0].message


def test_a_log_without_end_is_stopped(session: Session) -> None:
    text = "x" * 200
    report = run(session, f'\tint i;\n\n\tfor (i = 0; i < 5000000; i++)\n\t\tpr_info("{text}\\n");')
    assert report.outcome is Outcome.HANG


def test_a_reboot_is_a_lost_machine(session: Session) -> None:
    source = FRAME.replace("<linux/delay.h>", "<linux/reboot.h>")
    report = session.run({"bad.c": (source % ("\temergency_restart();", "")).encode()})
    assert report.outcome is Outcome.CRASH
    assert kinds(report) == ["lost-machine"]


def test_a_refused_module_tells_the_error(session: Session) -> None:
    report = run(session, "\treturn -EBUSY;")
    assert report.outcome is Outcome.FAIL
    assert report.load_error == "EBUSY (Device or resource busy)"


def test_a_module_without_exit_cannot_be_unloaded(session: Session) -> None:
    source = (FRAME % ("", "")).replace("module_exit(bad_exit);", "").replace(" __exit", " __maybe_unused")
    report = session.run({"bad.c": source.encode()})
    assert kinds(report) == ["unload-error"]


def test_a_module_that_does_not_build_tells_why(session: Session) -> None:
    report = run(session, "\tint")
    assert report.outcome is Outcome.BUILD_ERROR
    assert any(message.severity == "error" for message in report.diagnostics)


def test_nothing_to_build_is_a_usage_error(session: Session) -> None:
    with pytest.raises(UsageError, match="no C file"):
        session.run({"notes.txt": b""})


def attempt(session: Session, pack: Pack, source: bytes) -> tuple[list[object], Report]:
    events = list(session.check(pack.lesson("hello"), {"hello.c": source}, keep=False))
    last = events[-1]
    assert isinstance(last, Ended)
    return list(events), last.report


def test_an_attempt_is_told_step_by_step(session: Session, pack: Pack) -> None:
    lesson = pack.lesson("hello")
    events, report = attempt(session, pack, lesson.solution()["hello.c"])
    assert isinstance(events[0], Built)
    began = [event.id for event in events if isinstance(event, CheckBegan)]
    ended = [event.verdict.id for event in events if isinstance(event, CheckEnded)]
    assert sorted(began) == sorted(ended) == sorted(check.id for check in lesson.checks)
    assert [check.id for check in report.checks] == [check.id for check in lesson.checks]
    assert report.outcome is Outcome.PASS
    assert report.points == report.max_points


def test_after_a_failed_build_nothing_else_is_tried(session: Session, pack: Pack) -> None:
    _, report = attempt(session, pack, b"syntax error\n")
    assert report.outcome is Outcome.BUILD_ERROR
    assert {check.outcome for check in report.checks} == {Outcome.BUILD_ERROR, Outcome.SKIP}
    assert report.points == 0


def test_an_attempt_goes_into_the_progress(session: Session, pack: Pack) -> None:
    lesson = pack.lesson("hello")
    before = session.progress.standing("hello").attempts
    for _ in session.check(lesson, lesson.starter()):
        pass
    assert session.progress.standing("hello").attempts == before + 1


def test_an_attempt_can_be_cancelled_at_any_moment(session: Session, pack: Pack) -> None:
    solution = pack.lesson("hello").solution()
    for moment in range(4):

        def until_cancelled(moment: int = moment) -> Iterator[object]:
            for number, event in enumerate(session.check(pack.lesson("hello"), solution, keep=False)):
                yield event
                if number == moment:
                    threading.Thread(target=session.cancel).start()

        with pytest.raises(CancelledError):
            for _ in until_cancelled():
                pass
    _, report = attempt(session, pack, solution["hello.c"])
    assert report.outcome is Outcome.PASS


def test_closing_ends_a_boot_under_way(
    pack: Pack, kernel_tree: KernelTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = paths.cache()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "kmodlab").mkdir()
    (tmp_path / "kmodlab/kernels").symlink_to(cache / "kernels")
    own = Session(pack)

    def close_when_booting(step: Step) -> None:
        if "Booting" in step.text:
            threading.Thread(target=own.close).start()

    with pytest.raises(CancelledError):
        own.prepare(close_when_booting)
    assert list((tmp_path / "kmodlab/templates").glob(".new-*")) == []


def children() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


def settled() -> set[int]:
    """The children, once none has come or gone for a second: what tests before have asked for may still be coming."""
    seen, since = children(), time.monotonic()
    while time.monotonic() < since + 1:
        time.sleep(0.05)
        if (now := children()) != seen:
            seen, since = now, time.monotonic()
    return seen


def test_machines_stand_by_when_asked_to_and_closing_ends_them(pack: Pack) -> None:
    before = settled()
    with Session(pack) as own:
        own.boot()
        assert own.kernel
        assert own.accelerator in ("kvm", "tcg")
        assert children() <= before
        own.prepare()
        ends = time.monotonic() + 60
        while not own.is_rested():
            assert time.monotonic() < ends, "no machine stands by"
            time.sleep(0.01)
        assert len(children() - before) == sum(STANDBY.values())
    assert children() <= before


def test_another_pack_has_files_and_progress_of_its_own_and_the_same_machines(
    session: Session, tmp_path: Path
) -> None:
    first, machines = session.pack, session._ready
    other = Pack(tmp_path, first.manifest.model_copy(update={"id": "other"}), first.lessons)
    lesson = first.lesson("hello")
    session.turn_to(other)
    try:
        list(session.check(lesson, lesson.starter()))
        assert session.progress.standing("hello").attempts == 1
        assert session.workspace.folder(lesson).parent.name == "other"
        assert session._ready is machines
    finally:
        session.turn_to(first)
    assert session.workspace.folder(lesson).parent.name == first.id
