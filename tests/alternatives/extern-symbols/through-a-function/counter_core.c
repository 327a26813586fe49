// SPDX-License-Identifier: GPL-2.0-or-later
/* The core has a function for its users, and a parameter that is computed when it is read. */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include "counter.h"

int shared_counter;
EXPORT_SYMBOL_GPL(shared_counter);

int counter_add(int by)
{
	shared_counter += by;
	return shared_counter;
}
EXPORT_SYMBOL_GPL(counter_add);

static int value_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%d\n", shared_counter);
}

static const struct kernel_param_ops value_ops = { .get = value_get };
module_param_cb(value, &value_ops, NULL, 0444);

MODULE_LICENSE("GPL");
