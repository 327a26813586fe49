# SPDX-License-Identifier: MIT
"""Whether a module holds blocks of kmalloc(), as the lab's own module sees it."""

from pathlib import Path

import pytest

from kmodlab.build import kbuild
from kmodlab.kernels.tree import KernelTree
from kmodlab.machines import witness
from kmodlab.machines.qemu import QemuMachine

SOURCE = """// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

static void *kept[4];

static void take_in_timer(struct timer_list *unused)
{
	kept[1] = kmalloc(8, GFP_ATOMIC);
}
static DEFINE_TIMER(timer, take_in_timer);

static void take_in_work(struct work_struct *unused)
{
	kept[2] = kstrdup("text", GFP_KERNEL);
}
static DECLARE_WORK(work, take_in_work);

static void free_all(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(kept); i++) {
		kfree(kept[i]);
		kept[i] = NULL;
	}
}

static int act(const char *text, const struct kernel_param *parameter)
{
	switch (*text) {
	case 'd':
		kept[0] = kmalloc(64, GFP_KERNEL);
		break;
	case 't':
		mod_timer(&timer, jiffies);
		while (!READ_ONCE(kept[1]))
			schedule_timeout_uninterruptible(1);
		break;
	case 'w':
		schedule_work(&work);
		flush_work(&work);
		break;
	case 'l':
		kept[3] = krealloc(kmalloc(100000, GFP_KERNEL), 200000, GFP_KERNEL);
		break;
	case 'f':
		free_all();
		break;
	}
	return 0;
}
static const struct kernel_param_ops ops = { .set = act };
module_param_cb(act, &ops, NULL, 0200);

static int __init holds_init(void)
{
	return proc_mkdir("holds", NULL) ? 0 : -ENOMEM;
}

static void __exit holds_exit(void)
{
	del_timer_sync(&timer);
	remove_proc_entry("holds", NULL);
	free_all();
}

module_init(holds_init);
module_exit(holds_exit);
MODULE_LICENSE("GPL");
"""


@pytest.fixture
def holding(machine: QemuMachine, kernel_tree: KernelTree, tmp_path: Path) -> QemuMachine:
    """A machine with that module in it, being watched."""
    with kbuild.build_folder() as folder:
        build = kbuild.build(kernel_tree, {"holds.c": SOURCE.encode()}, ["holds"], folder)
        assert build.succeeded, build.output
        machine.push("/root/holds.ko", kbuild.without_debug(folder / "holds.ko").read_bytes())
    assert machine.run(witness.watch(["holds"])).status == 0
    assert machine.run("modctl load /root/holds.ko").status == 0
    return machine


def counted(machine: QemuMachine, *acts: str) -> list[int]:
    """How many blocks are known after each of `acts`."""
    told = [f"echo {act} >/sys/module/holds/parameters/act; cat {witness.PARAMETERS}/blocks" for act in acts]
    return [int(line) for line in machine.run("; ".join(told)).stdout.split()]


def test_blocks_are_counted_wherever_the_module_asks_for_them(holding: QemuMachine) -> None:
    assert counted(holding, "nothing") == [0]
    assert counted(holding, "directly", "timer", "work", "large") == [1, 2, 3, 4]
    assert counted(holding, "free") == [0]
    assert counted(holding, "directly") == [1]
    assert holding.run("modctl unload holds").status == 0
    assert holding.run(f"cat {witness.PARAMETERS}/blocks").stdout == b"0\n"
