// SPDX-License-Identifier: GPL-2.0-or-later
/* A mutex is waited for by its own holder. */
#include <linux/module.h>
#include <linux/mutex.h>

static DEFINE_MUTEX(lock);

static int __init mutex_taken_twice_init(void)
{
	mutex_lock(&lock);
	mutex_lock(&lock); /* here: hung-task */
	mutex_unlock(&lock);
	return 0;
}
module_init(mutex_taken_twice_init);

static void __exit mutex_taken_twice_exit(void)
{
}
module_exit(mutex_taken_twice_exit);

MODULE_LICENSE("GPL");
