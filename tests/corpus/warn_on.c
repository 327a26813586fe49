// SPDX-License-Identifier: GPL-2.0-or-later
/* A warning of the module's own. */
#include <linux/bug.h>
#include <linux/module.h>

static int volatile users = 1;

static int __init warn_on_init(void)
{
	WARN_ON(users != 0); /* here: warn */
	return 0;
}
module_init(warn_on_init);

static void __exit warn_on_exit(void)
{
}
module_exit(warn_on_exit);

MODULE_LICENSE("GPL");
