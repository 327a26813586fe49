// SPDX-License-Identifier: GPL-2.0-or-later
/* With a prefix for all lines, and the old names of the two functions. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

int init_module(void)
{
	pr_info("Hello, kernel!\n");
	return 0;
}

void cleanup_module(void)
{
	pr_info("Goodbye, kernel!\n");
}

MODULE_LICENSE("GPL");
MODULE_AUTHOR("A");
MODULE_AUTHOR("B");
MODULE_DESCRIPTION("D");
