// SPDX-License-Identifier: GPL-2.0-or-later
/* One byte too many, past the end of the bucket. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *block;
static int unlucky = 1;
module_param(unlucky, int, 0);

static int __init overflow_past_bucket_init(void)
{
	block = kmalloc(64, GFP_KERNEL);
	if (!block)
		return -ENOMEM;
	memset(block, 'x', 64 + unlucky); /* here: overflow */
	return 0;
}
module_init(overflow_past_bucket_init);

static void __exit overflow_past_bucket_exit(void)
{
	kfree(block);
}
module_exit(overflow_past_bucket_exit);

MODULE_LICENSE("GPL");
