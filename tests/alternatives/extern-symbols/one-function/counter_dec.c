// SPDX-License-Identifier: GPL-2.0-or-later
/* The work is done by a function of the header. */
#include <linux/module.h>
#include "counter.h"

int init_module(void)
{
	return count(-1);
}

void cleanup_module(void)
{
}

MODULE_LICENSE("GPL");
