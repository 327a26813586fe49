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
	shared_counter--;
	pr_info("shared_counter = %d\n", shared_counter);
	return 0;
}
module_init(counter_dec_init);

static void __exit counter_dec_exit(void)
{
}
module_exit(counter_dec_exit);

MODULE_AUTHOR("The kmodlab authors");
MODULE_DESCRIPTION("Takes one from the shared counter");
MODULE_LICENSE("GPL");
