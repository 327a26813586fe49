# SPDX-License-Identifier: MIT
"""Modules that never come back, each really run: found where they hang."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from kmodlab.errors import CancelledError
from kmodlab.evidence import klog
from kmodlab.evidence.finding import Finding
from kmodlab.grading import hang
from kmodlab.grading.verdict import Outcome, RunReport
from kmodlab.packs.catalog import Pack
from kmodlab.packs.manifest import Check, Load
from kmodlab.session import Session

FRAME = """// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

static DEFINE_MUTEX(mutex);
static DEFINE_SPINLOCK(spinlock);
static DECLARE_WAIT_QUEUE_HEAD(queue);
static DECLARE_COMPLETION(completion);
static bool is_done;
static struct task_struct *thread;

static int __maybe_unused deaf(void *unused)
{
	for (;;)
		msleep(100);
	return 0;
}

static ssize_t bad_read(struct file *file, char __user *buffer, size_t size, loff_t *offset)
{
	unsigned long __maybe_unused flags;

%(read)s
	return 0;
}

static const struct proc_ops operations = { .proc_read = bad_read };

static int __init bad_init(void)
{
	unsigned long __maybe_unused flags;

	if (!proc_create("bad", 0444, NULL, &operations))
		return -ENOMEM;
%(init)s
	return 0;
}

static void __exit bad_exit(void)
{
	unsigned long __maybe_unused flags;

	remove_proc_entry("bad", NULL);
%(exit)s
}

module_init(bad_init);
module_exit(bad_exit);
MODULE_LICENSE("GPL");
"""
HERE = "/* here */"
LOOP = f"while (!READ_ONCE(is_done)) {HERE}\n\t\tcpu_relax(); {HERE}"
WAIT = f"if (wait_event_interruptible(queue, is_done)) {HERE}\n\t\treturn -EINTR;"


@dataclass(frozen=True)
class Bug:
    """A mistake, in which function, and the findings that fit."""

    kinds: tuple[
        str, ...
    ]  # besides "hang": on a busy computer the lab's deadline comes before the kernel's watchdogs
    code: str
    place: str = "init"
    words: str = ""  # that the message has to hold
    setup: str = ""  # in init

    @property
    def source(self) -> str:
        parts = {"init": self.setup, "read": "", "exit": ""}
        return FRAME % (parts | {self.place: f"{parts[self.place]}\t{self.code}"})

    @property
    def lines(self) -> list[int]:
        lines = self.source.splitlines()
        return [number for number, line in enumerate(lines, start=1) if HERE in line]


ASLEEP = {
    "the same mutex twice": Bug(("hung-task",), f"mutex_lock(&mutex);\n\tmutex_lock(&mutex); {HERE}", words="mutex"),
    "the same mutex twice, interruptibly": Bug(
        (), f"mutex_lock(&mutex);\n\tif (mutex_lock_interruptible(&mutex)) {HERE}\n\t\treturn -EINTR;"
    ),
    "nobody wakes it": Bug(("hung-task",), f"wait_event(queue, is_done); {HERE}"),
    "nobody wakes it, interruptibly": Bug((), f"wait_event_interruptible(queue, is_done); {HERE}"),
    "no completion": Bug(("hung-task",), f"wait_for_completion(&completion); {HERE}", words="completion"),
    "sleeps again and again": Bug((), f"while (!is_done)\n\t\tmsleep(20); {HERE}", words="sleeps again"),
    "waits in exit": Bug(("hung-task",), f"wait_for_completion(&completion); {HERE}", "exit"),
    "waits in exit, interruptibly": Bug((), f"wait_event_interruptible(queue, is_done); {HERE}", "exit"),
    "stops a deaf thread": Bug(
        ("hung-task",), f"kthread_stop(thread); {HERE}", "exit", "thread",
        setup='\tthread = kthread_run(deaf, NULL, "deaf");\n',
    ),
    "waits in read": Bug((), WAIT, "read"),
    "locks twice in read": Bug(("hung-task",), f"mutex_lock(&mutex);\n\tmutex_lock(&mutex); {HERE}", "read"),
}  # fmt: skip
BUSY = {
    "the same spinlock twice": Bug(
        ("soft-lockup", "rcu-stall"), f"spin_lock(&spinlock);\n\tspin_lock(&spinlock); {HERE}", words="spinlock"
    ),
    "the same spinlock twice, interrupts off": Bug(
        ("rcu-stall",),
        f"spin_lock_irqsave(&spinlock, flags);\n\tspin_lock_irqsave(&spinlock, flags); {HERE}",
        words="spinlock",
    ),
    "a loop in exit": Bug(("soft-lockup", "rcu-stall"), LOOP, "exit"),
    "a loop in read": Bug(("soft-lockup", "rcu-stall"), LOOP, "read"),
    "a polite loop": Bug((), f"while (!READ_ONCE(is_done)) {HERE}\n\t\tcond_resched(); {HERE}"),
}  # fmt: skip


def run(session: Session, bug: Bug) -> RunReport:
    commands = ("cat /proc/bad",) if bug.place == "read" else ()
    return session.run({"bad.c": bug.source.encode()}, commands=commands)


def check(report: RunReport, bug: Bug) -> None:
    assert report.outcome is Outcome.HANG
    assert len(report.findings) == 1, report.findings
    finding = report.findings[0]
    assert finding.kind in (*bug.kinds, "hang")
    assert (finding.file, finding.function) == ("bad.c", f"bad_{bug.place}")
    assert finding.line in bug.lines
    assert bug.words in finding.message


def check_all(session: Session, bugs: Mapping[str, Bug], at_once: int) -> None:
    with ThreadPoolExecutor(at_once) as executor:
        reports = list(executor.map(lambda bug: run(session, bug), bugs.values()))
    for (name, bug), report in zip(bugs.items(), reports, strict=True):
        print(name)  # shown when the check of it fails
        check(report, bug)


@pytest.mark.slow
def test_endless_sleep_is_found_at_its_line(session: Session) -> None:
    check_all(session, ASLEEP, at_once=4)  # they leave the processors to each other


@pytest.mark.slow
def test_a_busy_processor_is_found_at_its_line(session: Session) -> None:
    check_all(session, BUSY, at_once=2)


def test_a_machine_that_hangs_does_not_hold_up_another(session: Session, pack: Pack) -> None:
    hello = pack.lesson("hello")
    waits = Check(id="waits", title="It waits", do=(Load(load="hello", deadline=120),))
    lesson = replace(hello, manifest=hello.manifest.model_copy(update={"check": (waits,)}))
    sources = {"hello.c": ASLEEP["nobody wakes it"].source.encode()}
    with ThreadPoolExecutor(1) as executor:
        hanging = executor.submit(list, session.check(lesson, sources, keep=False))
        clean = run(session, Bug((), ""))
        assert not hanging.done()
        session.cancel()
        with pytest.raises(CancelledError):
            hanging.result()
    assert clean.outcome is Outcome.PASS


STACKS = """115 (modctl) S 114 0 0 0 -1 4194560 79 0 0 0 0 11 0 0 20
[<0>] bad_init+0x56/0x1000 [bad]
[<0>] do_one_initcall+0x56/0x220
116 (a (strange) name) D 2 0 0 0 -1 4194560 79 0
[<0>] msleep+0x29/0x40
[<0>] deaf+0xf/0x20 [bad]
[<0>] ret_from_fork+0x1f/0x30
"""


def test_stacks_of_tasks_are_told_apart() -> None:
    program, thread = hang.stacks_of_tasks(STACKS)
    assert [a.function for a in program.addresses] == ["bad_init", "do_one_initcall"]
    assert program.is_asleep
    assert not program.is_kernel_thread
    assert thread.is_kernel_thread
    own = thread.own(["bad"])
    assert own is not None
    assert (own.function, own.offset, own.role) == ("deaf", 15, "waiting")


BACKTRACES = """<6>[   15.4] ignored
<6>[   15.400000] sysrq: Show backtrace of all active CPUs
<4>[   15.410519] NMI backtrace for cpu 1
<4>[   15.410519] CPU: 1 PID: 115 Comm: modctl Tainted: G           OE      6.1.0
<4>[   15.410519] RIP: 0010:__cond_resched+0x0/0x40
<4>[   15.410519] Call Trace:
<4>[   15.410519]  <TASK>
<4>[   15.410519]  ? stale+0x1/0x2 [bad]
<4>[   15.410519]  bad_init+0xa/0x1000 [bad]
<4>[   15.410519]  </TASK>
<12>[   15.410519]  forged+0xa/0x1000 [bad]
<6>[   15.415126] Sending NMI from CPU 0 to CPUs 1:
"""


def test_backtraces_are_read_from_the_log() -> None:
    (stack,) = hang.backtraces(klog.parse(BACKTRACES))
    assert [(a.function, a.role) for a in stack.addresses] == [
        ("__cond_resched", "spinning"),
        ("bad_init", "called"),
    ]


@pytest.mark.parametrize("output", ["", "garbage\n", "[<0>] f+0x1/0x2 [bad]\n", "1 (x) S \n[<0>] \n\0\n"])
def test_strange_stacks_are_no_trouble(output: str) -> None:
    assert all(not stack.addresses for stack in hang.stacks_of_tasks(output))


def test_two_watchdogs_that_complain_of_one_loop_are_one_finding() -> None:
    lockup, stall = Finding("soft-lockup", "a", function="f"), Finding("rcu-stall", "b", function="f")
    other, crash = Finding("rcu-stall", "c", function="g"), Finding("null-deref", "d", function="f")
    assert hang.once([lockup, stall, other, crash]) == [lockup, other, crash]
    assert hang.once([crash, lockup, stall]) == [crash]
