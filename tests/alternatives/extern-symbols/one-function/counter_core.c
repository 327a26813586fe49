// SPDX-License-Identifier: GPL-2.0-or-later
/* The counter gets its first value when the module is loaded. */
#include <linux/module.h>
#include "counter.h"

int shared_counter;
EXPORT_SYMBOL_GPL(shared_counter);
module_param_named(value, shared_counter, int, 0444);

int init_module(void)
{
	shared_counter = 0;
	return 0;
}

void cleanup_module(void)
{
}

MODULE_LICENSE("GPL");
