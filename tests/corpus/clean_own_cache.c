// SPDX-License-Identifier: GPL-2.0-or-later
/* A cache of its own, used and destroyed. */
#include <linux/module.h>
#include <linux/slab.h>

static struct kmem_cache *cache;
static void *object;

static int __init clean_own_cache_init(void)
{
	cache = kmem_cache_create("clean_own_cache", 48, 0, 0, NULL);
	if (!cache)
		return -ENOMEM;
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	if (!object) {
		kmem_cache_destroy(cache);
		return -ENOMEM;
	}
	return 0;
}
module_init(clean_own_cache_init);

static void __exit clean_own_cache_exit(void)
{
	kmem_cache_free(cache, object);
	kmem_cache_destroy(cache);
}
module_exit(clean_own_cache_exit);

MODULE_LICENSE("GPL");
