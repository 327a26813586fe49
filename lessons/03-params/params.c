// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * params - a module that can be told what to do
 *
 * It loads and unloads, and has no parameter yet.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>

/* 1. The number my_param and the text name, to be read by everybody. */

/*
 * 2. The number level, which root may change. The kernel calls a function of
 *    yours with the text that somebody has given.
 */

static int __init params_init(void)
{
	/* 3. Log my_param and name. */
	return 0;
}
module_init(params_init);

static void __exit params_exit(void)
{
}
module_exit(params_exit);

MODULE_AUTHOR("You");
MODULE_DESCRIPTION("Shows what it was told");
MODULE_LICENSE("GPL");
