// SPDX-License-Identifier: GPL-2.0-or-later
/* A thousand nodes, each freed once. */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>

struct node {
	struct list_head list;
	int number;
};

static LIST_HEAD(nodes);

static void drop(void)
{
	struct node *node, *next;

	list_for_each_entry_safe(node, next, &nodes, list) {
		list_del(&node->list);
		kfree(node);
	}
}

static int __init clean_list_of_thousand_init(void)
{
	int i;

	for (i = 0; i < 1000; i++) {
		struct node *node = kmalloc(sizeof(*node), GFP_KERNEL);

		if (!node) {
			drop();
			return -ENOMEM;
		}
		node->number = i;
		list_add_tail(&node->list, &nodes);
	}
	return 0;
}
module_init(clean_list_of_thousand_init);

static void __exit clean_list_of_thousand_exit(void)
{
	drop();
}
module_exit(clean_list_of_thousand_exit);

MODULE_LICENSE("GPL");
