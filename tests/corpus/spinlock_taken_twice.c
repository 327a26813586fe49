// SPDX-License-Identifier: GPL-2.0-or-later
/* A spinlock is waited for by its own holder. */
#include <linux/module.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(lock);

static int __init spinlock_taken_twice_init(void)
{
	spin_lock(&lock);
	spin_lock(&lock); /* here: soft-lockup */
	spin_unlock(&lock);
	spin_unlock(&lock);
	return 0;
}
module_init(spinlock_taken_twice_init);

static void __exit spinlock_taken_twice_exit(void)
{
}
module_exit(spinlock_taken_twice_exit);

MODULE_LICENSE("GPL");
