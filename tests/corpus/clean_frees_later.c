// SPDX-License-Identifier: GPL-2.0-or-later
/* Blocks are freed after a grace period. */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct node {
	struct rcu_head rcu;
	int number;
};

static int __init clean_frees_later_init(void)
{
	int i;

	for (i = 0; i < 100; i++) {
		struct node *node = kmalloc(sizeof(*node), GFP_KERNEL);

		if (!node)
			return -ENOMEM;
		kfree_rcu(node, rcu);
	}
	return 0;
}
module_init(clean_frees_later_init);

static void __exit clean_frees_later_exit(void)
{
}
module_exit(clean_frees_later_exit);

MODULE_LICENSE("GPL");
