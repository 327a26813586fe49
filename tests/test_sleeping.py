# SPDX-License-Identifier: MIT
"""Calls that may sleep where that is forbidden, found by the lab's own module."""

from bad_module import HEAD, TAIL, line_of

from kmodlab.grading.verdict import Outcome
from kmodlab.session import Session

SLEEPERS = {  # where a call may not sleep, which does, and what ends that
    "under a spinlock": ("spin_lock(&lock);", "kfree(kmalloc(8, GFP_KERNEL));", "spin_unlock(&lock);"),
    "with interrupts off": ("local_irq_disable();", "kfree(kmalloc(8, GFP_KERNEL));", "local_irq_enable();"),
    "in a read-side section": ("rcu_read_lock();", "kfree(kmalloc(8, GFP_KERNEL));", "rcu_read_unlock();"),
    "a mutex": ("spin_lock(&lock);", "mutex_lock(&mutex);", "mutex_unlock(&mutex); spin_unlock(&lock);"),
    "in lib": ("spin_lock(&lock);", 'kfree(kasprintf(GFP_KERNEL, "%d", 1));', "spin_unlock(&lock);"),
}

BEFORE = """static DEFINE_SPINLOCK(lock);
static DEFINE_MUTEX(mutex);
static struct timer_list timer;
static bool has_run;
static void tick(struct timer_list *unused)
{
	kfree(kmalloc(8, GFP_KERNEL)); /* in a timer */
	has_run = true;
}
"""

TIMER = """
	timer_setup(&timer, tick, 0);
	mod_timer(&timer, jiffies);
	while (!READ_ONCE(has_run))
		schedule_timeout_uninterruptible(1);
"""

CLEAN = """
	kfree(kmalloc(8, GFP_KERNEL));
	kfree(kasprintf(GFP_KERNEL, "%d", 1));
	spin_lock_irqsave(&lock, flags);
	kfree(kmalloc(8, GFP_ATOMIC));
	kfree(kasprintf(GFP_NOWAIT, "%d", 1));
	spin_unlock_irqrestore(&lock, flags);
	mutex_lock(&mutex);
	kfree(kmalloc(8, GFP_KERNEL));
	mutex_unlock(&mutex);
	rcu_read_lock();
	kfree(kmalloc(8, GFP_ATOMIC));
	rcu_read_unlock();
"""


def test_calls_that_may_sleep_where_that_is_forbidden_are_found_and_no_others(session: Session) -> None:
    init = "\tunsigned long flags;\n" + CLEAN + TIMER + '\tpr_info("fine\\n");\n'
    for name, (before, call, after) in SLEEPERS.items():
        init += f"\t{before}\n\t{call} /* {name} */\n\t{after}\n"
    body = f"{BEFORE}\nstatic int __init bad_init(void)\n{{\n{init}\treturn 0;\n}}\n"
    body += "static void __exit bad_exit(void)\n{\n}\n"
    source = HEAD + body + TAIL
    report = session.run({"bad.c": source.encode()})
    functions = {**dict.fromkeys(SLEEPERS, "bad_init"), "in a timer": "tick"}
    assert {
        (found.kind, found.file, found.line, found.function, found.count) for found in report.findings
    } == {
        ("sleep-in-atomic", "bad.c", line_of(source, f"/* {name} */"), function, None)
        for name, function in functions.items()
    }
    assert len(report.findings) == len(functions)
    assert all("which may sleep" in found.message for found in report.findings)
    assert ["timer" in found.message for found in report.findings if found.function == "tick"] == [True]
    assert report.outcome is Outcome.FAIL
    log = [record.text for record in report.log]
    assert log[:2] == [
        "bad: loading out-of-tree module taints kernel.",
        "bad: module verification failed: signature and/or required key missing - tainting kernel",
    ]
    assert "fine" in log
