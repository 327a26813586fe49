// SPDX-License-Identifier: GPL-2.0-or-later
/* A copy of a text is forgotten. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *copy;

static int __init leak_of_text_init(void)
{
	copy = kstrdup("forgotten", GFP_KERNEL); /* here: leak */
	return 0;
}
module_init(leak_of_text_init);

static void __exit leak_of_text_exit(void)
{
}
module_exit(leak_of_text_exit);

MODULE_LICENSE("GPL");
