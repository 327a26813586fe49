// SPDX-License-Identifier: GPL-2.0-or-later
/* Init returns a number that means nothing. */
// finding: bad-init-return
#include <linux/module.h>

static int __init returns_one_init(void)
{
	return 1;
}
module_init(returns_one_init);

static void __exit returns_one_exit(void)
{
}
module_exit(returns_one_exit);

MODULE_LICENSE("GPL");
