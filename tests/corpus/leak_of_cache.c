// SPDX-License-Identifier: GPL-2.0-or-later
/* A cache of the module's own is never destroyed. */
#include <linux/module.h>
#include <linux/slab.h>

static struct kmem_cache *cache;

static int __init leak_of_cache_init(void)
{
	cache = kmem_cache_create("leak_of_cache", 48, 0, 0, NULL); /* here: leak */
	return 0;
}
module_init(leak_of_cache_init);

static void __exit leak_of_cache_exit(void)
{
}
module_exit(leak_of_cache_exit);

MODULE_LICENSE("GPL");
