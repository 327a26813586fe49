// SPDX-License-Identifier: GPL-2.0-or-later
/* Init refuses, and leaves nothing. */
#include <linux/module.h>
#include <linux/slab.h>

static int __init clean_refuses_init(void)
{
	void *block = kmalloc(64, GFP_KERNEL);

	if (!block)
		return -ENOMEM;
	kfree(block);
	return -ENODEV;
}
module_init(clean_refuses_init);

static void __exit clean_refuses_exit(void)
{
}
module_exit(clean_refuses_exit);

MODULE_LICENSE("GPL");
