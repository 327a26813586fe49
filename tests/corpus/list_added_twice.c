// SPDX-License-Identifier: GPL-2.0-or-later
/* A node is added to a list twice. */
#include <linux/list.h>
#include <linux/module.h>

static LIST_HEAD(list);
static LIST_HEAD(node);

static int __init list_added_twice_init(void)
{
	list_add(&node, &list);
	list_add(&node, &list); /* here: list-corruption */
	return 0;
}
module_init(list_added_twice_init);

static void __exit list_added_twice_exit(void)
{
}
module_exit(list_added_twice_exit);

MODULE_LICENSE("GPL");
