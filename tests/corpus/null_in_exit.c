// SPDX-License-Identifier: GPL-2.0-or-later
/* A NULL pointer is read in exit. */
#include <linux/module.h>

static int *volatile nothing;

static int __init null_in_exit_init(void)
{
	return 0;
}
module_init(null_in_exit_init);

static void __exit null_in_exit_exit(void)
{
	pr_info("%d\n", *nothing); /* here: null-deref */
}
module_exit(null_in_exit_exit);

MODULE_LICENSE("GPL");
