// SPDX-License-Identifier: GPL-2.0-or-later
/* A helper allocates, nobody frees. */
#include <linux/module.h>
#include <linux/slab.h>

static noinline void *make(size_t size)
{
	void *block = kzalloc(size, GFP_KERNEL); /* here: leak */

	return block;
}

static int __init leak_in_helper_init(void)
{
	if (!make(200))
		return -ENOMEM;
	return 0;
}
module_init(leak_in_helper_init);

static void __exit leak_in_helper_exit(void)
{
}
module_exit(leak_in_helper_exit);

MODULE_LICENSE("GPL");
