// SPDX-License-Identifier: GPL-2.0-or-later
/* A sleep under a spinlock. */
// finding: warn
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(lock);

static int __init sleeps_under_spinlock_init(void)
{
	spin_lock(&lock);
	msleep(1); /* here: sleep-in-atomic */
	spin_unlock(&lock);
	return 0;
}
module_init(sleeps_under_spinlock_init);

static void __exit sleeps_under_spinlock_exit(void)
{
}
module_exit(sleeps_under_spinlock_exit);

MODULE_LICENSE("GPL");
