// SPDX-License-Identifier: GPL-2.0-or-later
/* A pointer to nowhere is read. */
#include <linux/module.h>

static int *volatile wild = (int *)0xffffc0defaced000;

static int __init wild_pointer_init(void)
{
	pr_info("%d\n", *wild); /* here: page-fault */
	return 0;
}
module_init(wild_pointer_init);

static void __exit wild_pointer_exit(void)
{
}
module_exit(wild_pointer_exit);

MODULE_LICENSE("GPL");
