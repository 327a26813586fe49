// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * list_lab - a linked list, from the first node to the last kfree()
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct item {
	unsigned int id;
	char name[16];
	struct list_head link;
};

static LIST_HEAD(items);
static DEFINE_SPINLOCK(lock);	/* of the list */

static unsigned int count = 1000;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "How many items the list begins with");

static unsigned int free_all(void)
{
	struct item *item, *next;
	unsigned int freed = 0;

	spin_lock(&lock);
	list_for_each_entry_safe(item, next, &items, link) {
		list_del(&item->link);
		kfree(item);
		freed++;
	}
	spin_unlock(&lock);
	return freed;
}

static int remove_item(unsigned int id)
{
	struct item *item;
	int error = -ENOENT;

	spin_lock(&lock);
	list_for_each_entry(item, &items, link) {
		if (item->id == id) {
			list_del(&item->link);
			kfree(item);
			error = 0;
			break;
		}
	}
	spin_unlock(&lock);
	return error;
}

static int set_remove(const char *text, const struct kernel_param *parameter)
{
	unsigned int id;
	int error = kstrtouint(text, 0, &id);

	return error ? error : remove_item(id);
}

static const struct kernel_param_ops remove_ops = {
	.set = set_remove,
};
module_param_cb(remove, &remove_ops, NULL, 0200);
MODULE_PARM_DESC(remove, "Write the id of an item to remove it");

static int append(unsigned int id)
{
	struct item *item;
	int error = -ENOMEM;

	spin_lock(&lock);
	item = kmalloc(sizeof(*item), GFP_KERNEL);
	if (item) {
		item->id = id;
		snprintf(item->name, sizeof(item->name), "Item %u", id);
		list_add_tail(&item->link, &items);
		error = 0;
	}
	spin_unlock(&lock);
	return error;
}

static int __init list_lab_init(void)
{
	unsigned int id;
	int error;

	if (!count)
		return -EINVAL;
	for (id = 0; id < count; id++) {
		error = append(id);
		if (error) {
			free_all();
			return error;
		}
	}
	pr_info("list: %u items, first %s, last %s\n", count,
		list_first_entry(&items, struct item, link)->name,
		list_last_entry(&items, struct item, link)->name);
	return 0;
}
module_init(list_lab_init);

static void __exit list_lab_exit(void)
{
	pr_info("list: freed %u\n", free_all());
}
module_exit(list_lab_exit);

MODULE_AUTHOR("The kmodlab authors");
MODULE_DESCRIPTION("A linked list, from the first node to the last kfree()");
MODULE_LICENSE("GPL");
