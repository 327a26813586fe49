// SPDX-License-Identifier: GPL-2.0-or-later
/* A NULL pointer is written through. */
#include <linux/module.h>

static int *volatile nothing;

static int __init null_in_init_init(void)
{
	*nothing = 1; /* here: null-deref */
	return 0;
}
module_init(null_in_init_init);

static void __exit null_in_init_exit(void)
{
}
module_exit(null_in_init_exit);

MODULE_LICENSE("GPL");
