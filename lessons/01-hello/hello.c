// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hello - the smallest module worth loading
 *
 * It builds, it can be loaded and unloaded, and it does nothing at all.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>

static int __init hello_init(void)
{
	/* 1. Log the greeting here. */
	return 0;
}
module_init(hello_init);

static void __exit hello_exit(void)
{
	/* 2. Log the farewell here. */
}
module_exit(hello_exit);

/* 3. Say who wrote this, and what it is. */
MODULE_LICENSE("GPL");
