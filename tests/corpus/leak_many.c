// SPDX-License-Identifier: GPL-2.0-or-later
/* A thousand blocks of one line, none freed. */
#include <linux/module.h>
#include <linux/slab.h>

static int __init leak_many_init(void)
{
	int i;

	for (i = 0; i < 1000; i++)
		if (!kmalloc(64, GFP_KERNEL)) /* here: leak */
			return -ENOMEM;
	return 0;
}
module_init(leak_many_init);

static void __exit leak_many_exit(void)
{
}
module_exit(leak_many_exit);

MODULE_LICENSE("GPL");
