// SPDX-License-Identifier: GPL-2.0-or-later
/* It holds a lock while it counts. */
#include <linux/module.h>
#include "counter.h"

static int __init counter_inc_init(void)
{
	int now;

	mutex_lock(&shared_lock);
	now = ++shared_counter;
	mutex_unlock(&shared_lock);
	pr_info("shared_counter = %d\n", now);
	return 0;
}
module_init(counter_inc_init);

static void __exit counter_inc_exit(void)
{
	pr_info("bye\n");
}
module_exit(counter_inc_exit);

MODULE_LICENSE("GPL");
