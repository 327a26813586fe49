// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hello - the smallest module worth loading
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>

static int __init hello_init(void)
{
	pr_info("Hello, kernel!\n");
	pr_info("Hello, kernel!\n");
	return 0;
}
module_init(hello_init);

static void __exit hello_exit(void)
{
	pr_info("Goodbye, kernel!\n");
}
module_exit(hello_exit);

MODULE_AUTHOR("The kmodlab authors");
MODULE_DESCRIPTION("Says hello and goodbye");
MODULE_LICENSE("GPL");
