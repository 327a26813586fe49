// SPDX-License-Identifier: GPL-2.0-or-later
/* What init allocated is never freed. */
#include <linux/module.h>
#include <linux/slab.h>

static void *block;

static int __init leak_in_init_init(void)
{
	block = kmalloc(100, GFP_KERNEL); /* here: leak */
	return 0;
}
module_init(leak_in_init_init);

static void __exit leak_in_init_exit(void)
{
}
module_exit(leak_in_init_exit);

MODULE_LICENSE("GPL");
