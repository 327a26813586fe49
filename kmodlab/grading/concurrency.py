# SPDX-License-Identifier: MIT
"""Concurrency: which checks may race, and so need a machine whose processors work at the same time.

In all others the processors of a guest take turns, which saves a fifth of the time where there is no hardware
virtualisation: they do not wait for each other while the host does something else.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from kmodlab.build.symbols import imports
from kmodlab.packs.actions import Parallel, Python, Run, Shell
from kmodlab.packs.manifest import Check

# In a shell command: something goes on beside it; not `&&`, `2>&1` and `&>`.
BACKGROUND = re.compile(r"(?<![&<>])&(?![&>])")

# What has code of a module run beside its caller: threads, work queues, timers, interrupts, other processors. Those
# that a header wraps stand here as the header calls them.
_STARTERS = """
kthread_create_on_node kthread_create_on_cpu kthread_create_worker kthread_create_worker_on_cpu
wake_up_process queue_work_on queue_work_node queue_delayed_work_on mod_delayed_work_on queue_rcu_work
schedule_on_each_cpu add_timer add_timer_on mod_timer timer_reduce hrtimer_start_range_ns __tasklet_schedule
__tasklet_hi_schedule request_threaded_irq request_any_context_irq irq_work_queue irq_work_queue_on call_rcu
call_srcu smp_call_function smp_call_function_many smp_call_function_single smp_call_function_single_async
on_each_cpu_cond_mask stop_machine async_schedule_node async_schedule_node_domain call_usermodehelper
"""
STARTERS = frozenset(_STARTERS.split())


def may_race(check: Check) -> bool:
    """Whether what a check does may do several things at the same time."""
    return any(
        isinstance(action, Run | Python | Parallel)
        or (isinstance(action, Shell) and BACKGROUND.search(action.sh) is not None)
        for action in check.do
    )


def start_others(modules: Iterable[Path]) -> bool:
    """Whether built modules have code of their own run beside their callers."""
    return any(not STARTERS.isdisjoint(imports(module)) for module in modules)
