// SPDX-License-Identifier: GPL-2.0-or-later
/* Each node has its name in a second block; built from the last to the first, with list_add(). */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

struct item {
	struct list_head list;
	const char *name;
	u32 id;
};

static struct {
	struct mutex lock;
	struct list_head items;
	u32 length;
} lab = {
	.lock = __MUTEX_INITIALIZER(lab.lock),
	.items = LIST_HEAD_INIT(lab.items),
};

static uint count = 1000;
module_param(count, uint, 0444);

static void discard(struct item *item)
{
	list_del(&item->list);
	kfree(item->name);
	kfree(item);
	lab.length--;
}

static struct item *find(u32 id)
{
	struct item *item;

	list_for_each_entry_reverse(item, &lab.items, list)
		if (item->id == id)
			return item;
	return NULL;
}

static int on_remove(const char *text, const struct kernel_param *unused)
{
	struct item *item;
	u32 id;

	if (kstrtou32(text, 0, &id))
		return -EINVAL;
	mutex_lock(&lab.lock);
	item = find(id);
	if (item)
		discard(item);
	mutex_unlock(&lab.lock);
	return item ? 0 : -ENOENT;
}

static const struct kernel_param_ops on_remove_ops = { .set = on_remove };
module_param_cb(remove, &on_remove_ops, NULL, 0200);

static void discard_all(void)
{
	struct item *item, *next;

	list_for_each_entry_safe_reverse(item, next, &lab.items, list)
		discard(item);
}

static struct item *make(u32 id)
{
	struct item *item = kmalloc(sizeof(*item), GFP_KERNEL);

	if (!item)
		return NULL;
	item->id = id;
	item->name = kasprintf(GFP_KERNEL, "Item %u", id);
	if (!item->name) {
		kfree(item);
		return NULL;
	}
	return item;
}

static int __init build(void)
{
	struct item *item;
	u32 id = count;

	if (!id)
		return -EINVAL;
	mutex_lock(&lab.lock);
	while (id--) {
		item = make(id);
		if (!item) {
			discard_all();
			mutex_unlock(&lab.lock);
			return -ENOMEM;
		}
		list_add(&item->list, &lab.items);
		lab.length++;
	}
	pr_info("list: %u items, first %s, last %s\n", lab.length,
		list_first_entry(&lab.items, struct item, list)->name,
		list_last_entry(&lab.items, struct item, list)->name);
	mutex_unlock(&lab.lock);
	return 0;
}
module_init(build);

static void __exit tear_down(void)
{
	u32 left;

	mutex_lock(&lab.lock);
	left = lab.length;
	discard_all();
	mutex_unlock(&lab.lock);
	pr_info("list: freed %u\n", left);
}
module_exit(tear_down);

MODULE_LICENSE("GPL");
