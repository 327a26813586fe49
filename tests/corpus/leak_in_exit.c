// SPDX-License-Identifier: GPL-2.0-or-later
/* Exit allocates, of all things. */
#include <linux/module.h>
#include <linux/slab.h>

static void *block;

static int __init leak_in_exit_init(void)
{
	return 0;
}
module_init(leak_in_exit_init);

static void __exit leak_in_exit_exit(void)
{
	block = kmalloc(300, GFP_KERNEL); /* here: leak */
}
module_exit(leak_in_exit_exit);

MODULE_LICENSE("GPL");
