// SPDX-License-Identifier: GPL-2.0-or-later
/* A block is freed twice. */
// perhaps: null-deref
// perhaps: bug
// perhaps: soft-lockup
#include <linux/module.h>
#include <linux/slab.h>

static int __init free_twice_init(void)
{
	void *block = kmalloc(64, GFP_KERNEL);

	kfree(block);
	kfree(block); /* here: double-free */
	return 0;
}
module_init(free_twice_init);

static void __exit free_twice_exit(void)
{
}
module_exit(free_twice_exit);

MODULE_LICENSE("GPL");
