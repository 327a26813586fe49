// SPDX-License-Identifier: GPL-2.0-or-later
/* With one function for both, functions that stay in memory, and other lines in the log. */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/printk.h>

static const char * const words[] = { "Hello", "Goodbye" };

static void say(int which)
{
	pr_debug("about to say %d\n", which);
	pr_info("%s, kernel!\n", words[which]);
	pr_notice("said %s\n", words[which]);
}

static int arrive(void)
{
	say(0);
	return 0;
}

static void leave(void)
{
	say(1);
}

module_init(arrive);
module_exit(leave);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Says two things");
MODULE_AUTHOR("Nobody in particular <nobody@example.org>");
