// SPDX-License-Identifier: GPL-2.0-or-later
/* A pointer into a block is freed. */
// perhaps: page-fault
// perhaps: null-deref
// perhaps: bug
#include <linux/module.h>
#include <linux/slab.h>

static int __init free_middle_init(void)
{
	char *block = kmalloc(64, GFP_KERNEL);

	if (!block)
		return -ENOMEM;
	kfree(block + 8); /* here: invalid-free */
	return 0;
}
module_init(free_middle_init);

static void __exit free_middle_exit(void)
{
}
module_exit(free_middle_exit);

MODULE_LICENSE("GPL");
