// SPDX-License-Identifier: GPL-2.0-or-later
/* Two symbols are exported: the counter and its lock. */
#include <linux/module.h>
#include "counter.h"

DEFINE_MUTEX(shared_lock);
EXPORT_SYMBOL_GPL(shared_lock);

int shared_counter;
EXPORT_SYMBOL_GPL(shared_counter);

module_param_named(value, shared_counter, int, 0444);
MODULE_LICENSE("GPL");
