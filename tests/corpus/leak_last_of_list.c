// SPDX-License-Identifier: GPL-2.0-or-later
/* Exit frees every node but the last. */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>

struct node {
	struct list_head list;
	int number;
};

static LIST_HEAD(nodes);

static int __init leak_last_of_list_init(void)
{
	int i;

	for (i = 0; i < 10; i++) {
		struct node *node = kmalloc(sizeof(*node), GFP_KERNEL); /* here: leak */

		if (!node)
			return -ENOMEM;
		node->number = i;
		list_add_tail(&node->list, &nodes);
	}
	return 0;
}
module_init(leak_last_of_list_init);

static void __exit leak_last_of_list_exit(void)
{
	struct node *node, *next;

	list_for_each_entry_safe(node, next, &nodes, list) {
		if (list_is_last(&node->list, &nodes))
			break;
		list_del(&node->list);
		kfree(node);
	}
}
module_exit(leak_last_of_list_exit);

MODULE_LICENSE("GPL");
