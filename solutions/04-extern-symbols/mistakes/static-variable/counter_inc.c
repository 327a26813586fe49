// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * counter_inc - adds one to the counter of counter_core
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "counter.h"

static int __init counter_inc_init(void)
{
	shared_counter++;
	pr_info("shared_counter = %d\n", shared_counter);
	return 0;
}
module_init(counter_inc_init);

static void __exit counter_inc_exit(void)
{
}
module_exit(counter_inc_exit);

MODULE_AUTHOR("The kmodlab authors");
MODULE_DESCRIPTION("Adds one to the shared counter");
MODULE_LICENSE("GPL");
