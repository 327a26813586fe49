// SPDX-License-Identifier: GPL-2.0-or-later
/* With kzalloc() and list_add_tail(), a list built aside and spliced in, a signed count, and the parameters' own lock. */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>

struct entry {
	struct list_head siblings;
	char *label;
	int number;
	char text[20];
};

static struct list_head entries = LIST_HEAD_INIT(entries);
static int count = 1000;
module_param(count, int, 0444);

static int drop_all(struct list_head *from)
{
	int dropped;

	for (dropped = 0; !list_empty(from); dropped++) {
		struct entry *first = list_first_entry(from, struct entry, siblings);

		list_del_init(&first->siblings);
		kfree(first);
	}
	return dropped;
}

/* The kernel holds the parameters' lock around this. */
static int drop_one(const char *val, const struct kernel_param *kp)
{
	struct list_head *at;
	int wanted;

	if (sscanf(val, "%d", &wanted) != 1)
		return -EINVAL;
	list_for_each(at, &entries) {
		struct entry *found = list_entry(at, struct entry, siblings);

		if (found->number != wanted)
			continue;
		list_del(at);
		kfree(found);
		return 0;
	}
	return -ENOENT;
}
module_param_call(remove, drop_one, NULL, NULL, 0200);

static int __init lab_start(void)
{
	LIST_HEAD(fresh);
	int i;

	if (count < 1)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		struct entry *made = kzalloc(sizeof(struct entry), GFP_KERNEL);

		if (made == NULL) {
			drop_all(&fresh);
			return -ENOMEM;
		}
		made->number = i;
		made->label = made->text;
		scnprintf(made->text, sizeof(made->text), "Item %d", i);
		list_add_tail(&made->siblings, &fresh);
	}
	kernel_param_lock(THIS_MODULE);
	list_splice_tail(&fresh, &entries);
	printk(KERN_INFO "list: %d items, first %s, last %s\n", count,
	       list_first_entry(&entries, struct entry, siblings)->label,
	       list_last_entry(&entries, struct entry, siblings)->label);
	kernel_param_unlock(THIS_MODULE);
	return 0;
}

static void __exit lab_stop(void)
{
	int dropped;

	kernel_param_lock(THIS_MODULE);
	dropped = drop_all(&entries);
	kernel_param_unlock(THIS_MODULE);
	printk(KERN_INFO "list: freed %d\n", dropped);
}

module_init(lab_start);
module_exit(lab_stop);
MODULE_LICENSE("GPL");
