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
	/* 4. Add one to the counter, and log what it is now. */
	return 0;
}
module_init(counter_inc_init);

static void __exit counter_inc_exit(void)
{
}
module_exit(counter_inc_exit);

MODULE_DESCRIPTION("Adds one to the shared counter");
MODULE_LICENSE("GPL");
