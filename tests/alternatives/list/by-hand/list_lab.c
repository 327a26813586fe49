// SPDX-License-Identifier: GPL-2.0-or-later
/* A singly linked list made by hand: pointers to pointers, NULL at the end. */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

struct node {
	struct node *next;
	unsigned int id;
	char name[16];
};

static struct node *head;
static DEFINE_MUTEX(mutex);
static unsigned int count = 1000;
module_param(count, uint, 0444);

static int set_remove(const char *text, const struct kernel_param *parameter)
{
	struct node **at, *node;
	unsigned int id;
	int ret = kstrtouint(text, 0, &id);

	if (ret)
		return ret;
	mutex_lock(&mutex);
	for (at = &head; *at && (*at)->id != id; at = &(*at)->next)
		;
	node = *at;
	if (node)
		*at = node->next;
	mutex_unlock(&mutex);
	kfree(node);
	return node ? 0 : -ENOENT;
}

static const struct kernel_param_ops remove_ops = {
	.set = set_remove,
};
module_param_cb(remove, &remove_ops, NULL, 0200);

static unsigned int free_list(void)
{
	unsigned int freed = 0;
	struct node *node;

	mutex_lock(&mutex);
	while ((node = head)) {
		head = node->next;
		kfree(node);
		freed++;
	}
	mutex_unlock(&mutex);
	return freed;
}

static int __init list_lab_init(void)
{
	struct node **tail = &head, *node = NULL;
	unsigned int id;
	int ret = 0;

	if (!count)
		return -EINVAL;
	mutex_lock(&mutex);
	for (id = 0; id < count; id++) {
		node = kcalloc(1, sizeof(*node), GFP_KERNEL);
		if (!node) {
			ret = -ENOMEM;
			break;
		}
		node->id = id;
		snprintf(node->name, sizeof(node->name), "Item %u", id);
		*tail = node;
		tail = &node->next;
	}
	if (!ret)
		pr_info("list: %u items, first %s, last %s\n", id, head->name, node->name);
	mutex_unlock(&mutex);
	if (ret)
		free_list();
	return ret;
}
module_init(list_lab_init);

static void __exit list_lab_exit(void)
{
	pr_info("list: freed %u\n", free_list());
}
module_exit(list_lab_exit);

MODULE_LICENSE("GPL");
