// SPDX-License-Identifier: GPL-2.0-or-later
/* kfree of NULL is fine. */
#include <linux/module.h>
#include <linux/slab.h>

static void *volatile nothing;

static int __init clean_frees_null_init(void)
{
	kfree(nothing);
	return 0;
}
module_init(clean_frees_null_init);

static void __exit clean_frees_null_exit(void)
{
	kfree(nothing);
}
module_exit(clean_frees_null_exit);

MODULE_LICENSE("GPL");
