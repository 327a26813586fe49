// SPDX-License-Identifier: GPL-2.0-or-later
/* Nodes from a slab cache of the module's own, in an hlist, under a spinlock, and a parameter that can be read, too. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct node {
	unsigned long id;
	struct hlist_node chain;
	char name[24];
};

static HLIST_HEAD(chain_head);
static struct kmem_cache *nodes;
static DEFINE_SPINLOCK(chain_lock);
static ulong count = 1000;
module_param(count, ulong, 0444);

static int remove_set(const char *buf, const struct kernel_param *kp)
{
	struct node *node, *victim = NULL;
	unsigned long id;
	int err;

	err = kstrtoul(buf, 10, &id);
	if (err < 0)
		return err;
	spin_lock(&chain_lock);
	hlist_for_each_entry(node, &chain_head, chain)
		if (node->id == id)
			victim = node;
	if (victim) {
		hlist_del(&victim->chain);
		kmem_cache_free(nodes, victim);
	}
	spin_unlock(&chain_lock);
	return victim ? 0 : -ENOENT;
}

static int remove_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "write an id\n");
}

static const struct kernel_param_ops remove_ops = { .set = remove_set, .get = remove_get };
module_param_cb(remove, &remove_ops, NULL, 0600);

static unsigned long empty(void)
{
	struct hlist_node *tmp;
	HLIST_HEAD(mine);
	struct node *node;
	unsigned long n = 0;

	spin_lock(&chain_lock);
	hlist_move_list(&chain_head, &mine);
	spin_unlock(&chain_lock);
	hlist_for_each_entry_safe(node, tmp, &mine, chain) {
		kmem_cache_free(nodes, node);
		n++;
	}
	return n;
}

static int __init list_lab_init(void)
{
	struct node *node, *previous = NULL;
	unsigned long id;

	if (count == 0)
		return -EINVAL;
	nodes = KMEM_CACHE(node, 0);
	if (!nodes)
		return -ENOMEM;
	for (id = 0; id < count; id++) {
		node = kmem_cache_alloc(nodes, GFP_KERNEL);
		if (!node)
			goto no_memory;
		node->id = id;
		sprintf(node->name, "Item %lu", id);
		spin_lock(&chain_lock);
		if (previous)
			hlist_add_behind(&node->chain, &previous->chain);
		else
			hlist_add_head(&node->chain, &chain_head);
		spin_unlock(&chain_lock);
		previous = node;
	}
	pr_info("list: %lu items, first %s, last %s\n", count,
		hlist_entry(chain_head.first, struct node, chain)->name, previous->name);
	return 0;

no_memory:
	empty();
	kmem_cache_destroy(nodes);
	return -ENOMEM;
}

static void __exit list_lab_exit(void)
{
	pr_info("list: freed %lu\n", empty());
	kmem_cache_destroy(nodes);
}

module_init(list_lab_init);
module_exit(list_lab_exit);
MODULE_LICENSE("GPL");
