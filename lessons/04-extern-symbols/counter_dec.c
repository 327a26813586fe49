// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * counter_dec - takes one from the counter of counter_core
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "counter.h"

static int __init counter_dec_init(void)
{
	/* 5. Take one away, and log what it is now. */
	return 0;
}
module_init(counter_dec_init);

static void __exit counter_dec_exit(void)
{
}
module_exit(counter_dec_exit);

MODULE_DESCRIPTION("Takes one from the shared counter");
MODULE_LICENSE("GPL");
