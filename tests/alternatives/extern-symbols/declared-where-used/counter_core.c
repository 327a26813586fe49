// SPDX-License-Identifier: GPL-2.0-or-later
/* The users declare the variable themselves; the core has init and exit, and says what it does. */
#include <linux/kernel.h>
#include <linux/module.h>

int shared_counter = 0;
EXPORT_SYMBOL_GPL(shared_counter);
module_param_named(value, shared_counter, int, S_IRUGO);

static int __init core_start(void)
{
	shared_counter = 0;
	printk(KERN_INFO "counter_core: shared_counter = %d\n", shared_counter);
	return 0;
}

static void __exit core_end(void)
{
	printk(KERN_INFO "counter_core: gone\n");
}

module_init(core_start);
module_exit(core_end);
MODULE_LICENSE("GPL v2");
