// SPDX-License-Identifier: GPL-2.0-or-later
/* Every byte of a block is written, the last one too. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *block;

static int __init clean_fills_block_init(void)
{
	block = kmalloc(64, GFP_KERNEL);
	if (!block)
		return -ENOMEM;
	memset(block, 'x', 64);
	return 0;
}
module_init(clean_fills_block_init);

static void __exit clean_fills_block_exit(void)
{
	kfree(block);
}
module_exit(clean_fills_block_exit);

MODULE_LICENSE("GPL");
