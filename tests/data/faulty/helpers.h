/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/compiler.h>

int same_name_elsewhere(void);

static inline int once(const int *p)
{
	return READ_ONCE(*p);
}

static inline int twice(const int *p)
{
	return once(p) * 2;
}
