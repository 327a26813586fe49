// SPDX-License-Identifier: GPL-2.0-or-later
/* The module panics. */
#include <linux/kernel.h>
#include <linux/module.h>

static int __init gives_up_init(void)
{
	panic("no way on"); /* here: panic */
	return 0;
}
module_init(gives_up_init);

static void __exit gives_up_exit(void)
{
}
module_exit(gives_up_exit);

MODULE_LICENSE("GPL");
