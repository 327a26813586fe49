// SPDX-License-Identifier: GPL-2.0-or-later
/* Exit writes to what it has freed. */
#include <linux/compiler.h>
#include <linux/module.h>
#include <linux/slab.h>

static int *value;

static int __init write_after_free_init(void)
{
	value = kmalloc(64, GFP_KERNEL);
	if (!value)
		return -ENOMEM;
	return 0;
}
module_init(write_after_free_init);

static void __exit write_after_free_exit(void)
{
	kfree(value); /* here: use-after-free */
	WRITE_ONCE(value[4], 5); /* the kernel can only tell who freed it */
}
module_exit(write_after_free_exit);

MODULE_LICENSE("GPL");
