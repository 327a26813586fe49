// SPDX-License-Identifier: GPL-2.0-or-later
/* What one function allocates, another one frees. */
#include <linux/module.h>
#include <linux/slab.h>

static void *block;

static noinline void *make(void)
{
	return kmalloc(100, GFP_KERNEL);
}

static noinline void drop(void *old)
{
	kfree(old);
}

static int __init clean_frees_elsewhere_init(void)
{
	block = make();
	if (!block)
		return -ENOMEM;
	return 0;
}
module_init(clean_frees_elsewhere_init);

static void __exit clean_frees_elsewhere_exit(void)
{
	drop(block);
}
module_exit(clean_frees_elsewhere_exit);

MODULE_LICENSE("GPL");
