// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * counter_core - owns the counter, and lends it to other modules
 */
#include <linux/export.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "counter.h"

int shared_counter;
EXPORT_SYMBOL_GPL(shared_counter);

module_param_named(value, shared_counter, int, 0644);
MODULE_PARM_DESC(value, "What the counter is now");

MODULE_AUTHOR("The kmodlab authors");
MODULE_DESCRIPTION("A counter for other modules");
MODULE_LICENSE("GPL");
