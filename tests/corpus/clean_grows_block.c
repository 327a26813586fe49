// SPDX-License-Identifier: GPL-2.0-or-later
/* A block is made larger twice. */
#include <linux/module.h>
#include <linux/slab.h>

static char *block;

static int __init clean_grows_block_init(void)
{
	char *larger;

	block = kmalloc(16, GFP_KERNEL);
	if (!block)
		return -ENOMEM;
	larger = krealloc(block, 4000, GFP_KERNEL);
	if (!larger) {
		kfree(block);
		return -ENOMEM;
	}
	block = larger;
	return 0;
}
module_init(clean_grows_block_init);

static void __exit clean_grows_block_exit(void)
{
	kfree(block);
}
module_exit(clean_grows_block_exit);

MODULE_LICENSE("GPL");
