// SPDX-License-Identifier: GPL-2.0-or-later
/* A pointer that no processor can follow. */
#include <linux/module.h>

static int *volatile impossible = (int *)0x1122334455667788;

static int __init impossible_pointer_init(void)
{
	pr_info("%d\n", *impossible); /* here: gpf */
	return 0;
}
module_init(impossible_pointer_init);

static void __exit impossible_pointer_exit(void)
{
}
module_exit(impossible_pointer_exit);

MODULE_LICENSE("GPL");
