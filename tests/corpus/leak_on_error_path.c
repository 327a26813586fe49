// SPDX-License-Identifier: GPL-2.0-or-later
/* Init fails, and forgets its first block. */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>

static int __init leak_on_error_path_init(void)
{
	char *first, *second;

	first = kmalloc(128, GFP_KERNEL); /* here: leak */
	if (!first)
		return -ENOMEM;
	second = ERR_PTR(-EIO);
	return PTR_ERR(second);
}
module_init(leak_on_error_path_init);

static void __exit leak_on_error_path_exit(void)
{
}
module_exit(leak_on_error_path_exit);

MODULE_LICENSE("GPL");
