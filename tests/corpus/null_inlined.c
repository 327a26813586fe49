// SPDX-License-Identifier: GPL-2.0-or-later
/* The bad line is in a function that the compiler inlines. */
#include <linux/compiler.h>
#include <linux/module.h>

struct item {
	int key;
	int value;
};

static struct item *volatile found;

static __always_inline int value_of(struct item *item)
{
	return READ_ONCE(item->value); /* here: null-deref */
}

static int __init null_inlined_init(void)
{
	pr_info("%d\n", value_of(found));
	return 0;
}
module_init(null_inlined_init);

static void __exit null_inlined_exit(void)
{
}
module_exit(null_inlined_exit);

MODULE_LICENSE("GPL");
