// SPDX-License-Identifier: GPL-2.0-or-later
/* A sleeping allocation under a spinlock. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(lock);

static int __init allocates_under_spinlock_init(void)
{
	void *block;

	spin_lock(&lock);
	block = kmalloc(64, GFP_KERNEL); /* here: sleep-in-atomic */
	spin_unlock(&lock);
	kfree(block);
	return 0;
}
module_init(allocates_under_spinlock_init);

static void __exit allocates_under_spinlock_exit(void)
{
}
module_exit(allocates_under_spinlock_exit);

MODULE_LICENSE("GPL");
