// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/printk.h>

#include "helpers.h"

static int counter;

static noinline int same_name(void)
{
	pr_info("the second function of this name, and the longer one\n");
	return counter++;
}

int same_name_elsewhere(void)
{
	return same_name();
}
