// SPDX-License-Identifier: GPL-2.0-or-later
/* There is no exit function. */
// finding: unload-error
#include <linux/module.h>

static int __init never_leaves_init(void)
{
	return 0;
}
module_init(never_leaves_init);

MODULE_LICENSE("GPL");
