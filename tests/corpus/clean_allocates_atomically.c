// SPDX-License-Identifier: GPL-2.0-or-later
/* An allocation under a spinlock that does not sleep. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(lock);

static int __init clean_allocates_atomically_init(void)
{
	unsigned long flags;
	void *block;

	spin_lock_irqsave(&lock, flags);
	block = kmalloc(64, GFP_ATOMIC);
	spin_unlock_irqrestore(&lock, flags);
	kfree(block);
	return 0;
}
module_init(clean_allocates_atomically_init);

static void __exit clean_allocates_atomically_exit(void)
{
}
module_exit(clean_allocates_atomically_exit);

MODULE_LICENSE("GPL");
