// SPDX-License-Identifier: GPL-2.0-or-later
/* The variable is declared here, without a header. */
#include <linux/kernel.h>
#include <linux/module.h>

extern int shared_counter;

static int __init start(void)
{
	shared_counter += 1;
	printk(KERN_INFO "counter_inc: shared_counter = %d\n", shared_counter);
	return 0;
}

static void __exit end(void)
{
	printk(KERN_INFO "counter_inc: gone\n");
}

module_init(start);
module_exit(end);
MODULE_LICENSE("Dual MIT/GPL");
