// SPDX-License-Identifier: GPL-2.0-or-later
/* An assertion fails. */
#include <linux/bug.h>
#include <linux/module.h>

static int volatile users = 1;

static int __init bug_on_init(void)
{
	BUG_ON(users != 0); /* here: bug */
	return 0;
}
module_init(bug_on_init);

static void __exit bug_on_exit(void)
{
}
module_exit(bug_on_exit);

MODULE_LICENSE("GPL");
