// SPDX-License-Identifier: GPL-2.0-or-later
/* It uses the function, not the variable. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#include <linux/module.h>
#include "counter.h"

static int __init counter_inc_init(void)
{
	pr_info("shared_counter = %d\n", counter_add(1));
	return 0;
}
module_init(counter_inc_init);

static void __exit counter_inc_exit(void) { }
module_exit(counter_inc_exit);

MODULE_LICENSE("GPL");
