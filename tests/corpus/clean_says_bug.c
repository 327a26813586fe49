// SPDX-License-Identifier: GPL-2.0-or-later
/* The log speaks of a BUG, and of a panic, and all is well. */
#include <linux/module.h>
#include <linux/printk.h>

static int __init clean_says_bug_init(void)
{
	pr_info("BUG: this is no bug\n");
	pr_info("Kernel panic - not syncing: not at all\n");
	pr_info("WARNING: CPU: 0 PID: 1 at nowhere.c:1\n");
	return 0;
}
module_init(clean_says_bug_init);

static void __exit clean_says_bug_exit(void)
{
}
module_exit(clean_says_bug_exit);

MODULE_LICENSE("GPL");
