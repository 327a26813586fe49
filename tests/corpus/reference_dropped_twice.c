// SPDX-License-Identifier: GPL-2.0-or-later
/* A reference count goes below zero. */
#include <linux/module.h>
#include <linux/refcount.h>

static refcount_t users = REFCOUNT_INIT(1);

static int __init reference_dropped_twice_init(void)
{
	if (refcount_dec_and_test(&users))
		refcount_dec(&users); /* here: refcount */
	return 0;
}
module_init(reference_dropped_twice_init);

static void __exit reference_dropped_twice_exit(void)
{
}
module_exit(reference_dropped_twice_exit);

MODULE_LICENSE("GPL");
